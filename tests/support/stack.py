"""The whole product as real processes, in a folder and on ports of its own: for e2e and fault tests.

with Stack(root) as stack:      # PostgreSQL, Valkey, web, worker, timers, scheduler, mail
    stack.kill("worker")        # kill -9
    stack.start("worker")
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil
import psycopg2

from helpdesk.local import Services
from helpdesk.local.environment import ROOT, application_environment
from helpdesk.processes import LOCAL, Process
from tests.support import migrated

PROCESSES: dict[str, Process] = {process.name: process for process in LOCAL}
ONE_OF_EACH = tuple(PROCESSES)


def twin(name: str) -> Process:
    """A second process of the kind, called ``name-2``: under a name and with a schedule file of its own."""
    process = PROCESSES[name]
    own = {
        "--hostname=timers@%h": "--hostname=timers2@%h",
        "--hostname=worker@%h": "--hostname=worker2@%h",
        "beat": "beat --schedule=${VAR_DIR}/celerybeat-schedule-2",
    }
    command = [word for part in process.command for word in own.get(part, part).split()]
    return replace(process, name=f"{name}-2", command=tuple(command))


for _name in ("worker", "timers", "scheduler"):
    PROCESSES[f"{_name}-2"] = twin(_name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    true: Callable[[], object], seconds: float = 60.0, what: str = "", every: float = 0.05
) -> object:
    """The first true answer of ``true()``, asked again and again; fails after ``seconds``."""
    until = time.monotonic() + seconds
    while True:
        if answer := true():
            return answer
        if time.monotonic() > until:
            raise AssertionError(f"not within {seconds} s: {what or true}")
        time.sleep(every)


class Stack:
    """Servers and processes that end with the ``with`` block, whatever happens in it."""

    def __init__(self, root: Path, names: Iterable[str] = ONE_OF_EACH, **environment: str) -> None:
        self.root = root
        self.names = tuple(names)
        self.services = Services(root, environment={})
        self.web_port, self.smtp_port, self.lmtp_port = free_port(), free_port(), free_port()
        self.extra = environment
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        self.services.start()
        try:
            migrated.fill(self.services.database_url, self.environment)
            self.manage("collectstatic", "--verbosity=0", "--no-input")
            for name in self.names:
                self.start(name)
            if "web" in self.names:
                wait_until(self.answers, 120, "the web process answers")
            if "mail" in self.names:
                wait_until(lambda: listens(self.smtp_port), 120, "the mail listener listens")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def base_url(self) -> str:
        return f"http://localhost:{self.web_port}"

    @property
    def environment(self) -> dict[str, str]:
        """What the processes, and the test's own Django, see."""
        ports = {
            "WEB_PORT": self.web_port,
            "MAIL_SMTP_PORT": self.smtp_port,
            "MAIL_LMTP_PORT": self.lmtp_port,
        }
        return application_environment(
            self.services, ports, defaults={"REPLY_UNDO_SECONDS": "1", **self.extra}, environment={}
        ) | {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}

    def manage(self, *arguments: str, stdin: bytes = b"") -> str:
        """One management command; its output."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT, env=self.environment, input=stdin, capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{arguments}: {done.stderr.decode()}"
        return done.stdout.decode()

    def ask(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        """The rows of a query, on a connection of its own."""
        connection = psycopg2.connect(self.services.database_url, connect_timeout=5)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(sql, params)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def start(self, name: str) -> None:
        """Start a process, its output in a log of its own."""
        log = (self.root / f"{name}.log").open("ab")
        self.running[name] = subprocess.Popen(
            PROCESSES[name].arguments(self.environment),
            cwd=ROOT, env=self.environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        log.close()

    def kill(self, name: str) -> None:
        """kill -9 of the process and all its children: the machine lost power under it."""
        process = self.running.pop(name)
        try:
            family = [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]
        except psutil.NoSuchProcess:
            family = []
        for member in family:
            try:
                member.kill()
            except psutil.NoSuchProcess:
                continue
        process.wait(10)

    def tend(self) -> None:
        """Renew what has ended by itself, as the local supervisor and the composition do.

        A Celery worker gives up, for one, when it loses its broker in the middle of a task.
        """
        for name, process in list(self.running.items()):
            if process.poll() is not None and self.running.get(name) is process:
                self.start(name)

    def log(self, name: str) -> str:
        path = self.root / f"{name}.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.web_port, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def stop(self) -> None:
        for process in self.running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for name in list(self.running):
            try:
                self.running[name].wait(8)
            except subprocess.TimeoutExpired:
                self.kill(name)
        self.running.clear()
        self.services.remove()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
