"""The journal: entries, and after-commit subscribers who hear of them in order, fail and are parked."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from journal import drain as draining
from journal.actor import Actor
from journal.events import load
from journal.models import Delivery, Entry, StaleStream
from journal.record import record
from tests.journal.conftest import SYSTEM, wake
from tickets.events import NotePosted, TicketWoken


@pytest.mark.django_db(transaction=True)
def test_no_entry_without_a_transaction():
    with pytest.raises(transaction.TransactionManagementError):
        record(TicketWoken(1), actor=SYSTEM)


def test_an_entry_says_what_who_and_when(db):
    at = timezone.now() - timedelta(days=3)
    first = record(NotePosted(7, message_id=3, user_id=5), actor=Actor.system("rule"), at=at)
    second = record(TicketWoken(7), actor=SYSTEM, cause=first)
    first = Entry.objects.get(pk=first.pk)

    assert (first.sequence, second.sequence) == (1, 2)
    assert first.event == NotePosted(7, 3, 5)
    assert first.actor == Actor.system("rule")
    assert first.happened_at == at < first.recorded_at
    assert second.cause_id == first.pk


def test_time_of_a_stream_never_runs_backwards(db):
    future = timezone.now() + timedelta(minutes=5)
    record(TicketWoken(7), actor=SYSTEM, at=future)
    assert record(TicketWoken(7), actor=SYSTEM).happened_at == future


def test_fields_an_event_has_lost_are_dropped():
    assert load("ticket_woken", 7, {"gone": 1}) == TicketWoken(7)


def test_after_subscribers_hear_each_entry_once_in_order(db, listeners, drain):
    heard = []
    listeners.subscribe_after("ears", [TicketWoken])(
        lambda entry, event: heard.append((entry.stream_id, entry.sequence))
    )
    for number in (1, 2, 1, 1, 2):
        wake(number)
    drain()
    assert [s for n, s in heard if n == 1] == [1, 2, 3]
    assert [s for n, s in heard if n == 2] == [1, 2]
    drain()
    assert len(heard) == 5
    assert not Delivery.objects.exists()


def test_whom_somebody_waits_for_hears_first(db, listeners, drain):
    heard = []
    for name, urgent in (("archive", False), ("routing_of_the_test", True)):
        listeners.subscribe_after(name, [TicketWoken], urgent=urgent)(
            lambda entry, event, name=name: heard.append(name)
        )
    wake(1)
    wake(1)
    drain()
    assert heard == ["routing_of_the_test"] * 2 + ["archive"] * 2


def test_what_follows_from_an_urgent_ones_work_it_hears_before_the_others(db, listeners, drain):
    heard = []

    def route(entry, event):
        heard.append(("routing_of_the_test", entry.sequence))
        if entry.sequence < 3:
            wake(1)

    listeners.subscribe_after("archive", [TicketWoken])(
        lambda entry, event: heard.append(("archive", entry.sequence))
    )
    listeners.subscribe_after("routing_of_the_test", [TicketWoken], urgent=True)(route)
    wake(1)
    drain()
    order = [name for name, _sequence in heard]
    assert order == ["routing_of_the_test"] * 3 + ["archive"] * 3
    assert [sequence for _name, sequence in heard] == [1, 2, 3] * 2


def test_an_entry_costs_few_statements(db, listeners, django_assert_num_queries):
    """What nobody has a use for: read and settled. What is heard: taken, and once looked for more."""
    listeners.subscribe_after("bored", [TicketWoken], hears=lambda entry: False)(lambda entry, event: None)
    listeners.subscribe_after("idle", [TicketWoken], hears=lambda entry: False)(lambda entry, event: None)
    wake(1)
    with django_assert_num_queries(2):
        assert draining.drain("ticket", 1) == 2
    listeners.subscribe_after("ears", [TicketWoken], urgent=True)(lambda entry, event: None)
    wake(1)
    with django_assert_num_queries(6):  # begin, take, commit; and whether anything is left
        assert draining.drain("ticket", 1) == 3


def test_what_says_nothing_to_a_subscriber_is_settled_in_passing(db, listeners, drain):
    """In its order all the same: what comes after one that fails waits, of use or not."""
    heard, broken = [], []

    def hear(entry, event):
        if entry.sequence in broken:
            raise RuntimeError("not now")
        heard.append(entry.sequence)

    listeners.subscribe_after("picky", [TicketWoken], hears=lambda entry: entry.sequence % 3 == 0)(hear)
    for _ in range(50):
        wake(1)
    drain()
    assert heard == list(range(3, 51, 3))
    assert not Delivery.objects.exists()

    broken.append(54)
    for _ in range(5):
        wake(1)
    drain()
    assert [d.entry.sequence for d in Delivery.objects.order_by("entry")] == [54, 55]
    broken.clear()
    Delivery.objects.update(not_before=timezone.now())
    drain()
    assert heard[-2:] == [51, 54]
    assert not Delivery.objects.exists()


def test_what_a_subscriber_records_on_its_stream_is_delivered_at_once(db, listeners, monkeypatch):
    """Nobody else is asked for what is delivered here anyway; for another stream, somebody is."""
    asked, heard = [], []
    monkeypatch.setattr("journal.record.ask_on_commit", lambda task, *args: asked.append(args))

    def echo(entry, event):
        heard.append((entry.stream_id, entry.sequence))
        if entry.stream_id == 1 and entry.sequence < 4:
            wake(1)
            wake(2)

    listeners.subscribe_after("echo", [TicketWoken])(echo)
    wake(1)
    assert asked == [("ticket", 1)]
    assert draining.drain("ticket", 1) == 4
    assert heard == [(1, 1), (1, 2), (1, 3), (1, 4)]
    assert asked == [("ticket", 1)] + [("ticket", 2)] * 3
    assert set(Delivery.objects.values_list("stream_id", flat=True)) == {2}


def test_one_that_fails_holds_its_stream_and_nobody_elses(db, listeners, drain):
    heard = []

    def dead(entry, event):
        if entry.stream_id == 1:
            raise RuntimeError("the webhook is down")
        heard.append(("dead", entry.stream_id))

    listeners.subscribe_after("dead", [TicketWoken])(dead)
    listeners.subscribe_after("well", [TicketWoken])(
        lambda entry, event: heard.append(("well", entry.stream_id))
    )
    for number in (1, 1, 2):
        wake(number)
    drain()
    assert sorted(heard) == [("dead", 2), ("well", 1), ("well", 1), ("well", 2)]
    failed = Delivery.objects.order_by("pk").first()
    assert failed.attempts == 1
    assert "webhook is down" in failed.error
    assert failed.not_before > timezone.now()


def test_a_failed_handler_leaves_no_half_work(db, listeners, drain):
    def half(entry, event):
        StaleStream.objects.create(subscriber="half", stream_type="x", stream_id=entry.pk, error="")
        raise RuntimeError

    listeners.subscribe_after("half", [TicketWoken])(half)
    wake(1)
    drain()
    assert not StaleStream.objects.exists()


def test_after_eight_tries_it_is_parked_and_can_be_freed(db, listeners, drain):
    fixed = []

    def flaky(entry, event):
        if not fixed:
            raise RuntimeError("still broken")

    listeners.subscribe_after("flaky", [TicketWoken])(flaky)
    wake(1)
    for _ in range(drain_attempts := 10):
        Delivery.objects.update(not_before=timezone.now() - timedelta(seconds=1))
        drain()
    parked = Delivery.objects.get()
    assert (parked.parked, parked.attempts) == (True, 8)
    assert drain_attempts > 8

    fixed.append(True)
    call_command("journal", "unpark", "flaky")
    drain()
    assert not Delivery.objects.exists()
