"""What is being reacted to, and on which stream: entries written meanwhile name it as their cause."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from journal.models import Entry

_cause: ContextVar[Entry | None] = ContextVar("journal_cause", default=None)
_drained: ContextVar["tuple[str, int, News] | None"] = ContextVar("journal_drained", default=None)


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


class News:
    """Whether anything was recorded on the stream that is being delivered, since it was looked at last."""

    def __init__(self) -> None:
        self.is_any = False


@contextmanager
def draining(stream_type: str, stream_id: int) -> Iterator[News]:
    """Whatever is recorded inside on this stream will be delivered by whoever delivers it now."""
    news = News()
    token = _drained.set((stream_type, stream_id, news))
    try:
        yield news
    finally:
        _drained.reset(token)


def is_drained(stream_type: str, stream_id: int) -> bool:
    """Whether this stream is being delivered here and now; who does so then knows that there is news."""
    drained = _drained.get()
    if drained is None or drained[:2] != (stream_type, stream_id):
        return False
    drained[2].is_any = True
    return True
