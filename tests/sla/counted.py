"""Asking what was counted of a ticket."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext

from journal.drain import replay
from journal.models import Entry
from sla.deriving import COLUMNS
from sla.models import Clock, Promise
from tests.sla.story import at
from tickets.content import Content

MONDAY = at("2026-03-09 09:00")


def clock(ticket, name="first_response", ordinal=0):
    return Clock.objects.get(ticket=ticket, target=name, ordinal=ordinal)


def rows(ticket):
    return list(
        Clock.objects.filter(ticket=ticket)
        .order_by("target", "ordinal")
        .values("target", "ordinal", *COLUMNS)
    )


def kinds(ticket, *names):
    entries = Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk, kind__in=names)
    return [(entry.kind, entry.data, entry.happened_at) for entry in entries.order_by("sequence")]


def due(ticket):
    ticket.refresh_from_db()
    return ticket.due_at


def content(text="Мы получили ваше письмо."):
    return Content(text=text)


def same_when_replayed(ticket):
    """Whether a replay gives the same rows and due time, also from nothing, and records nothing."""
    before, until = rows(ticket), due(ticket)
    promises = list(Promise.objects.order_by("pk").values())
    count = Entry.objects.count()
    replay("sla", "ticket", ticket.pk)
    assert rows(ticket) == before
    Clock.objects.filter(ticket=ticket).delete()
    replay("sla", "ticket", ticket.pk)
    assert list(Promise.objects.order_by("pk").values()) == promises
    return rows(ticket) == before and due(ticket) == until and Entry.objects.count() == count


def sla_queries(act):
    with CaptureQueriesContext(connection) as queries:
        act()
    sla_part = [q["sql"] for q in queries if "sla_" in q["sql"] or "calendars_" in q["sql"]]
    return len(queries), sla_part
