"""``make bench``: seed what is missing, measure all sizes in turns, print a table, write JSON.

ARGS="--sizes 1000,100000 --rounds 10 --only pages" chooses. It uses PostgreSQL and Valkey of its own,
on loopback, keeps the seeded databases in var/bench for the next run, and ends by itself.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

from bench import chat, clocks, routing
from bench.ground import EMPTY, Ground, folder
from bench.real import machine, memory, running, throughput
from bench.report import Report
from helpdesk.local import Services
from helpdesk.local.environment import ROOT

PARTS = ("pages", "throughput", "intake", "sweep", "memory", "rules", "routing", "clocks", "chat")
OF_SIZES = {"pages", "throughput", "intake", "sweep", "memory"}  # parts that look at seeded tickets
MAILS = 300
ROUNDS_OF_RULES, MAILS_A_ROUND = 5, 40
ROUTED, ASSIGNED = 250, 300
CLOCKS = 100_000
DELIVERIES = 1000


class Child:
    """A measuring process for one database (``bench.measure``)."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "bench.measure"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, *command: Any) -> Any:
        assert self._popen.stdin and self._popen.stdout
        self._popen.stdin.write(json.dumps(command) + "\n")
        self._popen.stdin.flush()
        answer = self._popen.stdout.readline()
        if not answer:
            raise RuntimeError(f"measuring {command} failed")
        return json.loads(answer)

    def end(self) -> None:
        assert self._popen.stdin
        self._popen.stdin.close()
        self._popen.wait(30)


def measure_pages(children: dict[int, Child], rounds: int, report: Report) -> None:
    """Each page ten times for each size in turn, round after round, after a warm-up."""
    names = next(child.ask("names") for child in children.values())
    for name in names:
        for child in children.values():
            child.ask("page", name, 10)
        for _ in range(rounds):
            for size, child in children.items():
                report.times(name, size, child.ask("page", name, 10))
        for size, child in children.items():
            report.queries(name, size, child.ask("queries", name))
        report.say_page(name)


def measure_mail(ground: Ground, sizes: list[int], report: Report, part: str) -> None:
    """Intake or sweep, in throw-away copies of the databases."""
    for size in sizes:
        ground.prepare(size)
        try:
            url = ground.copy_of(size, "bench_copy")
            child = Child({**ground.environment(size), "DATABASE_URL": url})
            try:
                amount = MAILS if part == "intake" else DELIVERIES
                report.rates(part, size, child.ask(part, amount))
            finally:
                child.end()
        finally:
            ground.services.valkey.flush()
            ground.drop("bench_copy")


def measure_processes(ground: Ground, size: int, child: Child, report: Report, parts: set[str]) -> None:
    environment = ground.environment(size)
    cookie, path = child.ask("cookie_and_path")
    if "throughput" in parts:
        with running(environment, "web"):
            report.throughput(size, throughput(environment, cookie, path, 600))
    if "memory" in parts:
        with running(environment) as pids:
            throughput(environment, cookie, path, 100)
            servers = {"postgres": ground.services.postgres.pid, "valkey": ground.services.valkey.pid}
            report.memory(memory({**{name: pid for name, pid in servers.items() if pid}, **pids}))


def measure_rules(ground: Ground, report: Report) -> None:
    """Mails worked off with rules and policies and without, in turns; and assignments a second."""
    with ExitStack() as stack:
        kinds = {"with": (), "without": ("--without-rules",)}
        environments = {
            kind: stack.enter_context(routing.office(ground, f"bench_{kind}_rules", *flags))
            for kind, flags in kinds.items()
        }
        children = {kind: Child(environment) for kind, environment in environments.items()}
        try:
            rounds: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
            for number in range(ROUNDS_OF_RULES + 1):
                for kind, child in children.items():
                    rounds[kind].append(child.ask("worked_off", number * MAILS_A_ROUND, MAILS_A_ROUND))
            report.rules({kind: found[1:] for kind, found in rounds.items()}, MAILS_A_ROUND)
            report.figures("assignment", children["with"].ask("assignments", ASSIGNED))
        finally:
            for child in children.values():
                child.end()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000", help="numbers of tickets")
    parser.add_argument("--rounds", type=int, default=10, help="of ten requests a page and size")
    parser.add_argument("--only", default=",".join(PARTS), help=f"some of {','.join(PARTS)}")
    options = parser.parse_args()
    sizes = sorted(int(size) for size in options.sizes.split(","))
    parts = set(options.only.split(","))
    report = Report(sizes, machine())
    began = time.monotonic()
    services = Services(folder(), environment={})
    children: dict[int, Child] = {}
    with services:
        try:
            ground = Ground(services)
            if parts & OF_SIZES:
                for size in sizes:
                    ground.prepare(size)
                services.valkey.flush()
                children = {size: Child(ground.environment(size)) for size in sizes}
            for size, child in children.items():
                child.ask("names")
                report.facts(size, child.ask("facts"))
            if "pages" in parts:
                measure_pages(children, options.rounds, report)
            if parts & {"throughput", "memory"}:
                measure_processes(ground, sizes[-1], children[sizes[-1]], report, parts)
            for child in children.values():
                child.end()
            children = {}
            if "intake" in parts:
                measure_mail(ground, [EMPTY, sizes[-1]], report, "intake")
            if "sweep" in parts:
                measure_mail(ground, [sizes[0], sizes[-1]], report, "sweep")
            if "rules" in parts:
                measure_rules(ground, report)
            if "routing" in parts:
                report.figures("routing", routing.latency(ground, ROUTED), routing.TARGETS)
            if "clocks" in parts:
                report.figures("clocks", clocks.lateness(ground, CLOCKS), clocks.TARGETS)
            if "chat" in parts:
                report.figures("chat", chat.delivery(ground), chat.TARGETS)
        finally:
            for child in children.values():
                child.end()
    report.end(folder() / "result.json", time.monotonic() - began)


if __name__ == "__main__":
    main()
