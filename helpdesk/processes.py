"""Every process of Otklik, named once: the local supervisor runs them, docker-compose.yml must agree
(tests/ground/test_compose.py compares).

A command may hold ``${NAME}`` for a variable of its environment.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass

# Without these the settings refuse to load.
REQUIRED = frozenset({"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "FIELD_ENCRYPTION_KEYS"})
# What pages, mails and links need besides.
ADDRESSES = frozenset({"BASE_URL", "ALLOWED_HOSTS", "MEDIA_ROOT", "DEFAULT_FROM_EMAIL", "SMTP_URL"})


@dataclass(frozen=True)
class Process:
    """One long-running command and the variables it reads."""

    name: str
    command: tuple[str, ...]
    variables: frozenset[str]
    purpose: str

    def arguments(self, environment: Mapping[str, str]) -> list[str]:
        """The command with its ``${NAME}`` filled in; a missing one raises ``KeyError``."""
        return [string.Template(part).substitute(environment) for part in self.command]


def _process(name: str, command: str, purpose: str, *variables: str) -> Process:
    return Process(name, tuple(command.split()), REQUIRED | ADDRESSES | set(variables), purpose)


# Three children of the worker: two long pieces of bulk work, a simulation say, leave one for mail and
# routing. Where a core is scarce, whoever waits for a page comes before them (nice).
# --max-memory-per-child (in KiB) renews a child that a huge mail has swollen. Gossip and mingle are
# chatter between workers that nobody here listens to.
_WORKER = "celery --quiet -A helpdesk worker --loglevel=warning --without-gossip --without-mingle"

# Frames are small, and there may be thousands of sockets: compressing each would cost a third of a megabyte
# of memory apiece; a ping every 30 s keeps proxies from closing what is quiet (many do after 60), and finds
# out within the minute after which a visitor counts as gone.
_SOCKETS = "--ws-per-message-deflate false --ws-ping-interval 30 --ws-ping-timeout 20"

SHARED = (
    _process(
        "worker",
        f"nice -n 5 {_WORKER} --queues=sweeps,default,bulk --hostname=worker@%h --concurrency=3 "
        "--max-memory-per-child=300000",
        "what follows from the journal, intake, sending, bulk work",
    ),
    _process(
        "timers",
        f"{_WORKER} --queues=timers --hostname=timers@%h --pool=solo",
        "due times, on a queue of their own so that no bulk work delays a breach",
    ),
    _process(
        "scheduler",
        "celery --quiet -A helpdesk beat --loglevel=warning",
        "asks for the sweeps, every second or so",
    ),
    _process(
        "mail",
        "python manage.py mail",
        "the SMTP and LMTP listener and the IMAP mailboxes",
        "MAIL_LISTEN_HOST",
        "MAIL_SMTP_PORT",
        "MAIL_LMTP_PORT",
    ),
)

# One machine: one port, pages and WebSockets from one process (Django's WSGI handler in a thread pool
# under the ASGI router).
LOCAL = (
    _process(
        "web",
        "uvicorn helpdesk.asgi:application --host 127.0.0.1 --port ${WEB_PORT} --no-access-log "
        f"--log-level warning --timeout-graceful-shutdown 3 {_SOCKETS}",
        "pages, API and WebSockets",
        "WEB_PORT",
    ),
    *SHARED,
)

# Beside those, while it runs as a demonstration.
DEMO = (
    _process(
        "post",
        "python manage.py post_office",
        "keeps every mail that leaves, for the page /demo/mail/",
        "POST_OFFICE_PORT",
    ),
    _process(
        "telegram",
        "python manage.py telegram_server",
        "a Bot API server of its own, for the page /demo/telegram/",
        "TELEGRAM_PORT",
    ),
)

# Production: Caddy sends /live/ to one server and everything else to the other.
PRODUCTION = (
    _process(
        "web",
        "granian --interface wsgi --host 0.0.0.0 --port 8000 --workers 2 --blocking-threads 4 "
        "--no-access-log helpdesk.wsgi:application",
        "pages and API",
        "TRUSTED_PROXIES",
    ),
    _process(
        "live",
        "uvicorn helpdesk.asgi:application --host 0.0.0.0 --port 8001 --no-access-log "
        f"--log-level warning --timeout-graceful-shutdown 5 {_SOCKETS}",
        "WebSockets and the chat's long poll, /live/",
        "TRUSTED_PROXIES",
    ),
    *SHARED,
)
