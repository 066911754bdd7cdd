"""Settings, read from the environment alone, typed; a missing or malformed one stops the start.

The environment comes from the administrator (.env, see .env.example), or on one machine from
``helpdesk.local``, which starts PostgreSQL and Valkey and says where they are.
"""

from pathlib import Path

from environs import Env, validate

from helpdesk.environment import database, log_config, mail_server

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env(eager=False)

# --- what an installation must decide ---------------------------------------------------------
DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY")
# Fernet keys, newest first: the first encrypts, all decrypt, so that a key can be rotated.
FIELD_ENCRYPTION_KEYS: list[str] = env.list("FIELD_ENCRYPTION_KEYS")
DATABASE_URL = env.str("DATABASE_URL")
REDIS_URL = env.str("REDIS_URL")
BASE_URL = env.str("BASE_URL", "http://localhost:8000").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", [])
# How many proxies in front of us write X-Forwarded-For; rate limits count the client behind them.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
VAR_DIR = env.path("VAR_DIR", BASE_DIR / "var")
_media_root = env.str("MEDIA_ROOT", "")
DEMO = env.bool("DEMO", False)
# Demonstration only: the SMTP server on loopback that keeps every mail which leaves.
POST_OFFICE_PORT = env.int("POST_OFFICE_PORT", 2526)
# The first-run page asks for it, and opens without one only on this very machine: elsewhere somebody else
# could reach it before its owner.
SETUP_TOKEN = env.str("SETUP_TOKEN", "")
LANGUAGE_CODE = env.str("LANGUAGE_CODE", "en")

# --- mail -------------------------------------------------------------------------------------
MAIL_LISTEN_HOST = env.str("MAIL_LISTEN_HOST", "127.0.0.1")
MAIL_SMTP_PORT = env.int("MAIL_SMTP_PORT", 2525)
MAIL_LMTP_PORT = env.int("MAIL_LMTP_PORT", 2424)
MAIL_TLS_CERT = env.str("MAIL_TLS_CERT", "")
MAIL_TLS_KEY = env.str("MAIL_TLS_KEY", "")
MAIL_MAX_BYTES = env.int("MAIL_MAX_BYTES", 25 * 1024 * 1024)
MAIL_MAX_CONNECTIONS = env.int("MAIL_MAX_CONNECTIONS", 200)
# What one client may do, unless it is a relay that we trust to pass on the mail of many.
MAIL_CLIENT_CONNECTIONS = env.int("MAIL_CLIENT_CONNECTIONS", 20)
MAIL_CLIENT_CONNECTIONS_A_MINUTE = env.int("MAIL_CLIENT_CONNECTIONS_A_MINUTE", 60)
MAIL_CLIENT_MESSAGES_A_MINUTE = env.int("MAIL_CLIENT_MESSAGES_A_MINUTE", 120)
MAIL_TRUSTED_RELAYS: list[str] = env.list("MAIL_TRUSTED_RELAYS", ["127.0.0.0/8", "::1/128"])
# Where system mail (password resets, notices) leaves; inboxes bring their own SMTP server.
SMTP_URL = env.str("SMTP_URL", "smtp://localhost:25")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Otklik <otklik@localhost>")
# Seconds a mail or form reply waits before it leaves, so that Send can be undone.
REPLY_UNDO_SECONDS = env.int("REPLY_UNDO_SECONDS", 10)
# Seconds a mail to a colleague waits for further notices to join it.
NOTICE_HOLD_SECONDS = env.int("NOTICE_HOLD_SECONDS", 60)
# The domain in our Message-IDs, one for the whole installation.
MESSAGE_ID_DOMAIN = env.str("MESSAGE_ID_DOMAIN", "")
# An IMAP or SMTP server without TLS is refused unless it is on loopback and this is on.
MAIL_ALLOW_PLAINTEXT_LOOPBACK = env.bool("MAIL_ALLOW_PLAINTEXT_LOOPBACK", False)

# --- Telegram ---------------------------------------------------------------------------------
# Where the Bot API is: Telegram's own servers, or one run beside Otklik
# (https://github.com/tdlib/telegram-bot-api).
# A bot's settings choose among these and nothing else, so that no page can send tokens to a stranger.
TELEGRAM_API_URLS: list[str] = env.list("TELEGRAM_API_URLS", ["https://api.telegram.org"])
# Where links to bots lead.
TELEGRAM_LINKS = "https://t.me/"
# Demonstration only: the Bot API server on loopback that the demonstration's bots talk to.
TELEGRAM_PORT = env.int("TELEGRAM_PORT", 2527)
if DEMO:
    TELEGRAM_API_URLS = [f"http://127.0.0.1:{TELEGRAM_PORT}", *TELEGRAM_API_URLS]
    TELEGRAM_LINKS = f"{BASE_URL}/demo/telegram/open/"

