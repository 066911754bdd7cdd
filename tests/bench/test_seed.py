"""The benchmark's rows are those the product would have made: what is measured is what people get."""

from __future__ import annotations

from collections import Counter

import pytest
from django.db import connection

from bench import seed
from journal import drain
from journal.models import Entry
from tickets.commands.posting import recount
from tickets.models import Category, Message, MessageKind, SearchDocument, Ticket
from tickets.timeline import timeline

pytestmark = pytest.mark.django_db

TICKETS = 120


@pytest.fixture
def seeded():
    return seed.seed(TICKETS)


def test_the_search_documents_are_those_that_replaying_the_journal_makes(seeded):
    by_copy = dict(SearchDocument.objects.values_list("message_id", "vector"))
    assert len(by_copy) == Message.objects.count()

    for ticket_id in Ticket.objects.values_list("pk", flat=True):
        drain.replay("search", "ticket", ticket_id)

    assert dict(SearchDocument.objects.values_list("message_id", "vector")) == by_copy


def test_a_ticket_keeps_what_its_messages_say(seeded):
    for ticket in Ticket.objects.all():
        kept = _kept(ticket)
        recount(ticket)
        assert _kept(ticket) == kept


def _kept(ticket):
    return (
        ticket.message_count,
        ticket.last_message_id,
        ticket.last_public_id,
        ticket.snippet,
        ticket.waiting_since,
    )


def test_every_key_leads_somewhere(seeded):
    """Foreign keys are not checked while rows are copied."""
    with connection.cursor() as cursor:
        for model in seed.TABLES:
            for field in model._meta.concrete_fields:
                if not field.is_relation:
                    continue
                target = field.related_model._meta
                key = f"row.{field.column}"
                found = f"EXISTS (SELECT 1 FROM {target.db_table} WHERE {target.pk.column} = {key})"
                cursor.execute(
                    f"SELECT count(*) FROM {model._meta.db_table} row WHERE {key} IS NOT NULL AND NOT {found}"
                )
                assert cursor.fetchone()[0] == 0, (model, field)


def test_the_journal_tells_each_ticket_from_its_opening(seeded):
    for ticket in Ticket.objects.all():
        entries = list(Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk).order_by("sequence"))
        assert [entry.sequence for entry in entries] == list(range(1, len(entries) + 1))
        assert entries[0].kind == "ticket_opened"
        assert entries == sorted(entries, key=lambda entry: entry.happened_at)
        moves = [entry.event for entry in entries if entry.kind == "status_changed"]
        assert ticket.category == (moves[-1].new_category if moves else Category.NEW)
        assert timeline(ticket)


def test_it_is_the_helpdesk_that_was_asked_for(seeded):
    counts = Counter(Ticket.objects.values_list("message_count", flat=True))
    assert counts == {3: TICKETS - TICKETS // seed.LONG_EVERY, 10: TICKETS // seed.LONG_EVERY}
    assert Message.objects.filter(kind=MessageKind.REPLY).exists()
    assert 0.04 < Ticket.objects.filter(category__lt=Category.RESOLVED).count() / TICKETS < 0.2
    assert {t.pk for t in Ticket.objects.all() if seed.is_long(t.pk)} == set(
        Ticket.objects.filter(message_count=10).values_list("pk", flat=True)
    )
