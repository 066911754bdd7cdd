"""Telling open pages that somebody has a new notice: screens above us listen, and we know none of them."""

from collections.abc import Callable, Collection
from functools import partial

from django.db import transaction

Listener = Callable[[Collection[int]], None]
listeners: list[Listener] = []


def on_notices(listener: Listener) -> Listener:
    """Register who is called, after the commit, with the notices that were given. It must not block."""
    listeners.append(listener)
    return listener


def announce(notice_ids: Collection[int]) -> None:
    """Once this transaction has committed."""
    if notice_ids and listeners:
        transaction.on_commit(partial(_tell, tuple(notice_ids)), robust=True)


def _tell(notice_ids: tuple[int, ...]) -> None:
    for listener in listeners:
        listener(notice_ids)
