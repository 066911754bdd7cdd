"""What runs and how much memory it takes, for ``status``."""

from __future__ import annotations

import psutil

from helpdesk.local.run_record import RunRecord
from helpdesk.local.services import Services

MIB = 1024 * 1024
TARGET = 1536  # MiB for everything together


def table(services: Services, record: RunRecord) -> str:
    """A line for each process (with its children), and the sum against the target."""
    groups = {"postgres": services.postgres.pid, "valkey": services.valkey.pid}
    groups |= {name: process.pid for name, process in record.running().items()}
    lines, total = [], 0.0
    for name, pid in groups.items():
        if pid is None:
            lines.append(f"{name:<12} not running")
            continue
        # The supervisor's children have lines of their own.
        mebibytes = _memory(pid, children=name != "supervisor")
        total += mebibytes
        lines.append(f"{name:<12} pid {pid:<8} {mebibytes:7.0f} MiB")
    lines.append(f"{'together':<12} {total:19.0f} MiB of {TARGET}")
    if address := record.environment().get("BASE_URL"):
        lines.append(address)
    return "\n".join(lines)


def _memory(pid: int, *, children: bool) -> float:
    process = psutil.Process(pid)
    family = [process, *(process.children(recursive=True) if children else [])]
    return sum(_share(member) for member in family) / MIB


def _share(process: psutil.Process) -> int:
    """Proportional share where the system tells it (Linux), so that PostgreSQL's shared buffers count
    once; resident size elsewhere."""
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
