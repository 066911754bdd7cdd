"""Warnings and breaches: at their second, once, whoever sweeps."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from journal import registry
from journal.models import Entry
from sla import firing, tasks
from sla.commands import make_promise
from sla.models import Clock, Promise
from tests.sla.conftest import make_policy
from tests.sla.story import at
from tickets import commands
from tickets.models import Ticket

MONDAY = at("2026-03-09 09:00")
TOLD = ["sla_warned", "sla_breached", "promise_broken"]


def told(**given):
    entries = Entry.objects.filter(kind__in=TOLD, **given).order_by("stream_id", "sequence")
    return [(entry.kind, entry.happened_at) for entry in entries]


def test_each_at_its_second_and_once(world, office):
    make_policy(first_response=4)
    ticket = world.ticket(at=MONDAY)
    warning, breach = at("2026-03-09 12:12"), at("2026-03-09 13:00")
    assert firing.fire(warning - timedelta(seconds=1)) == 0
    assert firing.fire(warning) == 1
    assert firing.fire(warning + timedelta(minutes=20)) == 0
    assert firing.fire(breach + timedelta(seconds=3)) == 1
    assert firing.fire(breach + timedelta(days=30)) == 0
    assert told() == [("sla_warned", warning), ("sla_breached", breach)]
    entry = Entry.objects.get(kind="sla_breached")
    assert entry.data == {"target": "first_response", "ordinal": 0, "due_at": breach.isoformat()}
    row = Clock.objects.get()
    assert (row.state, row.warned_due, row.breached_due, row.next_at) == ("running", warning, breach, None)
    ticket.refresh_from_db()
    assert ticket.due_at == breach


def test_after_a_standstill_all_is_told_in_order_with_its_own_time(world, office):
    make_policy(first_response=4, resolution=8)
    world.ticket(at=MONDAY)
    assert firing.fire(at("2026-03-10 20:00")) == 4
    assert [when for _kind, when in told()] == [
        at("2026-03-09 12:12"), at("2026-03-09 13:00"), at("2026-03-09 15:24"), at("2026-03-09 17:00"),
    ]  # fmt: skip


def test_answered_after_the_due_time_before_the_sweep_came(world, office):
    make_policy(first_response=4, next_response=4)
    ticket = world.ticket(at=MONDAY)
    world.reply(ticket, at=at("2026-03-09 13:00:01"))
    world.receive(ticket, "Ещё", at=at("2026-03-09 13:00:02"))
    assert Clock.objects.get(target="first_response").state == "breached"
    assert firing.fire(at("2026-03-09 13:00:03")) == 1
    world.reply(ticket, at=at("2026-03-09 13:01"))
    assert firing.fire(at("2026-03-10 13:00")) == 0
    assert told() == [("sla_breached", at("2026-03-09 13:00"))]


def test_answered_in_the_second_it_was_due(world, office):
    make_policy(first_response=4)
    ticket = world.ticket(at=MONDAY)
    world.reply(ticket, at=at("2026-03-09 13:00:00"))
    assert firing.fire(at("2026-03-09 13:00:00")) == 0


def test_a_ticket_somebody_works_on_waits_for_the_next_sweep(world, office, monkeypatch):
    """Locked: skipped. What is found under the lock counts, not what was read before it."""
    make_policy(first_response=4)
    ticket = world.ticket(at=MONDAY)
    original = firing._tell

    def answered_meanwhile(ids, now):
        world.reply(ticket, at=at("2026-03-09 12:00"))
        return original(ids, now)

    monkeypatch.setattr(firing, "_tell", answered_meanwhile)
    assert firing.fire(at("2026-03-09 13:00")) == 0
    assert told() == []


def test_one_that_cannot_be_told_holds_up_no_other(world, office, monkeypatch):
    make_policy(first_response=4)
    bad, *_rest = [world.ticket(at=MONDAY) for _ in range(5)]
    real = firing.record

    def refuse(event, **given):
        if event.ticket_id == bad.pk:
            raise RuntimeError("a bug")
        return real(event, **given)

    monkeypatch.setattr(firing, "record", refuse)
    assert firing.fire(at("2026-03-09 13:00")) == 8
    monkeypatch.setattr(firing, "record", real)
    assert firing.fire(at("2026-03-09 13:00")) == 2


def test_the_task_is_on_the_beat(settings):
    entry = settings.CELERY_BEAT_SCHEDULE["clocks"]
    assert (entry["task"], entry["schedule"]) == (tasks.fire_due.name, 1.0)
    assert entry["options"]["queue"] == "timers"


# --- many, and two at once ----------------------------------------------------------------------


def seed(world, count, due):
    """Tickets with a running clock each, straight into the tables; ``due(i)`` is when the i-th is due."""
    model = world.ticket(at=MONDAY)
    values = {
        field.attname: getattr(model, field.attname)
        for field in Ticket._meta.concrete_fields
        if field.attname != "id" and not field.generated
    }
    tickets = Ticket.objects.bulk_create([Ticket(**values) for _ in range(count)], batch_size=1000)
    Clock.objects.bulk_create(
        [
            Clock(
                ticket=ticket,
                target="resolution",
                state="running",
                started_at=MONDAY,
                due_at=due(i),
                next_at=due(i),
                target_seconds=3600,
            )
            for i, ticket in enumerate(tickets)
        ],
        batch_size=1000,
    )
    return tickets


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_tell_each_once(world, monkeypatch):
    """3,000 clocks, 900 of them due, a third in one second; two schedulers, and agents at work beside."""
    monkeypatch.setattr(registry, "after", {})
    now = timezone.now().replace(microsecond=0)

    def due(i):
        if i >= 900:
            return now + timedelta(hours=1)
        return now - timedelta(seconds=1 if i < 300 else i % 60)

    tickets = seed(world, 3000, due)
    errors = []

    def sweep():
        try:
            for _ in range(20):
                tasks.fire_due()
        except Exception as error:  # told by the test below
            errors.append(error)
        finally:
            connection.close()

    def work():
        try:
            for ticket in tickets[:200:4]:
                commands.set_subject(ticket.pk, subject="Срочно", actor=world.as_anna)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=target) for target in (sweep, sweep, work)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    firing.fire()
    entries = Entry.objects.filter(kind="sla_breached")
    counts = Counter(entries.values_list("stream_id", flat=True))
    assert set(counts.values()) == {1}
    assert set(counts) == {ticket.pk for ticket in tickets[:900]}
    assert all(entry.happened_at == due(i) for i, entry in enumerate(entries.order_by("stream_id")))
    assert not Clock.objects.filter(next_at__lte=now).exists()


@pytest.mark.django_db(transaction=True)
def test_a_locked_ticket_is_skipped_and_found_again(world):
    first, second = seed(world, 2, lambda i: timezone.now() - timedelta(seconds=2))
    held, done = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                Ticket.objects.lock(first.pk)
                held.set()
                done.wait(10)
        finally:
            connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(10)
    assert firing.fire() == 1
    assert Entry.objects.get(kind="sla_breached").stream_id == second.pk
    done.set()
    holder.join()
    assert firing.fire() == 1


def test_a_broken_promise_leaves_the_next_clock_pressing(world, office):
    make_policy(resolution=16)
    ticket = world.ticket(at=MONDAY)
    until = at("2026-03-09 12:00")
    promise = make_promise(ticket.pk, user=world.anna, due_at=until, at=MONDAY)
    ticket.refresh_from_db()
    assert ticket.due_at == until
    firing.fire(until)
    ticket.refresh_from_db()
    assert ticket.due_at == at("2026-03-10 16:00")
    assert Promise.objects.get(pk=promise.pk).state == "broken"


def test_nothing_that_takes_long_is_on_the_queue_of_due_times(settings):
    """One process serves it: at six o'clock, handing hundreds of tickets over would delay every breach."""
    schedule = settings.CELERY_BEAT_SCHEDULE.values()
    served = {one["task"] for one in schedule if one.get("options", {}).get("queue") == "timers"}
    assert served == {"sla.tasks.fire_due", "tickets.tasks.wake_snoozed"}
    routes = settings.CELERY_TASK_ROUTES
    assert not [task for task, route in routes.items() if route.get("queue") == "timers"]
