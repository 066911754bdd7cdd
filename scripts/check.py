"""Everything that can be said about the sources without running the product: ``make check``.

    python scripts/check.py [NAME …]

Two checks run at a time; what a check says is shown when it has failed.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent

# The settings must load, as in production; nothing connects to these addresses.
ENVIRONMENT = {
    "DATABASE_URL": "postgres://nobody:none@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "FIELD_ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
    "BASE_URL": "https://desk.example.com",
    "ALLOWED_HOSTS": "desk.example.com",
    "DEBUG": "false",
    "DEMO": "false",
    "TRUSTED_PROXIES": "0",
    "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
}


@dataclass(frozen=True)
class Check:
    """One tool and what it takes to run it."""

    name: str
    command: Sequence[str]
    what: str
    environment: dict[str, str] = field(default_factory=dict)

    def run(self) -> tuple[bool, str, float]:
        """Whether it passed, what it said, and the seconds it took."""
        program, *arguments = self.command
        command = [str(PROGRAMS / program), *arguments]
        path = os.pathsep.join([str(PROGRAMS), os.environ.get("PATH", os.defpath)])
        environment = {**os.environ, **ENVIRONMENT, "SECRET_KEY": secrets.token_urlsafe(48), "PATH": path}
        began = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment | self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode == 0, done.stdout, time.monotonic() - began


# The slowest first, so that the others run beside it.
CHECKS = (
    Check("types", ["mypy", "."], "mypy with django-stubs"),
    Check("lint", ["ruff", "check", "."], "ruff's rules"),
    Check("format", ["ruff", "format", "--check", "."], "ruff's format"),
    Check("layers", ["lint-imports", "--no-cache"], "who imports whom", {"PYTHONPATH": str(ROOT)}),
    Check("templates", ["djlint", "templates", "--lint", "--quiet"], "djLint"),
    Check("translations", ["python", "scripts/messages.py", "check"], "Russian complete"),
    # --check connects to compare the history with the database; there is none here, which only warns.
    Check(
        "migrations",
        ["python", "-W", "ignore::RuntimeWarning", "manage.py", "makemigrations", "--check", "--dry-run"],
        "models and migrations agree",
    ),
    Check(
        "deploy",
        ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        "Django's deployment check",
    ),
)


def main(names: list[str]) -> int:
    """Run the named checks, or all; returns the exit code."""
    unknown = set(names) - {check.name for check in CHECKS}
    if unknown:
        print(f"No such check: {', '.join(sorted(unknown))}. There are: {', '.join(c.name for c in CHECKS)}")
        return 2
    wanted = [check for check in CHECKS if not names or check.name in names]
    failed = []
    with ThreadPoolExecutor(2) as pool:
        for check, (passed, words, seconds) in zip(wanted, pool.map(Check.run, wanted), strict=True):
            print(
                f"{'ok  ' if passed else 'FAIL'} {check.name:<13} {seconds:5.1f} s  {check.what}", flush=True
            )
            if not passed:
                failed.append(check.name)
                print(words.rstrip() + "\n", flush=True)
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
