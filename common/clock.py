"""The one place that asks what time it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.utils import timezone

_told: ContextVar[datetime | None] = ContextVar("clock_told", default=None)


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return _told.get() or timezone.now()


@contextmanager
def telling(at: datetime) -> Iterator[None]:
    """Let ``at`` be the present for what is told inside: a demonstration's past, gone through once more.

    Only for this thread, and never for anything that a person or another system waits for.
    """
    token = _told.set(at)
    try:
        yield
    finally:
        _told.reset(token)
