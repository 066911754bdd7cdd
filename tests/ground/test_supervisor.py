"""The supervisor, run as a person does: a program in a terminal that gets signals."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from helpdesk.local.environment import ROOT
from helpdesk.local.ports import is_free

pytestmark = pytest.mark.slow

# Two processes: one that starts a child of its own and ignores nothing, one that fails at its first start.
PROGRAM = """
import sys
from pathlib import Path
from helpdesk.local.supervisor import Supervisor
from helpdesk.processes import Process

root = Path(sys.argv[1])
def process(name, code):
    return Process(name, (sys.executable, "-c", code), frozenset(), name)
parent = '''
import subprocess
child = subprocess.Popen(['sleep', '600'])
print('child', child.pid, flush=True)
child.wait()
'''
fails_once = '''
import sys, time
from pathlib import Path

mark = Path({root!r}) / "failed"
if not mark.exists():
    mark.touch(); sys.exit(3)
print("steady", flush=True); time.sleep(600)
'''.format(root=str(root))
supervisor = Supervisor(
    [process("parent", parent), process("shaky", fails_once)],
    {"BASE_URL": "http://localhost:1", "PATH": "/usr/bin:/bin"}, record=root / "run.json", root=root,
)
supervisor.run()
print("ended in order", flush=True)
"""


class Terminal:
    """A running supervisor and what it has said."""

    def __init__(self, root):
        self.root = root
        command = [sys.executable, "-c", PROGRAM, str(root)]
        with (root / "output").open("a") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)

    @property
    def output(self):
        return (self.root / "output").read_text()

    def wait_for(self, text, seconds=15):
        deadline = time.monotonic() + seconds
        while text not in self.output:
            assert time.monotonic() < deadline, self.output
            time.sleep(0.05)

    @property
    def family(self):
        return psutil.Process(self.process.pid).children(recursive=True)


@pytest.fixture
def terminals(tmp_path):
    opened = []

    def start():
        opened.append(Terminal(tmp_path))
        return opened[-1]

    yield start
    for terminal in opened:
        if terminal.process.poll() is None:
            terminal.process.terminate()
            terminal.process.wait(20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_ends_every_process_and_nothing_else(terminals, number):
    bystander = subprocess.Popen(["sleep", "600"])
    terminal = terminals()
    terminal.wait_for("child")
    family = terminal.family
    terminal.process.send_signal(number)
    assert terminal.process.wait(15) == 0
    assert "ended in order" in terminal.output
    _, alive = psutil.wait_procs(family, timeout=3)
    assert alive == []
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()
    assert not (terminal.root / "run.json").exists()


def test_what_crashes_is_renewed_after_a_pause_with_its_name_before_each_line(terminals):
    terminal = terminals()
    terminal.wait_for("steady")
    assert "shaky ended (exit code 3), again in 1 s" in terminal.output
    assert "shaky  | steady" in terminal.output


def test_a_killed_process_is_renewed_and_its_children_do_not_outlive_it(terminals):
    terminal = terminals()
    terminal.wait_for("child")
    grandchild = int(terminal.output.split("child ")[1].split()[0])
    record = json.loads((terminal.root / "run.json").read_text())
    os.kill(record["processes"]["parent"][0], signal.SIGKILL)
    terminal.wait_for("parent ended (signal SIGKILL)")
    deadline = time.monotonic() + 15
    while terminal.output.count("child ") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert not psutil.pid_exists(grandchild) or psutil.Process(grandchild).status() == psutil.STATUS_ZOMBIE


def test_a_second_one_in_the_same_folder_is_refused(terminals):
    first = terminals()
    first.wait_for("child")
    second = terminals()
    assert second.process.wait(15) != 0
    second.wait_for("Already running at http://localhost:1")
    assert first.process.poll() is None


def test_orphans_of_a_killed_supervisor_are_ended_by_the_next(terminals):
    first = terminals()
    first.wait_for("steady")
    orphans = first.family
    first.process.kill()
    first.process.wait()
    assert all(orphan.is_running() for orphan in orphans)
    (first.root / "output").write_text("")
    second = terminals()
    second.wait_for("steady")
    _, alive = psutil.wait_procs(orphans, timeout=3)
    assert [orphan for orphan in alive if orphan.status() != psutil.STATUS_ZOMBIE] == []


def test_the_command_line_starts_reports_runs_and_stops(tmp_path):
    tmp_path.chmod(0o711)
    environment = {
        key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}
    }
    environment["VAR_DIR"] = str(tmp_path / "var")

    def local(*arguments):
        command = [sys.executable, "-m", "helpdesk.local", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    try:
        assert local("start").returncode == 0
        status = local("status").stdout
        assert "postgres     pid" in status
        port = json.loads((tmp_path / "var" / "local.json").read_text())["postgres_port"]
        ran = local(
            "run", "--", sys.executable, "-c", "import os; print(os.environ['DATABASE_URL']); exit(7)"
        )
        assert ran.returncode == 7
        assert f":{port}/otklik" in ran.stdout
        assert f":{port}/otklik" in local("env").stdout
        assert not is_free(port)  # run and env found it running and left it so
    finally:
        assert local("stop").returncode == 0
        assert is_free(port)
        assert local("remove").returncode == 0
    assert "not running" in local("status").stdout
    assert local("remove").returncode == 0
