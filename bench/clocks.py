"""Warnings and breaches in time: ``python -m bench.clocks`` (``--clocks``, ``--without-load``).

100,000 running clocks, of which 1,000 fall due within one minute and 300 of them in one and the same second.
The real worker for timers (one process), the real worker for everything that follows, two schedulers, and
beside them a process that does nothing but reckon, as a simulation would. Told is how late each was recorded,
that each was told once, and what a sweep costs when nothing is due.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

import django

from bench.ground import EMPTY, Ground, folder
from helpdesk.local import Services
from helpdesk.local.environment import ROOT
from helpdesk.processes import LOCAL

DATABASE = "bench_clocks"
IN_ONE_SECOND, IN_THE_MINUTE = 300, 1000
LEAD = 30  # seconds from seeding until the first is due: everybody has started by then


def due_times(clocks: int, begin: datetime) -> Iterator[datetime]:
    """300 at once ten seconds into the minute, 700 spread over it, the others a working day or more away."""
    for number in range(clocks):
        if number < IN_ONE_SECOND:
            yield begin + timedelta(seconds=10)
        elif number < IN_THE_MINUTE:
            yield begin + timedelta(seconds=60 * (number - IN_ONE_SECOND) / (IN_THE_MINUTE - IN_ONE_SECOND))
        else:
            yield begin + timedelta(hours=8, seconds=number)


def seed(clocks: int) -> None:
    """Tickets with one running clock each; says when the minute begins."""
    from people.models import Contact
    from sla.models import Clock
    from tickets.models import Brand, Category, Ticket
    from tickets.status import default_status

    brand, contact = Brand.objects.first(), Contact.objects.create(name="Bench")
    status, now = default_status(Category.OPEN), datetime.now(UTC)
    tickets: list[Ticket] = []
    for start in range(0, clocks, 5000):
        tickets += Ticket.objects.bulk_create(
            Ticket(
                brand=brand, channel="email", subject="Кофемашина не включается", requester=contact,
                status=status, category=status.category, opened_at=now, active_at=now,
                thread_key=f"{number:012}",
            )
            for number in range(start, min(start + 5000, clocks))
        )  # fmt: skip
    begin = (datetime.now(UTC) + timedelta(seconds=LEAD + clocks / 10_000)).replace(microsecond=0)
    rows = (
        Clock(
            ticket=ticket, target="resolution", state="running", started_at=now, due_at=due, next_at=due,
            target_seconds=28_800,
        )
        for ticket, due in zip(tickets, due_times(clocks, begin), strict=True)
    )  # fmt: skip
    Clock.objects.bulk_create(rows, batch_size=5000)
    print(json.dumps(begin.timestamp()))


def idle() -> None:
    """Milliseconds of a sweep when nothing is due, a hundred times."""
    from django.db import connection

    from sla import firing

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    times = []
    for _ in range(105):
        began = time.perf_counter()
        assert firing.fire() == 0
        times.append(1000 * (time.perf_counter() - began))
    print(json.dumps(times[5:]))


def result() -> None:
    """Seconds from due to recorded, one for each that was told."""
    from journal.models import Delivery, Entry

    found = Entry.objects.filter(kind="sla_breached").values_list("stream_id", "happened_at", "recorded_at")
    rows = list(found)
    late = [(recorded - happened).total_seconds() for _ticket, happened, recorded in rows]
    print(
        json.dumps(
            {"tickets": len({row[0] for row in rows}), "late": late, "waiting": Delivery.objects.count()}
        )
    )


def reckon() -> None:
    """Keep one core busy, as a simulation of rules does."""
    while True:
        sum(number * number for number in range(100_000))


@contextmanager
def processes(environment: dict[str, str], *, load: bool) -> Iterator[None]:
    """Both workers, two schedulers with files of their own, and the one that reckons."""
    commands = {process.name: process.arguments(environment) for process in LOCAL}
    second = Path(environment["VAR_DIR"]) / "second"
    second.mkdir(exist_ok=True)
    wanted = [(commands[name], environment) for name in ("timers", "worker", "scheduler")]
    wanted.append((commands["scheduler"], {**environment, "VAR_DIR": str(second)}))
    if load:
        wanted.append(([sys.executable, "-m", "bench.clocks", "reckon"], environment))
    with ExitStack() as stack:
        for command, variables in wanted:
            log = stack.enter_context((Path(environment["VAR_DIR"]) / "clocks.log").open("ab"))
            popen = subprocess.Popen(
                command, cwd=ROOT, env=variables, stdout=log, stderr=log, start_new_session=True
            )
            stack.callback(_end, popen)
        yield


def _end(popen: subprocess.Popen) -> None:
    popen.terminate()
    try:
        popen.wait(10)
    except subprocess.TimeoutExpired:
        popen.kill()
        popen.wait(10)


def ask(environment: dict[str, str], *command: str) -> object:
    """What a process of its own prints: this one never opens the database."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.clocks", *command],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    return json.loads(done.stdout.strip().split("\n")[-1])


def measure(ground: Ground, clocks: int, *, load: bool) -> None:
    ground.prepare(EMPTY)
    environment = {**ground.environment(EMPTY), "DATABASE_URL": ground.copy_of(EMPTY, DATABASE)}
    try:
        begin = ask(environment, "seed", str(clocks))
        sweeps = ask(environment, "idle")
        print(f"{clocks:,} running clocks; a sweep with nothing due: {median(sweeps):.1f} ms", flush=True)
        with processes(environment, load=load):
            time.sleep(max(begin + 75 - time.time(), 0))
        told = ask(environment, "result")
    finally:
        ground.services.valkey.flush()
        ground.drop(DATABASE)
    late = sorted(told["late"])
    percentiles = quantiles(late, n=100) if len(late) > 1 else [0.0] * 99
    p50, p95, p99 = (percentiles[n - 1] for n in (50, 95, 99))
    print(
        f"told {len(late)} of {IN_THE_MINUTE}, on {told['tickets']} tickets; late by p50 {p50:.2f} s, "
        f"p95 {p95:.2f} s, p99 {p99:.2f} s, most {max(late, default=0):.2f} s; "
        f"deliveries still waiting: {told['waiting']}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.clocks", description=__doc__)
    parser.add_argument("--clocks", type=int, default=100_000)
    parser.add_argument("--without-load", action="store_true", help="nobody reckons beside")
    options = parser.parse_args()
    with Services(folder(), environment={}) as services:
        measure(Ground(services), options.clocks, load=not options.without_load)


if __name__ == "__main__":
    if sys.argv[1:2] == ["reckon"]:
        reckon()
    elif sys.argv[1:2] in (["seed"], ["idle"], ["result"]):
        django.setup()
        {"seed": lambda: seed(int(sys.argv[2])), "idle": idle, "result": result}[sys.argv[1]]()
    else:
        main()
