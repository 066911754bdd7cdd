"""Warnings and breaches in time: ``python -m bench.clocks`` (``--clocks``, ``--without-load``).

100,000 running clocks, of which 1,000 fall due within one minute and 300 of them in one and the same second.
Two workers for timers (one process each), the worker for everything that follows, two schedulers, and beside
them simulations of 48 rules on ninety days of a company's tickets, one after the other. Told is how late each
was recorded, that each was told once, stamped with its due time, and what a sweep with nothing due costs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.ground import Ground, folder
from bench.routing import ended, percentile
from helpdesk.local import Services
from helpdesk.local.environment import ROOT
from helpdesk.processes import LOCAL

if TYPE_CHECKING:
    from tickets.models import Ticket

DATABASE = "bench_clocks"
HISTORY = 10_000  # tickets of the seeded company, for the simulations
IN_ONE_SECOND, IN_THE_MINUTE, SECONDS = 300, 1000, 60
TARGETS = {"sweep with nothing due, ms": 20.0, "late by p99, s": 5.0}
LEAD = 30  # seconds from seeding until the first is due: everybody has started by then


def due_times(due: int, at_once: int, seconds: int, begin: datetime) -> Iterator[datetime]:
    """``at_once`` a third into the time, the others spread over it."""
    for number in range(due):
        offset = seconds // 3 if number < at_once else seconds * (number - at_once) / (due - at_once)
        yield begin + timedelta(seconds=offset)


def seed(clocks: int, due: int, at_once: int, seconds: int, lead: int) -> None:
    """Tickets with one running clock each; prints when the first is due."""
    from people.models import Contact
    from sla.models import Clock
    from tickets import starter
    from tickets.models import Brand, Category, Ticket
    from tickets.status import default_status

    Clock.objects.exclude(policy_version=None).delete()  # of the seeded company, long overdue
    starter.make_statuses()
    brand = Brand.objects.first() or Brand.objects.create(name="Bench", slug="bench", language="ru")
    contact = Contact.objects.create(name="Bench")
    status, now = default_status(Category.OPEN), datetime.now(UTC)
    long_ago = now - timedelta(days=400)  # no part of what is simulated
    tickets: list[Ticket] = []
    for start in range(0, clocks, 5000):
        tickets += Ticket.objects.bulk_create(
            Ticket(
                brand=brand, channel="email", subject="Кофемашина не включается", requester=contact,
                status=status, category=status.category, opened_at=long_ago, active_at=now,
                thread_key=f"{contact.pk:04}{number:08}",
            )
            for number in range(start, min(start + 5000, clocks))
        )  # fmt: skip
    far = now + timedelta(hours=8)
    _run(tickets[due:], (far + timedelta(seconds=number) for number in range(clocks)), now)
    begin = (datetime.now(UTC) + timedelta(seconds=lead + 1)).replace(microsecond=0)
    _run(tickets[:due], due_times(due, at_once, seconds, begin), now)
    print(json.dumps(begin.timestamp()))


def _run(tickets: Iterable[Ticket], due: Iterable[datetime], now: datetime) -> None:
    """A running clock for each."""
    from sla.models import Clock

    rows = (
        Clock(
            ticket=ticket, target="resolution", state="running", started_at=now, due_at=at, next_at=at,
            target_seconds=28_800,
        )
        for ticket, at in zip(tickets, due, strict=False)
    )  # fmt: skip
    Clock.objects.bulk_create(rows, batch_size=5000)


def seed_arguments(clocks: int, due: int, *, at_once: int, seconds: int, lead: int) -> list[str]:
    """Of the command "seed"."""
    return [str(number) for number in (clocks, due, at_once, seconds, lead)]


def idle() -> None:
    """Milliseconds of a sweep when nothing is due, a hundred times."""
    from django.db import connection

    from sla import firing

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    times = []
    for _ in range(105):
        began = time.perf_counter()
        if firing.fire():
            raise RuntimeError("something was due")
        times.append(1000 * (time.perf_counter() - began))
    print(json.dumps(times[5:]))


def result() -> None:
    """How late each was told, and what must not be: told twice, not at all, or under another time."""
    from django.db.models import Max

    from journal.models import Delivery, Entry
    from routing.models import Simulation
    from sla.models import Clock

    rows = list(
        Entry.objects.filter(kind="sla_breached").values_list("stream_id", "happened_at", "recorded_at")
    )
    due = dict(Clock.objects.values_list("ticket_id", "due_at"))
    found: dict[str, Any] = {
        "late": [(recorded - happened).total_seconds() for _ticket, happened, recorded in rows],
        "twice": len(rows) - len({ticket for ticket, _happened, _recorded in rows}),
        "misdated": sum(due[ticket] != happened for ticket, happened, _recorded in rows),
        "untold": Clock.objects.filter(due_at__lte=datetime.now(UTC), breached_due=None).count(),
        "waiting": Delivery.objects.count(),
        "simulated": Simulation.objects.filter(state=Simulation.State.DONE).count(),
        "simulated tickets": Simulation.objects.aggregate(most=Max("total"))["most"] or 0,
    }
    print(json.dumps(found))


def simulate() -> None:
    """Ask the worker for one simulation after the other, as long as this runs."""
    from bench.fifty import TOPICS
    from people.models import User
    from routing import simulate
    from routing.models import Simulation

    user = User.objects.order_by("pk")[0]
    rules = [
        {
            "name": f"{number}",
            "definition": {
                "trigger": {"on": "ticket_opened"},
                "conditions": {
                    "any": [
                        {"field": "message_text", "op": "matches", "value": rf"\b{word}\w*\b.*\d"},
                        {"field": "subject", "op": "contains", "value": word},
                    ]
                },
                "actions": [{"do": "add_tags", "value": [word]}, {"do": "assign"}],
            },
        }
        for number, word in enumerate(TOPICS * 4)
    ]
    while True:
        simulation = simulate.start(rules, simulate.MOST_DAYS, user)
        while Simulation.objects.get(pk=simulation.pk).finished_at is None:
            time.sleep(0.5)


@contextmanager
def processes(environment: Mapping[str, str], *, load: bool) -> Iterator[None]:
    """Two workers for timers and two schedulers, each with files of its own, a worker, and the load."""
    commands = {process.name: process.arguments(environment) for process in LOCAL}
    second = {**environment, "VAR_DIR": str(Path(environment["VAR_DIR"]) / "second")}
    Path(second["VAR_DIR"]).mkdir(exist_ok=True)
    twin = [word.replace("timers@", "timers2@") for word in commands["timers"]]
    wanted = [(commands[name], environment) for name in ("timers", "worker", "scheduler")]
    wanted += [(twin, second), (commands["scheduler"], second)]
    if load:
        wanted.append(([sys.executable, "-m", "bench.clocks", "simulate"], environment))
    with ExitStack() as stack:
        for command, variables in wanted:
            stack.enter_context(ended(command, variables, Path(environment["VAR_DIR"]) / "clocks.log"))
        yield


def ask(environment: Mapping[str, str], *command: str) -> Any:
    """What a process of its own prints: this one never opens the database."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.clocks", *command],
        cwd=ROOT, env=dict(environment), capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout.strip().split("\n")[-1])


