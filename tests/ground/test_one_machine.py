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
from helpdesk.local.environment import ROOT
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
def running(folder):
    """``dev`` with data of its own; ended as by Ctrl-C if the test has not done so."""
    # None of the test session's own settings.
    ours = session_services.environment(session_services.current())
    environment = {key: value for key, value in os.environ.items() if key not in ours}
    environment |= {"WEB_PORT": "18000", "MAIL_SMTP_PORT": "12525", "MAIL_LMTP_PORT": "12424"}
    environment["VAR_DIR"] = str(folder)
    with (folder / "output").open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "helpdesk.local", "dev"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + 90
    while not (found := re.search(r"(http://localhost:(\d+)) is up", (folder / "output").read_text())):
        assert process.poll() is None and time.monotonic() < deadline, (folder / "output").read_text()
        time.sleep(0.1)
    yield process, int(found[2])
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.wait(30)


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
