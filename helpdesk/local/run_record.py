"""Who runs now, remembered in ``var/run.json``."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from helpdesk.local.environment import PORTS
from helpdesk.local.errors import LocalError


class RunRecord:
    """For ``status``, for a second terminal, and so that a start
    after ``kill -9`` of the supervisor finds its orphans. A process is known by its pid and the moment
    it was created, so that a pid in other hands is left alone."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def end_orphans(self) -> bool:
        """End what a killed supervisor left behind; whether there was one. A living one is an error."""
        former = self.read()
        if _same_process(former.get("supervisor")):
            address = former["environment"]["BASE_URL"]
            raise LocalError(f"Already running at {address}: end it with Ctrl-C there, or `make stop`.")
        for identity in former.get("processes", {}).values():
            if _same_process(identity):
                kill_group(identity[0])
        return bool(former)

    def take(self, environment: Mapping[str, str]) -> None:
        """Become the one supervisor of this folder."""
        self.end_orphans()
        names = ("BASE_URL", "DEMO", "DEBUG", *PORTS)
        public = {name: environment[name] for name in names if name in environment}
        self._write({"supervisor": _identity(os.getpid()), "environment": public, "processes": {}})

    def note(self, name: str, pid: int) -> None:
        """Remember a process that was just started."""
        record = self.read()
        with suppress(psutil.NoSuchProcess):
            record["processes"][name] = _identity(pid)
            self._write(record)

    def drop(self) -> None:
        """Nobody runs any more."""
        self.path.unlink(missing_ok=True)

    def read(self) -> dict[str, Any]:
        """The record, or {} without one."""
        try:
            return dict(json.loads(self.path.read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def running(self) -> dict[str, psutil.Process]:
        """The processes that run now, by name."""
        record = self.read()
        named = {"supervisor": record.get("supervisor"), **record.get("processes", {})}
        return {
            name: psutil.Process(identity[0]) for name, identity in named.items() if _same_process(identity)
        }

    def environment(self) -> dict[str, str]:
        """The addresses of the running supervisor, {} if none runs."""
        record = self.read()
        return dict(record["environment"]) if _same_process(record.get("supervisor")) else {}

    def _write(self, record: dict[str, Any]) -> None:
        temporary = self.path.with_name(self.path.name + ".new")
        temporary.write_text(json.dumps(record, indent=2))
        temporary.replace(self.path)


def _identity(pid: int) -> list[float]:
    return [pid, psutil.Process(pid).create_time()]


def _same_process(identity: list[float] | None) -> bool:
    if not identity:
        return False
    try:
        process = psutil.Process(int(identity[0]))
        return process.create_time() == identity[1] and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill_group(leader: int) -> None:
    """Everything of the session that ``leader`` was started in."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
