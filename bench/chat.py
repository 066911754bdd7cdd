"""Two thousand open chats and fifty messages a second: ``python -m bench.chat``.

The real web process (sockets and pages), worker, timers and scheduler. Visitors are one process of sockets
(``bench.chat_visitors``), agents another that posts replies as the desk does (``bench.chat_desk``). The
talks have begun and are taken when the measuring begins. Half of the messages are visitors', half are
agents'. Delivery is from sending to arriving: a visitor's message until the server has kept it (ack) and
until an agent's open page has been told, an agent's reply from the verb's call until it stands in the
visitor's window. All share the machine's cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.ground import Ground, folder
from bench.real import cpu_seconds, postmaster, running
from bench.routing import office
from helpdesk.local import Services
from helpdesk.local.environment import ROOT

DATABASE = "bench_chat"
TARGETS = {
    "visitor to kept, p95, ms": 300.0,
    "visitor to desk, p95, ms": 300.0,
    "agent to visitor, p95, ms": 300.0,
    "lost": 0.0,
}


def delivery(
    ground: Ground, *, visitors: int = 2000, a_second: float = 50.0, seconds: float = 30.0
) -> dict[str, Any]:
    """Milliseconds of delivery, and how much arrived."""
    with office(ground, DATABASE) as environment:
        seeded = json.loads(child(environment, "bench.chat_desk", "seed", visitors).decode().splitlines()[-1])
        tokens = Path(environment["VAR_DIR"]) / "chat_tokens.json"
        tokens.write_text(json.dumps(seeded))
        tickets = Path(f"{tokens}.tickets")
        tickets.unlink(missing_ok=True)
        with running(environment) as pids:
            load_before = os.getloadavg()[0]
            half = a_second / 2
            people = begin(environment, "bench.chat_visitors", tokens, half, seconds)
            child(environment, "bench.chat_desk", "take")
            agents = begin(environment, "bench.chat_desk", "talk", half, seconds, tickets)
            watched = {
                **pids,
                "database": postmaster(environment),
                "visitors": people.pid,
                "agents": agents.pid,
            }
            before = cpu_seconds(watched)
            for process in (people, agents):
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            time.sleep(seconds)
            used = {
                f"cores, {name}": (now - before[name]) / seconds for name, now in cpu_seconds(watched).items()
            }
            if agents.wait(120):
                raise RuntimeError("the agents' process failed")
            out, _ = people.communicate(timeout=120)
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return {**found, **used, "load before": load_before}


def begin(environment: dict[str, str], module: str, *arguments: object) -> subprocess.Popen[str]:
    """A process that is ready and waits for a line to begin."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    if process.stdout.readline().strip() != "ready":
        process.kill()
        raise RuntimeError(f"{module} did not begin")
    return process


def child(environment: dict[str, str], module: str, *arguments: object) -> bytes:
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, timeout=600)
    if done.returncode:
        raise RuntimeError(done.stderr.decode()[-2000:])
    return done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.chat", description=__doc__)
    parser.add_argument("--visitors", type=int, default=2000)
    parser.add_argument("--a-second", type=float, default=50.0)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    with Services(folder(), environment={}) as services:
        found = delivery(
            Ground(services), visitors=options.visitors, a_second=options.a_second, seconds=options.seconds
        )
    for name, value in found.items():
        print(f"{name}: {value:.2f}")


if __name__ == "__main__":
    main()
