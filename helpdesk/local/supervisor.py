"""Runs the processes of one machine: shows their output, renews what crashes, ends them together."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from helpdesk.local.run_record import RunRecord, kill_group
from helpdesk.processes import Process

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
COLOURS = (36, 33, 35, 32, 34, 31)
GRACE = 12.0  # seconds for a process to end by itself, longer than a page or a task takes
LONGEST_PAUSE = 30.0
HEAD_START = 1.5  # seconds of both cores for the first process, which a person waits for
SETTLED = 60.0  # seconds of life after which a crash counts as the first again


@dataclass
class Child:
    """One running process and how often it had to be renewed."""

    process: Process
    colour: int
    popen: subprocess.Popen[str] | None = None
    started: float = 0.0
    crashes: int = 0
    due: float = 0.0
    output: list[threading.Thread] = field(default_factory=list)

    @property
    def pause(self) -> float:
        """Seconds before the next try: 1, 2, 4 … 30."""
        return min(LONGEST_PAUSE, 2.0 ** (self.crashes - 1))


class Supervisor:
    """``run()`` until a signal, then end exactly the processes started here."""

    def __init__(
        self, processes: Sequence[Process], environment: Mapping[str, str], *, record: Path, root: Path
    ) -> None:
        self._environment = dict(environment)
        self._children = [Child(process, COLOURS[i % len(COLOURS)]) for i, process in enumerate(processes)]
        self._width = max(len(process.name) for process in processes)
        self._record = RunRecord(record)
        self._root = root
        self._signals = 0
        self._colourful = sys.stdout.isatty()

    def run(self, *, on_tick: Callable[[], None] = lambda: None) -> None:
        """Start everything and stay until a signal; ``on_tick`` is called several times a second."""
        self._record.take(self._environment)
        for child in self._children[1:]:
            child.due = time.monotonic() + HEAD_START
        handlers = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        try:
            while not self._signals:
                for child in self._children:
                    self._tend(child)
                on_tick()
                time.sleep(0.1)
        finally:
            self._end()
            self._record.drop()
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def say(self, text: str, *, name: str = "local", colour: int = 0) -> None:
        """One line of output, marked with who says it."""
        mark = f"{name:<{self._width}} | "
        print(f"\x1b[{colour}m{mark}\x1b[0m{text}" if self._colourful else mark + text, flush=True)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1

    def _tend(self, child: Child) -> None:
        """Start it if it is due, notice it if it has ended."""
        now = time.monotonic()
        if child.popen is None:
            if now >= child.due:
                self._start(child)
            return
        code = child.popen.poll()
        if code is None:
            return
        kill_group(child.popen.pid)  # a worker's own children must not outlive it
        child.crashes = 1 if now - child.started > SETTLED else child.crashes + 1
        child.popen, child.due = None, now + child.pause
        self.say(f"{child.process.name} ended ({_ending(code)}), again in {child.pause:.0f} s", colour=31)

    def _start(self, child: Child) -> None:
        child.popen = subprocess.Popen(
            child.process.arguments(self._environment),
            cwd=self._root,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # A Ctrl-C at the terminal reaches only us; we then end our children in order.
            start_new_session=True,
        )
        child.started = time.monotonic()
        reader = threading.Thread(target=self._show, args=(child, child.popen), daemon=True)
        reader.start()
        child.output = [reader]
        self._record.note(child.process.name, child.popen.pid)

    def _show(self, child: Child, popen: subprocess.Popen[str]) -> None:
        assert popen.stdout
        with suppress(ValueError):  # closed under our hands at the end
            for line in popen.stdout:
                self.say(line.rstrip("\n"), name=child.process.name, colour=child.colour)

    def _end(self) -> None:
        """Ask all to end; who does not within GRACE, or at the next Ctrl-C, is killed."""
        running = [child.popen for child in self._children if child.popen]
        already = self._signals
        for popen in running:
            with suppress(ProcessLookupError):
                popen.terminate()
        deadline = time.monotonic() + GRACE
        while any(popen.poll() is None for popen in running):
            if time.monotonic() > deadline or self._signals > already:
                break
            time.sleep(0.05)
        for popen in running:
            kill_group(popen.pid)
            popen.wait()
        for child in self._children:
            for reader in child.output:
                reader.join(timeout=1)


def _ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