# Whether webhooks may lead into private networks and to this very machine, and go without TLS: for services
# beside Otklik. Link-local addresses, where clouds keep credentials, stay closed.
WEBHOOK_ALLOW_PRIVATE = env.bool("WEBHOOK_ALLOW_PRIVATE", False)

# The country (ISO 3166-1) of telephone numbers that are written without one; empty: there is none to guess.
PHONE_REGION = env.str("PHONE_REGION", "RU") or None

# Tests: an inline subscriber that raises fails the test instead of marking the stream stale.
JOURNAL_RAISE = env.bool("JOURNAL_RAISE", False)

LOG_LEVEL = env.str("LOG_LEVEL", "INFO")
LOG_FORMAT = env.str("LOG_FORMAT", "json", validate=validate.OneOf(["json", "console"]))

env.seal()

# --- Django -----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "channels",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "allauth",
    "allauth.account",
    "common",
    "journal",
    "calendars",
    "people",
    "tickets",
    "sla",
    "channels_in",
    "routing",
    "notifications",
    "desk",
    "portal",
    "api",
    "live",
    "helpdesk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "common.middleware.RequestLog",
    "common.middleware.CompleteBody",
    "common.middleware.ContentSecurityPolicy",
    "portal.hosts.BrandHosts",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "people.middleware.PersonalSettings",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "helpdesk.first_run.FirstRun",
]

ROOT_URLCONF = "helpdesk.urls"
WSGI_APPLICATION = "helpdesk.wsgi.application"
ASGI_APPLICATION = "helpdesk.asgi.application"

CONTEXT_PROCESSORS = [
    "django.template.context_processors.request",
    "django.contrib.auth.context_processors.auth",
    "django.contrib.messages.context_processors.messages",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "helpdesk.templating.environment",
            "context_processors": CONTEXT_PROCESSORS,
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": CONTEXT_PROCESSORS},
    },
]

DATABASES = {"default": database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": {
        "BACKEND": "common.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        # A frozen broker may cost a page half a second, never hang it.
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
        "KEY_PREFIX": "otklik",
    }
}
SESSION_ENGINE = "people.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = False
CSRF_TRUSTED_ORIGINS = [BASE_URL] if BASE_URL.startswith("http") else []

HTTPS = BASE_URL.startswith("https://")
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# Caddy redirects plain HTTP and says which scheme the client used.
SECURE_SSL_REDIRECT = HTTPS and TRUSTED_PROXIES == 0
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# 25 MB of files and the form round them; intake has limits of its own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
MAX_UPLOAD_BYTES = 25 * 1024 * 1024
MAX_BODY_BYTES = 30 * 1024 * 1024

MEDIA_ROOT = Path(_media_root) if _media_root else VAR_DIR / "media"
MEDIA_URL = ""
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "common.storage.HashedModules"
    },
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Only ours: no library's files are used, and some would not pass the check of imports.
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG

# --- people and languages ---------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["people.backends.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "people.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# An administrator enters addresses; the first sign-in need not prove them by mail again.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

