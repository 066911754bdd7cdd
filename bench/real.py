"""The real processes: started, asked, weighed and ended."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg2

from helpdesk.local.environment import ROOT
from helpdesk.local.run_record import kill_group
from helpdesk.processes import LOCAL, Process


@contextmanager
def running(
    environment: Mapping[str, str], *names: str, among: Iterable[Process] = LOCAL
) -> Iterator[dict[str, int]]:
    """These processes (all of them if none is named) until the end of the block; their pids by name."""
    log = Path(environment["VAR_DIR"]) / "processes.log"
    started = {
        process.name: subprocess.Popen(
            process.arguments(environment),
            cwd=ROOT,
            env=dict(environment),
            stdout=log.open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        for process in among
        if not names or process.name in names
    }
    try:
        _wait_for_pages(int(environment["WEB_PORT"]))
        yield {name: popen.pid for name, popen in started.items()}
    finally:
        for popen in started.values():
            popen.send_signal(signal.SIGTERM)
        for popen in started.values():
            try:
                popen.wait(10)
            except subprocess.TimeoutExpired:
                kill_group(popen.pid)
                popen.wait(10)


def _wait_for_pages(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            connection.request("GET", "/healthz", headers={"Host": "localhost"})
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError("the web process does not answer")


def throughput(environment: Mapping[str, str], cookie: str, path: str, requests: int) -> dict[str, Any]:
    """Pages a second to eight clients, after a warm-up; the clients are a process of their own."""
    port = environment["WEB_PORT"]
    for number in (requests // 4, requests):
        command = [sys.executable, "-m", "bench.clients", port, path, cookie, str(number)]
        done = subprocess.run(
            command, cwd=ROOT, env=dict(environment), capture_output=True, check=True, timeout=180
        )
    result = json.loads(done.stdout)
    return {"a second": len(result["times"]) / result["seconds"], "times": result["times"]}


def memory(pids: Mapping[str, int]) -> dict[str, float]:
    """MiB of each process with its children; shared pages count in proportion (PSS) where Linux tells."""
    return {name: _family(psutil.Process(pid)) for name, pid in pids.items()}


def _family(process: psutil.Process) -> float:
    total = 0
    for member in (process, *process.children(recursive=True)):
        try:
            full = member.memory_full_info()
        except psutil.NoSuchProcess:
            continue
        total += getattr(full, "pss", 0) or full.rss
    return total / 2**20


def cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """What each process and its children have used of the processor so far."""
    used = {}
    for name, pid in pids.items():
        process = psutil.Process(pid)
        used[name] = 0.0
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                used[name] += sum(member.cpu_times()[:2])
    return used


def postmaster(environment: Mapping[str, str]) -> int:
    """The pid of the database's first process."""
    with closing(psycopg2.connect(environment["DATABASE_URL"])) as connection:
        return psutil.Process(connection.get_backend_pid()).ppid()


def machine() -> str:
    """What was measured on, said generically."""
    gibibytes = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {gibibytes:.0f} GiB of memory, Python {sys.version.split()[0]}"
