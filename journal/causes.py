"""What is being reacted to: entries written meanwhile name it as their cause."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from journal.models import Entry

_cause: ContextVar[Entry | None] = ContextVar("journal_cause", default=None)


@contextmanager
def because(entry: Entry) -> Iterator[None]:
    """Whatever is recorded inside was caused by ``entry``: chains of causes explain, and end loops."""
    token = _cause.set(entry)
    try:
        yield
    finally:
        _cause.reset(token)


def current() -> Entry | None:
    """The entry that is being reacted to, if any."""
    return _cause.get()
