"""One PostgreSQL server in a folder: make, start, find again, stop, kill."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from helpdesk.local.account import Account
from helpdesk.local.errors import LocalError
from helpdesk.local.ports import LOOPBACK

NAME = "otklik"  # of the role and of the database

# Meant for 24 GiB and for the 1.5 GB of a small server alike: a modest cache of its own, the system's
# page cache for the rest. JIT costs more than it gives on queries of milliseconds.
SETTINGS = {
    "shared_buffers": "192MB",
    "effective_cache_size": "1GB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "jit": "off",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_lock_waits": "on",
    "log_min_duration_statement": "1s",
}
# For databases that live as long as a test session: a crash of the machine may lose them.
UNSAFE_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "96MB",
}
# Ordering and case by Unicode, the same on every system and never changed by an upgrade of the
# system's library (an index would be corrupted by that). The full-text parser and its dictionaries
# still ask the C library about letters, hence --locale as well: plain C does not know Cyrillic ones.
INITDB = [
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C.UTF-8",
    "--auth-local=scram-sha-256",
    "--auth-host=scram-sha-256",
    f"--username={NAME}",
    "--no-sync",
    "--no-instructions",
]


class Postgres:
    """A server whose data directory is ``folder/data``. No method needs the others called before."""

    def __init__(
        self,
        folder: Path,
        *,
        programs: Path,
        account: Account,
        port: int,
        password: str,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "postgres.log"
        self.port = port
        self._bin = programs / "bin"
        self._account = account
        self._password = password
        self._settings = {**SETTINGS, **(settings or {})}

    @property
    def url(self) -> str:
        """The address of its one database, password included."""
        return f"postgres://{NAME}:{self._password}@{LOOPBACK}:{self.port}/{NAME}"

    @property
    def pid(self) -> int | None:
        """The postmaster's, if it runs. A pid file left by a crash, or a pid that is now another
        program's, is not taken for it: the process must sit in our data directory."""
        lines = self._pid_file_lines()
        if not lines or not lines[0].isdigit():
            return None
        try:
            process = psutil.Process(int(lines[0]))
            here = Path(process.cwd()) == self.data.resolve() and process.status() != psutil.STATUS_ZOMBIE
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return None
        return process.pid if here else None

    @property
    def alive(self) -> bool:
        """Whether its process exists, answering or not."""
        return self.pid is not None

    @property
    def running_port(self) -> int | None:
        """The port of the server that runs now."""
        lines = self._pid_file_lines()
        return int(lines[3]) if self.pid and len(lines) > 3 and lines[3] else None

    def make(self) -> None:
        """Create the data directory and the database, unless they are there."""
        if (self.folder / "made").exists():
            self._check_version()
            return
        self._account.make_folder(self.folder)
        # Without the mark a former attempt was cut short, and there is nothing in it to keep.
        shutil.rmtree(self.data, ignore_errors=True)
        # Through a pipe of the server's own user, so that the password is never in a file.
        piped = 'cat | "$0" "$@" --pwfile=/dev/stdin'
        initdb = str(self._bin / "initdb")
        shell = ["/bin/sh", "-c", piped, initdb, "-D", str(self.data), *INITDB]
        self._account.run(shell, words=self._password + "\n")
        # The single-user server needs no connection and is there at once.
        create = f"CREATE DATABASE {NAME};\n"
        self._run("postgres", "--single", "-D", self.data, "-c", "fsync=off", "postgres", words=create)
        if self._settings.get("fsync") != "off":
            os.sync()  # initdb's own way takes seconds, file by file
        self._account.run(["/bin/sh", "-c", ': > "$0"', self.folder / "made"])

    def start(self, *, timeout: float = 60) -> None:
        """Start, recovering from a crash if there was one; returns when connections are accepted."""
        if self.pid:
            return
        self._drop_foreign_pid_file()
        options = [f"-c {name}={value}" for name, value in self._settings.items()]
        options += [f"-c port={self.port}", f"-c listen_addresses={LOOPBACK}", "-c unix_socket_directories="]
        wait = ("-w", "-s", "-t", str(int(timeout)))
        command = ("start", *wait, "-D", self.data, "-l", self.log, "-o", " ".join(options))
        # Children of a killed postmaster need a moment to notice; until then the server refuses.
        for attempt in range(20):
            try:
                self._run("pg_ctl", *command, timeout=timeout + 10)
                return
            except LocalError as error:
                if attempt == 19 or "shared memory block" not in self.log_tail():
                    raise LocalError(f"{error}\n{self.log_tail()}") from None
                time.sleep(0.25)

    def stop(self, *, mode: str = "fast", timeout: float = 60) -> None:
        """``fast`` ends sessions and writes a checkpoint, ``immediate`` leaves recovery to the next start."""
        if not self.pid:
            return
        wait = ("-w", "-s", "-t", str(int(timeout)))
        self._run("pg_ctl", "stop", *wait, "-D", self.data, "-m", mode, timeout=timeout + 10)

    def restart(self, *, mode: str = "fast") -> None:
        """Stop and start, on the same port."""
        self.stop(mode=mode)
        self.start()

    def kill(self) -> None:
        """``kill -9`` of the postmaster, as the fault tests need it."""
        if pid := self.pid:
            process = psutil.Process(pid)
            process.send_signal(signal.SIGKILL)
            # We may be no parent of it, so there is nothing to reap: a zombie counts as gone.
            while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)

    def log_tail(self, lines: int = 15) -> str:
        """The last words of the server's log."""
        return (
            "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""
        )

    def _run(self, program: str, *arguments: str | Path, words: str = "", timeout: float = 60) -> str:
        return self._account.run([self._bin / program, *arguments], words=words, timeout=timeout)

    def _pid_file_lines(self) -> list[str]:
        try:
            return (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return []

    def _drop_foreign_pid_file(self) -> None:
        """After a reboot the pid may be another program's of the same user; PostgreSQL would then
        refuse to start. A pid of nobody is left to PostgreSQL, which checks its shared memory too."""
        lines = self._pid_file_lines()
        pid = int(lines[0]) if lines and lines[0].isdigit() else 0
        if pid and psutil.pid_exists(pid):
            (self.data / "postmaster.pid").unlink()

    def _check_version(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        ours = self._run("postgres", "--version").split()[-1]
        if ours.split(".")[0] != made_by:
            raise LocalError(
                f"{self.data} was made by PostgreSQL {made_by}, the installed one is {ours}. Dump it with "
                "the old version and load it into the new one, or start empty after `make clean`."
            )
