"""Draining by several at once: each entry is heard once, in order, and none is left."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from journal import drain as draining
from journal.models import Delivery
from journal.tasks import drain_streams
from tests.journal.conftest import before_ours, elsewhere, wake
from tickets.events import TicketWoken


@pytest.mark.django_db(transaction=True)
def test_streams_that_are_asked_for_together_are_drained_each(listeners, monkeypatch):
    heard, drain = [], draining.drain

    def drain_but_two(stream_type, stream_id):
        if stream_id == 2:
            raise RuntimeError("the connection was lost")
        return drain(stream_type, stream_id)

    listeners.subscribe_after("ears", [TicketWoken])(lambda entry, event: heard.append(entry.stream_id))
    for number in (1, 2, 3):
        wake(number)
    monkeypatch.setattr(draining, "drain", drain_but_two)
    drain_streams([["ticket", 1], ["ticket", 2], ["ticket", 3]])
    assert heard == [1, 3]
    assert Delivery.objects.get().stream_id == 2


def test_the_sweep_leaves_the_young_to_celery(db, listeners):
    listeners.subscribe_after("ears", [TicketWoken])(lambda entry, event: None)
    wake(1)
    assert drain_module_sweep() == 0
    Delivery.objects.update(not_before=timezone.now() - timedelta(seconds=3))
    assert drain_module_sweep() == 1


def drain_module_sweep():
    return draining.sweep()


@pytest.mark.django_db(transaction=True)
def test_workers_draining_one_stream_at_once_keep_the_order(listeners):
    heard = []
    listeners.subscribe_after("ears", [TicketWoken])(lambda entry, event: heard.append(entry.sequence))
    for _ in range(20):
        wake(1)

    def work():
        try:
            draining.drain("ticket", 1)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert heard == list(range(1, 21))


@pytest.mark.django_db(transaction=True)
def test_where_somebody_is_at_it_nobody_waits_and_nothing_is_left(listeners):
    """Asked for a stream that another worker is delivering, one goes away: that one looks again."""
    began, go_on, heard = threading.Event(), threading.Event(), []

    def slow(entry, event):
        began.set()
        assert go_on.wait(60)
        heard.append(entry.sequence)

    listeners.subscribe_after("slow", [TicketWoken])(slow)
    wake(1)

    def work():
        try:
            draining.drain("ticket", 1)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    assert began.wait(60)
    wake(1)
    assert draining.drain("ticket", 1) == 0  # at once, though the first is still at work
    go_on.set()
    worker.join()
    assert heard == [1, 2]
    assert not Delivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_what_comes_while_we_work_is_found_whoever_was_asked_for_it(listeners):
    """Also when it is for a subscriber that had the last word of ours, and nobody else comes."""
    heard = []

    def slow(entry, event):
        heard.append(entry.sequence)
        if len(heard) == 1:  # another process: it asks for us, is told that we are at it, and leaves
            elsewhere(lambda: (wake(1), draining.drain("ticket", 1)))

    listeners.subscribe_after("slow", [TicketWoken])(slow)
    wake(1)
    assert draining.drain("ticket", 1) == 2
    assert heard == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_what_another_has_settled_since_we_read_it_is_not_heard_again(listeners, monkeypatch):
    heard = []
    listeners.subscribe_after("ears", [TicketWoken])(lambda entry, event: heard.append(entry.sequence))
    wake(1)
    before_ours(monkeypatch, lambda: (draining.drain("ticket", 1), wake(1)))
    assert draining.drain("ticket", 1) == 1, "the second, for which nobody else came"
    assert heard == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_what_has_failed_at_anothers_since_we_read_it_keeps_its_place(listeners, monkeypatch):
    heard = []

    def flaky(entry, event):
        heard.append(entry.sequence)
        if entry.sequence == 1:
            raise RuntimeError("not now")

    listeners.subscribe_after("flaky", [TicketWoken])(flaky)
    wake(1)
    wake(1)
    before_ours(monkeypatch, lambda: draining.drain("ticket", 1))
    assert draining.drain("ticket", 1) == 0
    assert heard == [1], "tried once, and the second waits behind it"
    assert list(Delivery.objects.order_by("entry").values_list("attempts", flat=True)) == [1, 0]
