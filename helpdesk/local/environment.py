"""The variables that the settings read, for a machine of one."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from helpdesk.local.ports import next_free_port
from helpdesk.local.services import Services

ROOT = Path(__file__).resolve().parent.parent.parent

# The ports that people type, and where to start looking for a free one.
PORTS = {
    "WEB_PORT": 8000,
    "MAIL_SMTP_PORT": 2525,
    "MAIL_LMTP_PORT": 2424,
    "POST_OFFICE_PORT": 2526,
    "TELEGRAM_PORT": 2527,
}


def var_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where everything that is not source lives."""
    return Path(environment.get("VAR_DIR") or ROOT / "var")


def choose_ports(environment: Mapping[str, str] = os.environ) -> tuple[dict[str, int], list[str]]:
    """The ports to serve on, and a sentence about each that had to give way to somebody else's."""
    chosen: dict[str, int] = {}
    notices = []
    for name, usual in PORTS.items():
        wanted = int(environment.get(name) or usual)
        chosen[name] = next_free_port(wanted, set(chosen.values()))
        if chosen[name] != wanted:
            notices.append(f"Port {wanted} is in use: {name} is {chosen[name]} this time.")
    return chosen, notices


def application_environment(
    services: Services,
    ports: Mapping[str, int],
    *,
    defaults: Mapping[str, str] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """The whole environment for our commands. What the person has set themselves wins, except for the
    ports, since ``choose_ports`` has already asked them."""
    state = services.state
    ours = {
        "DATABASE_URL": services.database_url,
        "REDIS_URL": services.redis_url,
        "SECRET_KEY": state.secret_key,
        "FIELD_ENCRYPTION_KEYS": state.field_key,
        "VAR_DIR": str(services.root),
        "BASE_URL": f"http://localhost:{ports['WEB_PORT']}",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        # System mail, password links among them: the demonstration's post office keeps it.
        "SMTP_URL": f"smtp://localhost:{ports.get('POST_OFFICE_PORT', 25)}",
        "LOG_FORMAT": "console",
        "LOG_LEVEL": "WARNING",
        "MAIL_LISTEN_HOST": "127.0.0.1",
        "MAIL_ALLOW_PLAINTEXT_LOOPBACK": "true",
        "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
        # Threads of the C allocator each keep an arena of their own; two are enough and save memory.
        "MALLOC_ARENA_MAX": "2",
        **(defaults or {}),
    }
    if os.geteuid() == 0:
        # In a container root may be all there is; Celery would say so at length at each start.
        ours["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser"
    # An empty variable counts as absent, as it does for the settings' required ones.
    theirs = {name: value for name, value in environment.items() if value}
    programs = str(Path(sys.executable).parent)
    path = {"PATH": os.pathsep.join([programs, environment.get("PATH", os.defpath)]), "PYTHONUNBUFFERED": "1"}
    return {**ours, **theirs, **{name: str(port) for name, port in ports.items()}, **path}
