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
GATHER = 0.1  # seconds between two publications of what goes out together: a lone request does not wait
MOST_TOGETHER = 20
MOST_WAITING = 10_000  # requests kept while the broker is slow; beyond it the sweeps do the work

Key = tuple[str, tuple[Any, ...]]

_together: dict[str, "Task[Any, Any]"] = {}


def together(name: str, many: "Task[Any, Any]") -> None:
    """Let requests for the task of that name that come close together go out as one for ``many``, with a list
    of their arguments. A task costs Celery more than most of ours do.
    """
    _together[name] = many


class _Publisher:
    """The thread of this process that publishes, made when first needed (also after a fork).

    The same request twice before it is published is one; again within ``GAP`` it waits for its turn. What
    goes out together waits for ``GATHER`` after the last of its kind.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.changed = threading.Condition()
        self.waiting: dict[Key, tuple[Task[Any, Any], float]] = {}
        self.published: dict[Key, float] = {}
        self.gathered: dict[str, float] = {}
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
            due = max(self.published.get(key, -GAP) + GAP, self.gathered.get(task.name, -GATHER) + GATHER)
            self.waiting[key] = (task, due)
            self.changed.notify()
        return True

    def work(self) -> None:
        while True:
            task, args = self.next()
            try:
                if monotonic() >= self.closed_until:
                    task.apply_async(args=args, retry=False, ignore_result=True)
            except (OperationalError, OSError) as error:
                self.closed_until = monotonic() + PAUSE
                log.warning("queue.unreachable", task=task.name, error=str(error))
            except Exception:
                log.exception("queue.failed", task=task.name)

    def next(self) -> tuple["Task[Any, Any]", tuple[Any, ...]]:
        """Wait for a request whose time has come, and take it out; what may go along with it, too."""
        with self.changed:
            self.busy = False
            while True:
                now = monotonic()
                if ready := [key for key, (_task, due) in self.waiting.items() if due <= now]:
                    self.busy = True
                    return self.take_out(ready, now)
                if len(self.published) > 1000:
                    self.published = {key: at for key, at in self.published.items() if at > now - GAP}
                first = min((due for _task, due in self.waiting.values()), default=None)
                self.changed.wait(None if first is None else max(first - now, 0.001))

    def take_out(self, ready: list[Key], now: float) -> tuple["Task[Any, Any]", tuple[Any, ...]]:
        """The first of them, or a task for it and others of its kind."""
        name = ready[0][0]
        many = _together.get(name)
        keys = [key for key in ready if key[0] == name][:MOST_TOGETHER] if many else ready[:1]
        if many:
            self.gathered[name] = now
        task = self.waiting[keys[0]][0]
        for key in keys:
            del self.waiting[key]
            self.published[key] = now
        if many and len(keys) > 1:
            return many, ([list(args) for _name, args in keys],)
        return task, keys[0][1]

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
