"""Telling open pages what became of a message on its way out: screens above us listen, and we know none."""

from collections.abc import Callable
from functools import partial

from django.db import transaction

Listener = Callable[[int], None]
listeners: list[Listener] = []


def on_delivery(listener: Listener) -> Listener:
    """Register who is called, after the commit, with the ticket's number. It must not block."""
    listeners.append(listener)
    return listener


def announce_delivery(ticket_id: int) -> None:
    """Once this transaction has committed."""
    for listener in listeners:
        transaction.on_commit(partial(listener, ticket_id), robust=True)
