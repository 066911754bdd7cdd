"""Telling open windows that something has changed: the sockets above us listen, and we know none of them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import transaction


@dataclass(frozen=True, slots=True)
class News:
    """``what``: lines (up to ``number``), state, marks (an agent has read) or queue (widget ``number``)."""

    session_id: int
    what: str
    number: int = 0


Listener = Callable[[News], None]
listeners: list[Listener] = []


def on_news(listener: Listener) -> Listener:
    """Register who is called after the commit. It must not block."""
    listeners.append(listener)
    return listener


def announce(session_id: int, what: str, number: int = 0) -> None:
    """Once this transaction has committed."""
    for listener in listeners:
        transaction.on_commit(partial(listener, News(session_id, what, number)), robust=True)
