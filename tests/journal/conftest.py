"""Subscribers of a test, entries for them to hear of, and other processes."""

import threading

import pytest
from django.db import connection, transaction

from journal import drain as draining
from journal import registry
from journal.actor import Actor
from journal.record import record
from tickets.events import TicketWoken

SYSTEM = Actor.system("test")


@pytest.fixture
def listeners():
    """Subscribers of a test go when it ends."""
    inline, after, live = dict(registry.inline), dict(registry.after), list(registry.live)
    registry.after.clear()
    yield registry
    for kept, was in ((registry.inline, inline), (registry.after, after)):
        kept.clear()
        kept.update(was)
    registry.live[:] = live


def wake(number, **given):
    with transaction.atomic():
        return record(TicketWoken(number), actor=SYSTEM, **given)


def before_ours(monkeypatch, work):
    """Have ``work`` done by another process when we have read what waits, and done nothing yet."""
    read = draining._read

    def and_then(*stream):
        monkeypatch.setattr(draining, "_read", read)
        found = read(*stream)
        elsewhere(work)
        return found

    monkeypatch.setattr(draining, "_read", and_then)


def elsewhere(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    worker = threading.Thread(target=run)
    worker.start()
    worker.join(60)
    assert not worker.is_alive()
