"""Jobs over many tickets: what is large here, how one is begun and worked off, and what came of it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import clock
from journal.models import Entry
from tickets.bulk import running, starting
from tickets.models import BulkItem, BulkJob, Ticket, View

Act, State = BulkJob.Act, BulkJob.State


class Killed(BaseException):
    """What ends a worker in the middle: nobody catches it."""


@pytest.fixture(autouse=True)
def large(monkeypatch):
    """Whatever has more than two tickets is large here, and needs a worker."""
    monkeypatch.setattr(running, "SMALL", 2)
    monkeypatch.setattr(starting, "SMALL", 2)


@pytest.fixture
def tickets(world):
    return [world.ticket(team=world.first_line) for _ in range(5)]


def open_view(**given):
    return View.objects.create(
        labels={"en": "Open"}, conditions={"field": "category", "op": "is", "value": "new"}, **given
    )


def begun(world, tickets, act=Act.PRIORITY, value=4, owner=None):
    return starting.of_tickets(owner or world.anna, act, value, numbers=[ticket.pk for ticket in tickets])


def run(job):
    while running.run_next():
        pass
    return BulkJob.objects.get(pk=job.pk)


def values(tickets, field):
    return [getattr(Ticket.objects.get(pk=ticket.pk), field) for ticket in tickets]


def counts(job):
    job.refresh_from_db()
    return job.done, job.same, job.refused


def reasons(job):
    return {
        item.ticket_id: item.reason % item.params
        for item in BulkItem.objects.filter(job=job, state=BulkItem.State.REFUSED)
    }


def of_kind(kind, **given):
    return Entry.objects.filter(stream_type="ticket", kind=kind, **given)


def lose_lease(job):
    BulkJob.objects.filter(pk=job.pk).update(claimed_until=clock.now() - timedelta(seconds=1))
