"""The whole product on one machine, as a person starts and ends it."""

import http.client
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from helpdesk.local import Services
from helpdesk.local.environment import PORTS, ROOT
from helpdesk.local.run_record import RunRecord
from helpdesk.processes import LOCAL
from tests import session_services

pytestmark = pytest.mark.faults


@pytest.fixture
def folder():
    root = session_services.new_root(session_services.PREFIX)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture
def start(folder):
    """``dev`` with data of its own, once it is up; ended as by Ctrl-C if the test has not done so."""
    # None of the test session's own settings.
    ours = session_services.environment(session_services.current())
    environment = {key: value for key, value in os.environ.items() if key not in ours}
    environment |= {name: str(10000 + port) for name, port in PORTS.items()}
    environment["VAR_DIR"] = str(folder)
    started = []

    def act():
        output = folder / f"output-{len(started)}"
        with output.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "helpdesk.local", "dev"],
                cwd=ROOT,
                env=environment,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        started.append(process)
        deadline = time.monotonic() + 90
        while not (found := re.search(r"(http://localhost:(\d+)) is up", output.read_text())):
            assert process.poll() is None and time.monotonic() < deadline, output.read_text()
            time.sleep(0.1)
        return process, int(found[2])

    yield act
    for process in started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait(30)


@pytest.fixture
def running(start):
    return start()


def answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_one_ctrl_c_ends_everything_that_was_started(running, folder):
    process, port = running
    wait_until(lambda: answers(port) == 200)
    family = psutil.Process(process.pid).children(recursive=True)
    everything = psutil.process_iter(["cmdline"])
    servers = [p for p in everything if any(str(folder) in word for word in p.info["cmdline"] or ())]
    assert len(servers) >= 1
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    _, alive = psutil.wait_procs([*family, *servers], timeout=5)
    assert alive == []
    assert answers(port) is None


def test_every_process_comes_back_after_kill_9(running, folder):
    process, port = running
    wait_until(lambda: answers(port) == 200)

    record = RunRecord(folder / "run.json")

    def pids():
        servers = {server.pid for server in (services.postgres, services.valkey)}
        return {p.pid for p in record.running().values()} - {process.pid} | servers - {None}

    services = Services(folder, environment={})
    everything = len(LOCAL) + 2  # PostgreSQL and Valkey
    wait_until(lambda: len(pids()) == everything)
    before = pids()
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: len(pids()) == everything and not pids() & before)
    wait_until(lambda: answers(port) == 200)


def test_a_start_after_kill_9_of_the_supervisor_ends_its_orphans_and_takes_their_ports(start, folder):
    first, port = start()
    wait_until(lambda: answers(port) == 200)
    orphans = psutil.Process(first.pid).children(recursive=True)
    first.kill()
    first.wait()
    second, same_port = start()
    assert same_port == port
    assert [p for p in orphans if p.is_running() and p.status() != psutil.STATUS_ZOMBIE] == []
    second.send_signal(signal.SIGINT)
    assert second.wait(30) == 0
    services = Services(folder, environment={})
    assert (services.postgres.pid, services.valkey.pid) == (None, None)


def test_everything_together_stays_under_the_promised_memory(running, folder):
    _, port = running
    wait_until(lambda: answers(port) == 200)
    status = subprocess.run(
        [sys.executable, "-m", "helpdesk.local", "status"],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(folder), "DATABASE_URL": "", "REDIS_URL": ""},
        capture_output=True,
        text=True,
    ).stdout
    together = re.search(r"together\s+(\d+) MiB", status)
    assert int(together[1]) < 1536, status
