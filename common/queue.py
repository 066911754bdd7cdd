"""Asking Celery to hurry. Every task is also found by a sweep, so a lost request costs a second."""

from functools import partial
from time import monotonic
from typing import Any

import structlog
from celery import Task
from django.db import connection, transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)

PAUSE = 5.0  # seconds without publishing to a broker that has just failed


class _Breaker:
    """When a broker that failed may be tried again, in this process."""

    closed_until = 0.0


def ask(task: "Task[Any, Any]", *args: Any) -> None:
    """Publish ``task``, at most half a second long, never raising.

    A broker that refused or hung is left alone for five seconds: the sweeps do its work meanwhile.
    """
    if monotonic() < _Breaker.closed_until:
        return
    try:
        task.apply_async(args=args, retry=False, ignore_result=True)
    except (OperationalError, OSError) as error:
        _Breaker.closed_until = monotonic() + PAUSE
        log.warning("queue.unreachable", task=task.name, error=str(error))


def ask_on_commit(task: "Task[Any, Any]", *args: Any) -> None:
    """Publish once this transaction has committed; the same request twice in it is one."""
    wanted = (task.name, args)
    for waiting in connection.run_on_commit:
        if getattr(waiting[1], "wanted", None) == wanted:
            return
    callback = partial(ask, task, *args)
    callback.wanted = wanted  # type: ignore[attr-defined]  # partial takes attributes at run time
    transaction.on_commit(callback, robust=True)
