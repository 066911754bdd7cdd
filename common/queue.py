"""Asking Celery to hurry. Every task is also found by a sweep, so a lost request costs a second.

Publishing happens on a thread of its own: a frozen broker holds a publish for seconds, whatever time-outs
the client library is given, and no request may wait for that.
"""

import os
import threading
from functools import partial
from time import monotonic, sleep
from typing import Any

import structlog
from celery import Task
from django.db import connection, transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

PAUSE = 5.0  # seconds without publishing to a broker that has just failed
GAP = 0.1  # seconds between two publications of the same request: a task does all there is to do
MOST_WAITING = 10_000  # requests kept while the broker is slow; beyond it the sweeps do the work

Key = tuple[str, tuple[Any, ...]]


class _Publisher:
    """The thread of this process that publishes, made when first needed (also after a fork).

    The same request twice before it is published is one; again within ``GAP`` it waits for its turn.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.changed = threading.Condition()
        self.waiting: dict[Key, tuple[Task[Any, Any], float]] = {}
        self.published: dict[Key, float] = {}
        self.busy = False
        self.closed_until = 0.0
        threading.Thread(target=self.work, name="publisher", daemon=True).start()

    def take(self, task: "Task[Any, Any]", args: tuple[Any, ...]) -> bool:
        key = (task.name, args)
        with self.changed:
            if key in self.waiting:
                return True
            if len(self.waiting) >= MOST_WAITING:
                return False
            self.waiting[key] = (task, self.published.get(key, -GAP) + GAP)
            self.changed.notify()
        return True

    def work(self) -> None:
        while True:
            key, task = self.next()
            try:
                if monotonic() >= self.closed_until:
                    task.apply_async(args=key[1], retry=False, ignore_result=True)
            except (OperationalError, OSError) as error:
                self.closed_until = monotonic() + PAUSE
                log.warning("queue.unreachable", task=key[0], error=str(error))
            except Exception:
                log.exception("queue.failed", task=key[0])

    def next(self) -> tuple[Key, "Task[Any, Any]"]:
        """Wait for a request whose time has come, and take it out."""
        with self.changed:
            self.busy = False
            while True:
                now = monotonic()
                for key, (task, due) in self.waiting.items():
                    if due <= now:
                        del self.waiting[key]
                        self.published[key] = now
                        self.busy = True
                        return key, task
                if len(self.published) > 1000:
                    self.published = {key: at for key, at in self.published.items() if at > now - GAP}
                first = min((due for _task, due in self.waiting.values()), default=None)
                self.changed.wait(None if first is None else max(first - now, 0.001))

    @property
    def is_idle(self) -> bool:
        with self.changed:
            return not self.waiting and not self.busy


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
    if not _publisher().take(task, args):
        log.warning("queue.full", task=task.name)


def flush(seconds: float = 2.0) -> bool:
    """Wait until everything asked for has been published; False when that takes too long."""
    until = monotonic() + seconds
    while not _publisher().is_idle:
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
