"""Statements made up once a process say what the ORM's own would."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef

from channels_in.models import ChatSession, ChatWidget, Inbox
from common import clock
from common.statements import Prepared, insert, update
from tests.world import World
from tickets.models import Attachment, Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db


def columns(row: object) -> dict[str, object]:
    return {
        field.attname: getattr(row, field.attname)
        for field in row._meta.concrete_fields  # type: ignore[attr-defined]
    }


def test_a_prepared_row_is_the_row_of_the_orm(world: World) -> None:
    first, second = world.ticket(), world.ticket()
    prepared: Prepared[Ticket] = Prepared(lambda ticket: Ticket.objects.filter(pk=ticket), ticket=int)
    for ticket in (first, second, first):
        assert columns(prepared.get(ticket=ticket.pk)) == columns(Ticket.objects.get(pk=ticket.pk))
    assert not prepared.get(ticket=first.pk)._state.adding


def test_what_is_joined_and_annotated_comes_along(world: World, django_assert_num_queries: object) -> None:
    ticket = world.ticket()
    reply = world.reply(ticket)
    prepared: Prepared[Message] = Prepared(
        lambda ticket, kind: (
            Message.objects.filter(ticket=ticket, kind=kind)
            .select_related("author_user")
            .annotate(has_files=Exists(Attachment.objects.filter(message=OuterRef("pk"))))
            .only("text", "author_user__name")
        ),
        ticket=int,
        kind=str,
    )
    prepared.all(ticket=ticket.pk, kind=MessageKind.REPLY.value)
    with django_assert_num_queries(1):  # type: ignore[operator]  # a fixture
        (row,) = prepared.all(ticket=ticket.pk, kind=MessageKind.REPLY.value)
        assert (row.pk, row.author_user and row.author_user.name) == (reply.pk, "Anna Lind")
        assert getattr(row, "has_files") is False  # noqa: B009  # an annotation
    assert row.channel == reply.channel  # deferred, and asked for when it is wanted


def test_values_are_converted_and_none_is_no_row(world: World) -> None:
    ticket = world.ticket()
    prepared: Prepared[tuple[object, object]] = Prepared(
        lambda ticket: Message.objects.filter(ticket=ticket).values_list("sender", "created_at")[:1],
        ticket=int,
    )
    message = Message.objects.get(ticket=ticket)
    assert prepared.first(ticket=ticket.pk) == (message.sender, message.created_at)
    assert isinstance(message.sender, dict)
    assert prepared.first(ticket=ticket.pk + 1000) is None
    with pytest.raises(Message.DoesNotExist):
        prepared.get(ticket=ticket.pk + 1000)


def test_a_value_that_the_statement_would_lose_is_refused() -> None:
    """Else the first caller's answer would be everybody's."""
    lost: Prepared[Ticket] = Prepared(lambda ticket: Ticket.objects.all(), ticket=int)
    with pytest.raises(ValueError, match="slot"):
        lost.all(ticket=1)


def test_a_locked_row_is_locked(world: World) -> None:
    prepared: Prepared[Ticket] = Prepared(
        lambda ticket: Ticket.objects.select_for_update(no_key=True).filter(pk=ticket), ticket=int
    )
    ticket = world.ticket()
    with transaction.atomic():
        prepared.get(ticket=ticket.pk)
    assert prepared._plan is not None and prepared._plan.statement.text.endswith("FOR NO KEY UPDATE")


def test_inserted_and_updated_as_by_the_orm(world: World) -> None:
    inbox = Inbox.objects.create(kind="chat", brand=world.brand, name="Чат", team=world.first_line)
    widget = ChatWidget.objects.create(inbox=inbox)
    now = clock.now()
    given = {"widget": widget, "visit_at": now, "seen_at": now, "address": "2001:db8::7", "language": "ru"}
    by_us = insert(ChatSession(**given, pages=[{"url": "https://shop.example/«чай»?a=1%20"}]))
    theirs = ChatSession.objects.create(**given, pages=[{"url": "https://shop.example/«чай»?a=1%20"}])
    ours = ChatSession.objects.get(pk=by_us.pk)
    own = {"id", "key", "created_at"}
    assert {k: v for k, v in columns(ours).items() if k not in own} == {
        k: v for k, v in columns(ChatSession.objects.get(pk=theirs.pk)).items() if k not in own
    }
    by_us.answers, by_us.ended_at = {"name": "Катя's “test” %s"}, now
    by_us.language = "en"  # not named, so not written
    update(by_us, "answers", "ended_at")
    ours.refresh_from_db()
    assert (ours.answers, ours.ended_at, ours.language) == ({"name": "Катя's “test” %s"}, now, "ru")


def test_a_row_that_is_gone_is_not_written_in_silence(world: World) -> None:
    ticket = world.ticket()
    gone = Ticket(pk=ticket.pk + 1000, subject="?")
    with pytest.raises(DatabaseError):
        update(gone, "subject")


def test_a_number_beyond_any_column_is_no_row(world: World) -> None:
    world.ticket()
    prepared: Prepared[Ticket] = Prepared(lambda ticket: Ticket.objects.filter(pk=ticket), ticket=int)
    for number in (2**63, -(2**63) - 1, 10**30):
        assert prepared.all(ticket=number) == []


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_anew(world: World) -> None:
    ticket = world.ticket()
    prepared: Prepared[Ticket] = Prepared(lambda ticket: Ticket.objects.filter(pk=ticket), ticket=int)
    assert prepared.get(ticket=ticket.pk) == ticket
    connection.close()
    assert prepared.get(ticket=ticket.pk) == ticket
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")  # as a pooler does between two clients
    with pytest.raises(DatabaseError):
        prepared.get(ticket=ticket.pk)
    connection.close_if_unusable_or_obsolete()  # as each request and task does
    assert prepared.get(ticket=ticket.pk) == ticket


@pytest.mark.django_db(transaction=True)
def test_what_keeps_it_from_being_prepared_is_an_error_of_djangos(world: World) -> None:
    """A table may be locked as a statement is planned, by a migration say: its time is limited like any."""
    ticket = world.ticket()
    prepared: Prepared[Ticket] = Prepared(lambda ticket: Ticket.objects.filter(pk=ticket), ticket=int)
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("LOCK TABLE tickets_ticket IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(OperationalError), transaction.atomic(), connection.cursor() as own:
            own.execute("SET LOCAL statement_timeout TO '200ms'")
            prepared.get(ticket=ticket.pk)
    finally:
        other.close()
    assert prepared.get(ticket=ticket.pk) == ticket
