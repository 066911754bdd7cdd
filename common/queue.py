"""Asking Celery to hurry. Every task is also found by a sweep, so a lost request costs a second.

Publishing happens on a thread of its own: a frozen broker holds a publish for seconds, whatever time-outs
the client library is given, and no request may wait for that.
"""

import os
import threading
from functools import partial
from queue import Full, Queue
from time import monotonic, sleep
from typing import Any

import structlog
from celery import Task
from django.db import connection, transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

PAUSE = 5.0  # seconds without publishing to a broker that has just failed
MOST_WAITING = 10_000  # requests kept while the broker is slow; beyond it the sweeps do the work


class _Publisher:
    """The thread of this process that publishes, made when first needed (also after a fork)."""

    def __init__(self) -> None:
        self.waiting: Queue[tuple[Task[Any, Any], tuple[Any, ...]]] = Queue(MOST_WAITING)
        self.pid = os.getpid()
        self.closed_until = 0.0
        threading.Thread(target=self.work, name="publisher", daemon=True).start()

    def work(self) -> None:
        while True:
            task, args = self.waiting.get()
            try:
                if monotonic() >= self.closed_until:
                    task.apply_async(args=args, retry=False, ignore_result=True)
            except (OperationalError, OSError) as error:
                self.closed_until = monotonic() + PAUSE
                log.warning("queue.unreachable", task=task.name, error=str(error))
            except Exception:
                log.exception("queue.failed", task=task.name)
            finally:
                self.waiting.task_done()


_lock = threading.Lock()
_publishers: dict[int, _Publisher] = {}


def _publisher() -> _Publisher:
    pid = os.getpid()
    publisher = _publishers.get(pid)
    if publisher is None:
        with _lock:
            publisher = _publishers.get(pid) or _Publisher()
            _publishers.clear()  # a parent's thread does not live in its child
            _publishers[pid] = publisher
    return publisher


def ask(task: "Task[Any, Any]", *args: Any) -> None:
    """Have ``task`` published soon; returns at once and never raises.

    A broker that refused or hung is left alone for five seconds: the sweeps do its work meanwhile.
    """
    try:
        _publisher().waiting.put_nowait((task, args))
    except Full:
        log.warning("queue.full", task=task.name)


def flush(seconds: float = 2.0) -> bool:
    """Wait until everything asked for has been published; False when that takes too long."""
    until = monotonic() + seconds
    while _publisher().waiting.unfinished_tasks:
        if monotonic() > until:
            return False
        sleep(0.005)
    return True


def ask_on_commit(task: "Task[Any, Any]", *args: Any) -> None:
    """Publish once this transaction has committed; the same request twice in it is one."""
    wanted = (task.name, args)
    for waiting in connection.run_on_commit:
        if getattr(waiting[1], "wanted", None) == wanted:
            return
    callback = partial(ask, task, *args)
    callback.wanted = wanted  # type: ignore[attr-defined]  # partial takes attributes at run time
    transaction.on_commit(callback, robust=True)