def lateness(ground: Ground, clocks: int, *, load: bool = True) -> dict[str, float]:
    """The figures; raises when anything was told twice, misdated or not at all."""
    ground.prepare(HISTORY)
    environment = {**ground.environment(HISTORY), "DATABASE_URL": ground.copy_of(HISTORY, DATABASE)}
    due = min(IN_THE_MINUTE, clocks)
    try:
        numbers = seed_arguments(clocks, due, at_once=min(IN_ONE_SECOND, due), seconds=SECONDS, lead=LEAD)
        begin = ask(environment, "seed", *numbers)
        sweeps = ask(environment, "idle")
        with processes(environment, load=load):
            time.sleep(max(begin + SECONDS + 15 - time.time(), 0))
        told = ask(environment, "result")
    finally:
        ground.services.valkey.flush()
        ground.drop(DATABASE)
    late = told["late"]
    if len(late) != due or told["twice"] or told["misdated"] or told["untold"]:
        raise RuntimeError(f"{len(late)} of {due} were told: { ({**told, 'late': ...}) }")
    return {
        "sweep with nothing due, ms": median(sweeps),
        "told once": len(late),
        "late by p50, s": percentile(late, 0.5),
        "late by p99, s": percentile(late, 0.99),
        "late by most, s": max(late),
        "deliveries left": told["waiting"],
        "simulations beside": told["simulated"],
        "tickets in each": told["simulated tickets"],
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.clocks", description=__doc__)
    parser.add_argument("--clocks", type=int, default=100_000)
    parser.add_argument("--without-load", action="store_true", help="no simulations beside")
    options = parser.parse_args()
    with Services(folder(), environment={}) as services:
        found = lateness(Ground(services), options.clocks, load=not options.without_load)
    for name, value in found.items():
        print(f"{name}: {value:.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] in (["seed"], ["idle"], ["result"], ["simulate"]):
        import django

        django.setup()
        name, *numbers = sys.argv[1:]
        commands: dict[str, Callable[..., None]] = {
            "seed": seed,
            "idle": idle,
            "result": result,
            "simulate": simulate,
        }
        commands[name](*map(int, numbers))
    else:
        main()
