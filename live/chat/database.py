"""Asking the database from the event loop, on a few threads of our own with connections that stay open.

Channels' own way is one thread for the whole process: two thousand visitors would wait in one line.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections

P = ParamSpec("P")
T = TypeVar("T")

THREADS = int(os.environ.get("LIVE_DB_THREADS", "4"))
_pools: list[ThreadPoolExecutor] = []  # one, made when it is first needed


async def ask(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Run ``call`` on one of the threads; whatever it raises is raised here."""
    if not _pools:
        _pools.append(ThreadPoolExecutor(THREADS, thread_name_prefix="chat-db"))
    return await asyncio.get_running_loop().run_in_executor(_pools[0], lambda: _run(call, *args, **kwargs))


def _run(call: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    close_old_connections()
    try:
        return call(*args, **kwargs)
    finally:
        close_old_connections()


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
