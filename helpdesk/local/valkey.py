"""One Valkey server: start, find again, stop, freeze, kill. It keeps nothing on disk: what it holds
(queues, pub/sub, caches) is made again from the journal by the sweeps."""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from pathlib import Path

import psutil

from helpdesk.local.account import Account
from helpdesk.local.errors import LocalError
from helpdesk.local.ports import LOOPBACK

# noeviction: a broker that silently drops tasks would be worse than one that refuses them.
CONFIG = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
logfile {log}
daemonize no
save ""
appendonly no
maxmemory {maxmemory}
maxmemory-policy noeviction
databases 16
"""


class Valkey:
    """A server known by its port and password, which nobody else has."""

    def __init__(
        self,
        folder: Path,
        *,
        program: Path,
        account: Account,
        port: int,
        password: str,
        maxmemory: str = "128mb",
    ) -> None:
        self.folder = folder
        self.log = folder / "valkey.log"
        self.port = port
        self._program = program
        self._account = account
        self._password = password
        self._maxmemory = maxmemory
        self._child: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        """The address of its database 0, password included."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """Its process, if it answers to our password."""
        answer = self.command("INFO", "server")
        for line in answer.splitlines():
            if line.startswith("process_id:"):
                return int(line.partition(":")[2])
        return None

    @property
    def alive(self) -> bool:
        """Whether its process exists, answering or not: a frozen one is not to be started twice."""
        return self._child.poll() is None if self._child else self.pid is not None

    def command(self, *words: str, timeout: float = 1) -> str:
        """The raw answer to one command, or "" if there is no server, or none that knows our password."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=timeout) as connection:
                connection.sendall(_encoded("AUTH", self._password) + _encoded(*words))
                answer = connection.makefile("rb")
                if answer.readline() != b"+OK\r\n":
                    return ""
                head = answer.readline()
                body = answer.read(int(head[1:])) if head.startswith(b"$") and head != b"$-1\r\n" else head
                return body.decode(errors="replace")
        except OSError:
            return ""

    def start(self, *, timeout: float = 10) -> None:
        """Start; returns when commands are answered."""
        if self.pid:
            return
        self._account.make_folder(self.folder)
        config = CONFIG.format(
            host=LOOPBACK,
            port=self.port,
            password=self._password,
            folder=self.folder,
            log=self.log,
            maxmemory=self._maxmemory,
        )
        # By standard input, so that the password stands neither in a file nor in the list of processes.
        self._child = subprocess.Popen(
            [str(self._program), "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a Ctrl-C at the terminal is for the supervisor
            **self._account.popen_options(),
        )
        assert self._child.stdin
        self._child.stdin.write(config)
        self._child.stdin.close()
        deadline = time.monotonic() + timeout
        while not self.pid:
            if self._child.poll() is not None or time.monotonic() > deadline:
                raise LocalError(f"Valkey does not start on port {self.port}:\n{self.log_tail()}")
            time.sleep(0.02)

    def stop(self, *, timeout: float = 10) -> None:
        """End it; nothing is saved. A frozen one hears nothing, so it is killed if it is ours."""
        if pid := self.pid:
            self.command("SHUTDOWN", "NOSAVE")
            self._wait_for_end(pid, timeout)
        elif self._child and self._child.poll() is None:
            self._child.kill()
            self._child.wait(timeout)

    def kill(self) -> None:
        """``kill -9``, as the fault tests need it."""
        if pid := self.pid:
            psutil.Process(pid).send_signal(signal.SIGKILL)
            self._wait_for_end(pid, 10)

    def freeze(self) -> int:
        """Stop it from answering, connections left open; returns the pid for ``thaw``."""
        pid = self.pid
        if not pid:
            raise LocalError("Valkey does not run")
        psutil.Process(pid).suspend()
        return pid

    def thaw(self, pid: int) -> None:
        """Let it answer again."""
        psutil.Process(pid).resume()

    def flush(self) -> None:
        """Forget everything, as after a loss of the broker's memory."""
        self.command("FLUSHALL")

    def log_tail(self, lines: int = 15) -> str:
        """The last words of the server's log."""
        return (
            "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""
        )

    def _wait_for_end(self, pid: int, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while psutil.pid_exists(pid):
            if self._child is not None and self._child.pid == pid:
                self._child.poll()  # reaps it if it is our child
            elif psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return
            if time.monotonic() > deadline:
                raise LocalError(f"Valkey (process {pid}) does not end")
            time.sleep(0.01)


def _encoded(*words: str) -> bytes:
    """A command in RESP, the protocol of Redis and Valkey."""
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
