"""The benchmark's own PostgreSQL and Valkey, and one seeded database for each size."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from bench import SEED_VERSION
from helpdesk.local import Services
from helpdesk.local.environment import ROOT, application_environment
from helpdesk.local.ports import free_port
from helpdesk.local.statics import collect_statics

EMPTY = 0  # the size of a database with people and no tickets


def folder() -> Path:
    """Where the benchmark keeps its databases between runs."""
    return Path(os.environ.get("BENCH_DIR") or ROOT / "var" / "bench")


class Ground:
    """Started servers and seeded databases. Uses nothing of the person's own environment but PATH."""

    def __init__(self, services: Services) -> None:
        self.services = services
        ports = {name: free_port() for name in ("WEB_PORT", "MAIL_SMTP_PORT", "MAIL_LMTP_PORT")}
        self.web_port = ports["WEB_PORT"]
        self._environment = application_environment(
            services,
            ports,
            defaults={"DEBUG": "false", "LOG_LEVEL": "ERROR", "MESSAGE_ID_DOMAIN": "bench.test"},
            environment={"PATH": os.environ.get("PATH", os.defpath)},
        )
        self._environment |= {"PYTHONPATH": str(ROOT), "MEDIA_ROOT": str(services.root / "media")}
        collect_statics(self._environment)

    def environment(self, tickets: int) -> dict[str, str]:
        """The settings' variables for the database of ``tickets``."""
        return {**self._environment, "DATABASE_URL": self._url(_name(tickets))}

    def prepare(self, tickets: int) -> None:
        """Make the database of this size, unless it is there with the present rows and columns."""
        name, mark = _name(tickets), _fingerprint()
        if self._comment(name) == mark:
            return
        self._maintain(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name}")
        self.manage(tickets, "migrate", "--verbosity=0", "--no-input", "--skip-checks")
        print(f"Seeding {tickets:,} tickets …", flush=True)
        self.run(tickets, "-m", "bench.seed", str(tickets))
        self._maintain(f"COMMENT ON DATABASE {name} IS '{mark}'")

    def copy_of(self, tickets: int, name: str) -> str:
        """A throw-away copy of a database, for measurements that write; returns its address."""
        self._maintain(
            f"DROP DATABASE IF EXISTS {name} WITH (FORCE)",
            f"CREATE DATABASE {name} TEMPLATE {_name(tickets)} STRATEGY file_copy",
        )
        return self._url(name)

    def fresh(self, name: str) -> dict[str, str]:
        """A new database with tables and no rows; the settings' variables for it."""
        self.drop(name)
        self._maintain(f"CREATE DATABASE {name}")
        environment = {**self._environment, "DATABASE_URL": self._url(name)}
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0", "--no-input", "--skip-checks"]
        subprocess.run(command, check=True, cwd=ROOT, env=environment, timeout=600)
        return environment

    def drop(self, name: str) -> None:
        self._maintain(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def manage(self, tickets: int, *arguments: str) -> None:
        self.run(tickets, "manage.py", *arguments)

    def run(self, tickets: int, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, *arguments], check=True, cwd=ROOT, env=self.environment(tickets), timeout=1800
        )

    def _url(self, name: str) -> str:
        return urlunsplit(urlsplit(self.services.database_url)._replace(path=f"/{name}"))

    def _comment(self, name: str) -> str | None:
        rows = self._maintain(
            f"SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '{name}'"
        )
        return rows[0][0] if rows else None

    def _maintain(self, *statements: str) -> list[tuple[str | None]]:
        connection = psycopg2.connect(self.services.database_url)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()


def _name(tickets: int) -> str:
    return f"bench_{tickets}"


def _fingerprint() -> str:
    """Changes with the seed's version and with any migration."""
    files = sorted(ROOT.glob("*/migrations/*.py"))
    parts = [str(SEED_VERSION), *(path.read_text(encoding="utf-8") for path in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
