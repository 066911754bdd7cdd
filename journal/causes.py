"""What is being reacted to, and on which stream: entries written meanwhile name it as their cause."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from journal.models import Entry

_cause: ContextVar[Entry | None] = ContextVar("journal_cause", default=None)
_drained: ContextVar[tuple[str, int] | None] = ContextVar("journal_drained", default=None)


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


@contextmanager
def draining(stream_type: str, stream_id: int) -> Iterator[None]:
    """Whatever is recorded inside on this stream will be delivered by whoever delivers it now."""
    token = _drained.set((stream_type, stream_id))
    try:
        yield
    finally:
        _drained.reset(token)


def is_drained(stream_type: str, stream_id: int) -> bool:
    """Whether this stream is being delivered here and now."""
    return _drained.get() == (stream_type, stream_id)
