"""From a mail stored to a ticket assigned: ``python -m bench.routing``.

Mails come to the real SMTP listener, five a second; the real workers and the scheduler work them off under
fifty rules and four policies (``bench.fifty``). Told is how long it takes from ``Inbound.received_at`` until
the assignment is recorded, and until another connection sees it.
"""

from __future__ import annotations

import argparse
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg2

from bench.fifty import Mail
from bench.ground import Ground, folder
from helpdesk.local import Services
from helpdesk.local.environment import ROOT
from helpdesk.local.ports import free_port
from helpdesk.processes import LOCAL

DATABASE = "bench_routing"
A_SECOND = 5.0
WARM_UP = 10  # mails until every process has loaded what it needs
TARGETS = {"stored to assigned, p95, s": 1.0}
LATE = """
    SELECT inbound.id, extract(epoch FROM entry.recorded_at - inbound.received_at)::float8
      FROM channels_in_inbound inbound
      JOIN journal_entry entry ON entry.stream_type = 'ticket' AND entry.stream_id = inbound.ticket_id
     WHERE entry.kind = 'ticket_assigned' AND inbound.id > %s
"""


def send(port: int, mails: Iterable[Mail], *, identity: str, a_second: float = A_SECOND) -> None:
    """Deliver as a mail server does, one connection a mail, evenly."""
    began = time.monotonic()
    for position, mail in enumerate(mails):
        time.sleep(max(began + position / a_second - time.monotonic(), 0))
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
            client.send_message(mail.letter(identity))


def percentile(values: Iterable[float], share: float) -> float:
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


class Watch(threading.Thread):
    """Notes when another connection first sees each ticket assigned."""

    def __init__(self, url: str, after: int) -> None:
        super().__init__(daemon=True)
        self._url, self._after = url, after
        self._end = threading.Event()
        self.seen: dict[int, float] = {}

    def run(self) -> None:
        connection = psycopg2.connect(self._url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            while not self._end.wait(0.02):
                cursor.execute(
                    """SELECT inbound.id, extract(epoch FROM clock_timestamp() - inbound.received_at)::float8
                         FROM channels_in_inbound inbound
                         JOIN tickets_ticket ticket ON ticket.id = inbound.ticket_id
                        WHERE ticket.assignee_id IS NOT NULL AND inbound.id > %s""",
                    [self._after],
                )
                for pk, late in cursor.fetchall():
                    self.seen.setdefault(pk, late)
        connection.close()

    def end(self) -> None:
        self._end.set()
        self.join(10)


def ask(url: str, sql: str, *params: Any) -> list[tuple[Any, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall()
    finally:
        connection.close()


@contextmanager
def sink(log: Path) -> Iterator[int]:
    """A mail server that forgets whatever it takes; its port."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "aiosmtpd",
        "-n",
        "-c",
        "aiosmtpd.handlers.Sink",
        "-l",
        f"127.0.0.1:{port}",
    ]
    with ended(command, {}, log):
        yield port


@contextmanager
def ended(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """A process that ends with the block."""
    with log.open("ab") as output:
        popen = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(environment) or None,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield
    finally:
        popen.terminate()
        try:
            popen.wait(10)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait(10)


@contextmanager
def office(ground: Ground, name: str, *flags: str) -> Iterator[dict[str, str]]:
    """An office in a database of its own, which goes with the block; the environment it runs in."""
    environment = ground.fresh(name)
    try:
        with sink(Path(environment["VAR_DIR"]) / "routing.log") as port:
            command = [sys.executable, "-m", "bench.fifty", str(port), *flags]
            subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=600)
            yield environment
    finally:
        ground.services.valkey.flush()
        ground.drop(name)


@contextmanager
def processes(environment: Mapping[str, str], *names: str) -> Iterator[None]:
    """These processes of ours, ended with the block."""
    log = Path(environment["VAR_DIR"]) / "routing.log"
    with ExitStack() as stack:
        for process in LOCAL:
            if process.name in names:
                stack.enter_context(ended(process.arguments(environment), environment, log))
        yield


def latency(ground: Ground, mails: int) -> dict[str, float]:
    """Seconds from stored to assigned, of mails that come at five a second."""
    with (
        office(ground, DATABASE) as environment,
        processes(environment, "mail", "worker", "timers", "scheduler"),
    ):
        url, port = environment["DATABASE_URL"], int(environment["MAIL_SMTP_PORT"])
        until = time.monotonic() + 60
        while not listens(port):
            if time.monotonic() > until:
                raise RuntimeError("the mail listener does not listen")
            time.sleep(0.1)
        send(port, (Mail(number) for number in range(WARM_UP)), identity="warm")
        wait_assigned(url, WARM_UP)
        (last,) = ask(url, "SELECT max(id) FROM channels_in_inbound")[0]
        watch = Watch(url, last)
        watch.start()
        send(port, (Mail(number) for number in range(mails)), identity="bench")
        wait_assigned(url, WARM_UP + mails)
        watch.end()
        late = [seconds for _pk, seconds in ask(url, LATE, last)]
    if len(late) != mails:
        raise RuntimeError(f"{len(late)} of {mails} mails were assigned once")
    return {
        "stored to assigned, p50, s": percentile(late, 0.5),
        "stored to assigned, p95, s": percentile(late, 0.95),
        "stored to assigned, most, s": max(late),
        "stored to seen by others, p95, s": percentile(watch.seen.values(), 0.95),
    }


def listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_assigned(url: str, count: int, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while ask(url, "SELECT count(*) FROM tickets_ticket WHERE assignee_id IS NOT NULL")[0][0] < count:
        if time.monotonic() > until:
            raise RuntimeError(f"not {count} tickets were assigned within {seconds:.0f} s")
        time.sleep(0.2)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.routing", description=__doc__)
    parser.add_argument("--mails", type=int, default=250)
    options = parser.parse_args()
    with Services(folder(), environment={}) as services:
        found = latency(Ground(services), options.mails)
    for name, seconds in found.items():
        print(f"{name}: {seconds:.3f}")


if __name__ == "__main__":
    main()
