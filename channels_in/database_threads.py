"""Threads that talk to the database for an asyncio program, each keeping its connection."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import close_old_connections, connections, reset_queries

T = TypeVar("T")


class DatabaseThreads:
    """A pool of ``size`` threads. A connection that has died is replaced before its next use."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._closed = False
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="database")

    async def run(self, work: Callable[[], T]) -> T:
        """Run ``work`` to its end in a thread, even if whoever waits for it goes away."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._with_connection, work)

    @staticmethod
    def _with_connection(work: Callable[[], T]) -> T:
        close_old_connections()
        reset_queries()  # in development Django keeps each query, whole mails among them
        try:
            return work()
        except Exception:
            close_old_connections()
            raise

    def close(self) -> None:
        """Wait for what is running, then close every thread's connections. Again does nothing."""
        if self._closed:
            return
        self._closed = True
        barrier = threading.Barrier(self._size)

        def leave() -> None:
            connections.close_all()
            barrier.wait(timeout=30)

        for _thread in range(self._size):
            self._pool.submit(leave)
        self._pool.shutdown(wait=True)
