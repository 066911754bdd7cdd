"""Forty agents at the desk while things happen: ``python -m bench.desk``.

Pages and sockets are processes of their own, as in production, with worker, timers and scheduler. Forty open
pages (``bench.desk_agents``) hear of everything that happens (``bench.desk_events``: five a second, by verbs:
mails, new tickets, replies, assignments) and ask for the fragments that ``static/js`` asks for; each agent
opens a ticket every fifteen seconds and a list every forty. Before that one agent works alone, at a pace of
his own, while nothing happens: the same machine in the same minute, to compare with. Told are milliseconds as
a browser waits for them, the time from a verb's commit to the open pages, and the share of a core that each
process took. All share the machine's cores, the clients too.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.chat import begin, child
from bench.ground import Ground, folder
from bench.real import cpu_seconds, postmaster, running
from bench.routing import percentile, sink
from helpdesk.local import Services
from helpdesk.local.ports import free_port
from helpdesk.processes import PRODUCTION, Process

DATABASE = "bench_desk"
TARGETS = {"list, p95, ms": 150.0, "ticket, p95, ms": 150.0}
WARMING = 60.0  # seconds of the same work that are not counted
PATIENCE = 120  # seconds for those who have worked to tell
LOOP = """
import time
total = 0
for each in range(10_000_000):
    total += each
print(time.process_time())
"""


def processes(ports: tuple[int, int]) -> list[Process]:
    """Those of production, on loopback and ports of our own."""
    own = {"0.0.0.0": "127.0.0.1", "8000": str(ports[0]), "8001": str(ports[1])}
    return [
        replace(process, command=tuple(own.get(part, part) for part in process.command))
        for process in PRODUCTION
        if process.name != "mail"
    ]


@contextmanager
def desk(ground: Ground, tickets: int, agents: int) -> Iterator[tuple[dict[str, str], Path]]:
    """A throw-away copy of a seeded database with agents in it: the environment, and who they are."""
    ground.prepare(tickets)
    environment = {**ground.environment(tickets), "DATABASE_URL": ground.copy_of(tickets, DATABASE)}
    try:
        with sink(Path(environment["VAR_DIR"]) / "desk.log") as port:
            said = child(environment, "bench.desk_events", "seed", agents, port).decode()
            given = Path(environment["VAR_DIR"]) / "desk_agents.json"
            given.write_text(said.splitlines()[-1])
            yield environment, given
    finally:
        ground.services.valkey.flush()
        ground.drop(DATABASE)


def load(ground: Ground, *, tickets: int, agents: int, a_second: float, seconds: float) -> dict[str, float]:
    """What one agent alone waits for, what forty do, and what it costs."""
    ports = (ground.web_port, free_port())
    with (
        desk(ground, tickets, agents) as (environment, given),
        running(environment, among=processes(ports)) as pids,
    ):
        pids["database"] = postmaster(environment)
        clients = ("bench.desk_agents", given, *ports)
        told = Path(environment["VAR_DIR"]) / "desk_events.json"
        # Until every process has loaded what it needs, and each connection has planned what it will be asked.
        _work(environment, pids, (*clients, agents, WARMING, 1), (a_second, WARMING, told))
        alone = _work(environment, pids, (*clients, 1, min(seconds, 30), agents), None)
        together = _work(environment, pids, (*clients, agents, seconds, 1), (a_second, seconds, told))
    found = {f"alone: {name}": value for name, value in alone.items() if "p" in name and "cores" not in name}
    found |= together
    for kind in ("list", "ticket"):
        one, all_ = f"alone: {kind}, p95, ms", f"{kind}, p95, ms"
        if one in found and all_ in found:
            found[f"{kind}: p95 of {agents} to that of one"] = found[all_] / found[one]
    return found


def _work(
    environment: dict[str, str],
    pids: Mapping[str, int],
    clients: tuple[Any, ...],
    events: tuple[Any, ...] | None,
) -> dict[str, float]:
    seconds = float(clients[5])
    people = begin(environment, *clients)
    world = begin(environment, "bench.desk_events", "happen", *events) if events else None
    watched = {**pids, "clients": people.pid} | ({"world": world.pid} if world else {})
    before = cpu_seconds(watched)
    for process in filter(None, (people, world)):
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    began = time.monotonic()
    time.sleep(seconds)
    spent = time.monotonic() - began
    used = {name: (now - before[name]) / spent for name, now in cpu_seconds(watched).items()}
    out, _ = people.communicate(timeout=PATIENCE)
    if people.returncode or (world and world.wait(PATIENCE)):
        raise RuntimeError("the agents' or the world's process failed")
    said = json.loads(out.splitlines()[-1])
    found = _times(said["times"], seconds)
    if events:
        found |= _nudges(said["heard"], json.loads(Path(events[2]).read_text()))
    return found | {f"cores, {name}": share for name, share in used.items()}


def _times(times: dict[str, list[float]], seconds: float) -> dict[str, float]:
    found: dict[str, float] = {}
    for kind, took in times.items():
        if kind.startswith("error"):
            found[kind] = len(took)
            continue
        found[f"{kind}, p50, ms"] = percentile(took, 0.5) * 1000
        found[f"{kind}, p95, ms"] = percentile(took, 0.95) * 1000
        found[f"{kind}, a second"] = len(took) / seconds
    return found


def _nudges(heard: list[tuple[int, float]], done: list[tuple[int, float]]) -> dict[str, float]:
    """From the commit of each thing to every page that hears of it: the first nudge of that ticket since."""
    arrived: dict[int, list[float]] = {}
    for ticket_id, at in sorted(heard, key=lambda one: one[1]):
        arrived.setdefault(ticket_id, []).append(at)
    firsts = [
        next((at - when for at in arrived.get(ticket_id, []) if at >= when), None) for ticket_id, when in done
    ]
    late = [one for one in firsts if one is not None]
    return {
        "nudge, p50, ms": percentile(late, 0.5) * 1000,
        "nudge, p95, ms": percentile(late, 0.95) * 1000,
        "happened": len(done),
        "not heard of by anybody": len(firsts) - len(late),
    }


def loop() -> float:
    """Seconds of processor time for ten million additions: how quick this machine is just now."""
    done = subprocess.run([sys.executable, "-c", LOOP], capture_output=True, check=True, timeout=120)
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.desk", description=__doc__)
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--agents", type=int, default=40)
    parser.add_argument("--a-second", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=120.0)
    options = parser.parse_args()
    before = loop()
    with Services(folder(), environment={}) as services:
        found = load(
            Ground(services),
            tickets=options.tickets,
            agents=options.agents,
            a_second=options.a_second,
            seconds=options.seconds,
        )
    for name, value in found.items():
        target = TARGETS.get(name)
        print(f"{name}: {value:.2f}" + (f" (target {target:.0f})" if target else ""))
    print(f"ten million additions: {before:.2f} s before, {loop():.2f} s after")


if __name__ == "__main__":
    main()
