"""Verbs on a ticket that may be merged away between our looking and our locking it."""

from collections.abc import Callable
from typing import TypeVar

from tickets import errors

T = TypeVar("T")


def on_survivor(ticket_id: int, verb: Callable[[int], T]) -> T:
    """Run ``verb`` on the ticket, or on where its merges lead. Raises ``errors.Merged`` for a ring."""
    seen: set[int] = set()
    while True:
        try:
            return verb(ticket_id)
        except errors.Merged as merged:
            seen.add(ticket_id)
            if merged.into in seen:
                raise
            ticket_id = merged.into
