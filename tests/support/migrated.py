"""The migrated, empty database, made once and kept as a dump.

Applying every migration takes Django from ten seconds to more than a minute, most of it in picturing models
as they once were; loading what came of it takes a second. The dump lies in pytest's cache under a name made
from all migrations and all pinned packages, so another state of either never finds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import psycopg2
from psycopg2 import sql

from helpdesk.local import LocalError
from helpdesk.local.account import Binaries
from helpdesk.local.environment import ROOT

FOLDER = ROOT / ".pytest_cache" / "migrated"
# The database of that state in a test session's own PostgreSQL, which its workers copy.
TEMPLATE = "otklik_migrated"


def make_template(database_url: str, environment: Mapping[str, str]) -> None:
    """A database ``TEMPLATE`` beside that of ``database_url``, filled."""
    connection = psycopg2.connect(database_url)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
    finally:
        connection.close()
    fill(database_url.rpartition("/")[0] + "/" + TEMPLATE, environment)


def fill(database_url: str, environment: Mapping[str, str]) -> None:
    """Bring the empty database at ``database_url`` to the state after all migrations.

    ``environment`` is what ``manage.py`` needs, used when there is no dump yet. Raises ``LocalError`` with
    what a program said when it fails.
    """
    FOLDER.mkdir(parents=True, exist_ok=True)
    dump = FOLDER / f"{_state()}.sql"
    with (FOLDER / "lock").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not dump.exists():
            _migrate(database_url, environment)
            _keep(database_url, dump)
            return
    _call("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", os.devnull, "-f", str(dump), database_url)


def _migrate(database_url: str, environment: Mapping[str, str]) -> None:
    _run(
        [sys.executable, "manage.py", "migrate", "--skip-checks", "--verbosity=0", "--no-input"],
        {**environment, "DATABASE_URL": database_url},
    )


def _keep(database_url: str, dump: Path) -> None:
    for old in FOLDER.glob("*.sql"):
        old.unlink()
    unfinished = dump.with_suffix(".new")
    _call("pg_dump", "--no-owner", "--file", str(unfinished), database_url)
    unfinished.replace(dump)


def _call(program: str, *arguments: str) -> None:
    _run([str(Binaries.installed().postgres / "bin" / program), *arguments], os.environ)


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    done = subprocess.run(
        command, cwd=ROOT, env=dict(environment), stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode:
        raise LocalError(f"{command[0]}: {done.stderr.decode(errors='replace').strip()}")


@cache
def _state() -> str:
    digest = hashlib.sha256()
    migrations = (path for path in ROOT.glob("*/migrations/*.py"))
    for path in [*sorted(migrations), ROOT / "requirements-dev.lock", ROOT / "helpdesk" / "settings.py"]:
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:32]
