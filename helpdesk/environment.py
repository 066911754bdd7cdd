"""What settings.py needs to turn environment strings into Django's dictionaries."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlparse

import structlog
from django.core.exceptions import ImproperlyConfigured


def database(url: str) -> dict[str, Any]:
    """Django's settings for ``postgres://user:password@host:port/name``.

    A Unix socket's directory goes into the query: ``postgres://user:pw@/name?host=/run/pg&port=5432``.
    """
    parts = urlparse(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"DATABASE_URL must be postgres://…, not {parts.scheme or 'empty'}://")
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        # Connections live as long as their thread: a new one costs more than a page's queries.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"application_name": "otklik", "connect_timeout": 5, **query},
        "ATOMIC_REQUESTS": False,
    }


def log_config(level: str, style: str) -> dict[str, Any]:
    """Standard logging through structlog: one JSON object a line, with request and ticket ids."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    last: list[Any] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if style == "json"
        # Plain: the pretty one shows local variables, which are people's mails and our passwords, and asks
        # lazy ones for their value while the database is away.
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": [*shared, structlog.stdlib.ExtraAdder()],
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.server": {"level": "WARNING"},
            "uvicorn.access": {"level": "WARNING"},
            "aiosmtpd": {"level": "WARNING"},
            "mail.log": {"level": "WARNING"},
            # Both write the addresses they ask, and the Bot API has its tokens in them.
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
        },
    }


def mail_server(url: str) -> dict[str, Any]:
    """Django's EMAIL_ settings for ``smtp://user:password@host:port``.

    ``smtps://`` speaks TLS from the first byte, ``smtp+starttls://`` changes to it.
    """
    parts = urlparse(url)
    if parts.scheme not in {"smtp", "smtps", "smtp+starttls"}:
        raise ImproperlyConfigured(
            f"SMTP_URL must be smtp://, smtps:// or smtp+starttls://, not {parts.scheme or 'empty'}://"
        )
    return {
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtps": 465, "smtp+starttls": 587}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_TIMEOUT": 10,
    }