LANGUAGES = [("en", "English"), ("ru", "Русский")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
globals().update(mail_server(SMTP_URL or "smtp://localhost:25"))

# --- Celery and Channels ----------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "default"
# Minutes of work, also where nobody's beat asks for it.
CELERY_TASK_ROUTES = {
    "routing.tasks.run_simulations": {"queue": "bulk"},
    "sla.tasks.reapply_open": {"queue": "bulk"},
    "tickets.tasks.run_bulk": {"queue": "bulk"},
    "tickets.tasks.run_moves": {"queue": "bulk"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 4
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_timeout": 0.5,
    "socket_connect_timeout": 0.5,
    "visibility_timeout": 3600,
    # One try: kombu would go on for seconds by itself, and the sweeps find whatever was not published.
    "max_retries": 0,
    "interval_start": 0,
}
# A lost message costs a second, not a reply: the sweeps ask again for whatever is pending.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
# On a queue of their own, so that no backlog of other work keeps them waiting until they expire.
_SWEEP = {"expires": 5, "queue": "sweeps"}
CELERY_BEAT_SCHEDULE = {
    "journal": {"task": "journal.tasks.sweep", "schedule": 1.0, "options": _SWEEP},
    "intake": {"task": "channels_in.tasks.sweep_inbound", "schedule": 1.0, "options": _SWEEP},
    "sender": {"task": "channels_in.tasks.sweep_outbound", "schedule": 1.0, "options": _SWEEP},
    "later_replies": {"task": "channels_in.tasks.sweep_later", "schedule": 5.0, "options": _SWEEP},
    "broadcasts": {"task": "channels_in.tasks.send_broadcasts", "schedule": 2.0, "options": _SWEEP},
    "chats": {"task": "channels_in.tasks.sweep_chats", "schedule": 2.0, "options": _SWEEP},
    "old_chats": {
        "task": "channels_in.tasks.forget_chats",
        "schedule": 3600.0,
        "options": {"queue": "bulk"},
    },
    "telegram": {"task": "channels_in.tasks.sweep_telegram", "schedule": 1.0, "options": _SWEEP},
    "old-links": {
        "task": "channels_in.tasks.forget_links",
        "schedule": 24 * 3600.0,
        "options": {"queue": "bulk"},
    },
    "confirmations": {
        "task": "channels_in.tasks.send_confirmations",
        "schedule": 5.0,
        "options": _SWEEP,
    },
    "mailboxes": {"task": "channels_in.tasks.check_mailboxes", "schedule": 60.0, "options": {"expires": 60}},
    "notice_mails": {"task": "notifications.tasks.send_mails", "schedule": 5.0, "options": _SWEEP},
    "sign_in_codes": {"task": "portal.tasks.send_codes", "schedule": 2.0, "options": _SWEEP},
    "old_codes": {"task": "portal.tasks.forget_old", "schedule": 3600.0, "options": {"queue": "bulk"}},
    "webhooks": {"task": "notifications.tasks.call_webhooks", "schedule": 1.0, "options": _SWEEP},
    "old_notices": {
        "task": "notifications.tasks.forget_old",
        "schedule": 3600.0,
        "options": {"queue": "bulk"},
    },
    "clocks": {
        "task": "sla.tasks.fire_due",
        "schedule": 1.0,
        "options": {"expires": 5, "queue": "timers"},
    },
    "reapplied": {
        "task": "sla.tasks.reapply_open",
        "schedule": 15.0,
        "options": {"expires": 15, "queue": "bulk"},
    },
    "checked": {"task": "sla.tasks.look_again", "schedule": 3600.0, "options": {"queue": "bulk"}},
    "forecast": {
        "task": "sla.tasks.forecast",
        "schedule": 60.0,
        "options": {"expires": 60, "queue": "bulk"},
    },
    "woken": {
        "task": "tickets.tasks.wake_snoozed",
        "schedule": 15.0,
        "options": {"expires": 15, "queue": "timers"},
    },
    "rule-times": {"task": "routing.tasks.sweep_timed", "schedule": 15.0, "options": {"expires": 15}},
    "rule-plans": {"task": "routing.tasks.run_scheduled", "schedule": 15.0, "options": {"expires": 15}},
    "rule-traces": {"task": "routing.tasks.prune_runs", "schedule": 3600.0, "options": {"queue": "bulk"}},
    "simulations": {
        "task": "routing.tasks.run_simulations",
        "schedule": 30.0,
        "options": {"expires": 30, "queue": "bulk"},
    },
    "bulk-changes": {
        "task": "tickets.tasks.run_bulk",
        "schedule": 5.0,
        "options": {"expires": 5, "queue": "bulk"},
    },
    "moves": {
        "task": "tickets.tasks.run_moves",
        "schedule": 5.0,
        "options": {"expires": 5, "queue": "bulk"},
    },
    "old-bulk-changes": {
        "task": "tickets.tasks.forget_bulk",
        "schedule": 3600.0,
        "options": {"queue": "bulk"},
    },
    "waiting": {"task": "routing.timers.drain_waiting", "schedule": 2.0, "options": _SWEEP},
    # Not with the clocks: the end of a shift hands hundreds of tickets over, and no breach waits for that.
    "shifts": {"task": "routing.timers.watch_shifts", "schedule": 30.0, "options": {"expires": 30}},
    "forgotten": {"task": "tickets.tasks.forget_stale", "schedule": 3600.0, "options": {"queue": "bulk"}},
    "holidays": {
        "task": "calendars.tasks.extend_holidays",
        "schedule": 6 * 3600.0,
        "options": {"queue": "bulk"},
    },
}

CHANNEL_LAYERS = {
    "default": {
        # Publish and subscribe: the list-based layer stays deaf after a broker flush.
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": "otklik-live"},
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}

LOGGING = log_config(LOG_LEVEL, LOG_FORMAT)
LOGGING_CONFIG = "logging.config.dictConfig"
