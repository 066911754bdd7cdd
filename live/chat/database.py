"""Asking the database from the event loop, on a few threads of our own with connections that stay open.

Channels' own way is one thread for the whole process: two thousand visitors would wait in one line.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic
from typing import ParamSpec, TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connections

P = ParamSpec("P")
T = TypeVar("T")

TRUSTED = 5.0  # seconds after its last use
_used = threading.local()
THREADS = int(os.environ.get("LIVE_DB_THREADS", "4"))
_pools: list[ThreadPoolExecutor] = []  # one, made when it is first needed


async def ask(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``call`` on one of the threads; whatever it raises is raised here."""
    if not _pools:
        _pools.append(ThreadPoolExecutor(THREADS, thread_name_prefix="chat-db"))
    return await asyncio.get_running_loop().run_in_executor(_pools[0], lambda: _run(call, *args, **kwargs))


def _run(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Only a connection that has rested is looked at first: that costs a question of its own each time."""
    rested = monotonic() - getattr(_used, "at", 0.0) > TRUSTED
    if rested:
        close_old_connections()
    try:
        return call(*args, **kwargs)
    except (InterfaceError, OperationalError):
        close_old_connections()
        raise
    finally:
        _used.at = monotonic()


def close() -> None:
    """End the threads and their connections: for tests, whose database goes away."""
    while _pools:
        pool = _pools.pop()
        barrier = Barrier(THREADS + 1)
        for _ in range(THREADS):
            pool.submit(_last, barrier)
        barrier.wait(10)
        pool.shutdown()


def _last(barrier: Barrier) -> None:
    connections.close_all()
    barrier.wait(10)
