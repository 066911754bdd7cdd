"""Otklik on one machine, from the terminal: ``python -m helpdesk.local COMMAND``.

start    start PostgreSQL and Valkey and leave them running
stop     end what runs in this folder
remove   the same, and delete the databases
status   what runs, where, and how much memory it takes
env      the variables for a shell: eval "$(python -m helpdesk.local env)"
run      run one command with PostgreSQL and Valkey:  run -- python manage.py shell
demo     fill with the demonstration company once, then serve until Ctrl-C
dev      serve for development: debug pages, the web process reloads when code changes
"""

from __future__ import annotations

import argparse
import http.client
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

import psutil

from helpdesk.local.environment import ROOT, application_environment, choose_ports, var_folder
from helpdesk.local.errors import LocalError
from helpdesk.local.memory import table
from helpdesk.local.run_record import RunRecord
from helpdesk.local.services import Services
from helpdesk.local.statics import collect_statics
from helpdesk.local.supervisor import Supervisor
from helpdesk.processes import DEMO as DEMO_ONLY
from helpdesk.processes import LOCAL, Process

DEMO = {"DEMO": "true", "DEBUG": "false"}
DEV = {"DEBUG": "true", "LOG_LEVEL": "INFO"}


def main(arguments: list[str]) -> int:
    """Carry out one command; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m helpdesk.local",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["start", "stop", "remove", "status", "env", "run", "demo", "dev"])
    parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    parsed = parser.parse_args(arguments)
    services = Services(var_folder())
    record = RunRecord(services.root / "run.json")
    try:
        match parsed.command:
            case "start":
                services.start()
                state = services.state
                print(f"PostgreSQL on port {state.postgres_port}, Valkey on {state.valkey_port}")
            case "stop":
                stop(services, record)
            case "remove":
                stop(services, record)
                services.remove()
            case "status":
                print(table(services, record))
            case "env":
                services.start()
                print(
                    exports(application_environment(services, known_ports(record), defaults=current(record)))
                )
            case "run":
                return run([part for part in parsed.rest if part != "--"] or ["sh"], services, record)
            case "demo":
                serve(services, record, DEMO)
            case "dev":
                serve(services, record, DEV)
    except LocalError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def stop(services: Services, record: RunRecord) -> None:
    """End the supervisor if one runs (it ends its processes and what it started), then the servers."""
    supervisor = record.running().get("supervisor")
    if supervisor:
        supervisor.terminate()
        psutil.wait_procs([supervisor], timeout=30)
    services.stop(everything=True)


def current(record: RunRecord) -> dict[str, str]:
    """How the running supervisor was started, so that a second terminal sees the same installation."""
    return record.environment() or DEV


def known_ports(record: RunRecord) -> dict[str, int]:
    """The ports of the running supervisor, else those the next one would get."""
    running = record.environment()
    return {name: int(value) for name, value in running.items() if name.endswith("_PORT")} or choose_ports()[
        0
    ]


def exports(environment: Mapping[str, str]) -> str:
    """Lines for a shell's ``eval``: only what differs from the shell's own."""
    changed = {name: value for name, value in environment.items() if os.environ.get(name) != value}
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(changed.items()))


def run(command: list[str], services: Services, record: RunRecord) -> int:
    """One command with the servers; those that did not run before are ended afterwards."""
    with ending_together(services):
        environment = application_environment(services, known_ports(record), defaults=current(record))
        child = subprocess.Popen(command, env=environment)
        while True:
            try:
                return child.wait()
            except KeyboardInterrupt:
                continue  # the terminal has told the child too, and its answer counts


def serve(services: Services, record: RunRecord, defaults: Mapping[str, str]) -> None:
    """Bring the database up to date, fill it (demo), and run everything until a signal."""
    began = float(os.environ.get("STARTED_AT") or time.time())
    if record.end_orphans():
        # The servers of a killed supervisor are ended too, or they would outlive this one.
        services.stop(everything=True)
    ports, notices = choose_ports()
    with ending_together(services):
        environment = application_environment(services, ports, defaults=defaults)
        manage = [sys.executable, "manage.py"]
        _step([*manage, "migrate", "--skip-checks", "--verbosity=0", "--no-input"], environment)
        summary = ""
        if defaults is DEMO:
            collect_statics(environment)
            # Progress goes to standard error; what stands on standard output is shown when all is up.
            summary = _step([*manage, "demo"], environment)
        supervisor = Supervisor(
            _processes(defaults), environment, record=services.root / "run.json", root=ROOT
        )
        for notice in notices:
            supervisor.say(notice)
        welcome = _Welcome(supervisor, environment, summary, began)
        revival = _Revival(supervisor, services)

        def tick() -> None:
            welcome()
            revival()

        supervisor.run(on_tick=tick)
    print("Everything that was started has ended; the data stays.")


def _processes(defaults: Mapping[str, str]) -> list[Process]:
    if defaults is not DEV:
        return [*LOCAL, *DEMO_ONLY]
    folders = sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests")
    reload = ("--reload", *(part for name in folders for part in ("--reload-dir", name)))
    return [replace(p, command=(*p.command, *reload)) if p.name == "web" else p for p in LOCAL]


def _step(command: list[str], environment: Mapping[str, str]) -> str:
    done = subprocess.run(command, check=False, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise LocalError(f"{done.stdout}`{' '.join(command[1:])}` failed, so nothing was started.")
    return done.stdout


class _Revival:
    """Brings PostgreSQL and Valkey back when something has ended them, looking once a second."""

    def __init__(self, supervisor: Supervisor, services: Services) -> None:
        self._supervisor = supervisor
        self._services = services
        self._due = 0.0

    def __call__(self) -> None:
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + 1
        try:
            for name in self._services.revive():
                self._supervisor.say(f"{name} had ended and was started again")
        except LocalError as error:
            self._supervisor.say(str(error))
            self._due += 5


class _Welcome:
    """Waits for the first page, then says once where everything is and how long it took."""

    def __init__(
        self, supervisor: Supervisor, environment: Mapping[str, str], summary: str, began: float
    ) -> None:
        self._supervisor = supervisor
        self._environment = environment
        self._summary = summary
        self._began = began
        self._said = False

    def __call__(self) -> None:
        if self._said or not self._answers():
            return
        self._said = True
        for line in self._summary.rstrip().splitlines():
            self._supervisor.say(line)
        seconds = time.time() - self._began
        self._supervisor.say(
            f"{self._environment['BASE_URL']} is up after {seconds:.1f} s. Ctrl-C ends everything."
        )

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", int(self._environment["WEB_PORT"]), timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


@contextmanager
def ending_together(services: Services) -> Iterator[None]:
    """The servers for a while. SIGTERM and SIGHUP end it like a Ctrl-C; nothing interrupts the ending."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    try:
        services.start()
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        services.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
