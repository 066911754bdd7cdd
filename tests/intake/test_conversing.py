"""What messengers share: from something said outside to a message of the right ticket."""

from datetime import timedelta
from itertools import count

import pytest
from django.db import transaction

from channels_in import conversing, intake
from channels_in.models import Inbound, Inbox, Thread, ThreadMessage
from channels_in.protocol import Incoming, Sender
from channels_in.settled import Settled
from common import clock
from people.models import Contact, Identity
from tests.world import World
from tickets import commands
from tickets.content import Content, FileContent
from tickets.models import Category, Link, Ticket

numbers = count(1)


@pytest.fixture
def bot(world: World) -> Inbox:
    return Inbox.objects.create(kind="telegram", brand=world.brand, name="Бот", team=world.first_line)


def say(bot: Inbox, text: str, *, name: str = "", thread: str = "77", **more) -> Settled:
    incoming = Incoming(
        external_id=name or str(next(numbers)),
        thread_id=thread,
        sender=Sender("telegram", "77", "Пётр", "ru", is_verified=True),
        content=Content(text=text, **more),
        at=clock.now(),
    )
    inbound, _new = intake.keep(bot, text.encode(), external_id=str(next(numbers)), via=Inbound.Via.POLL)
    with transaction.atomic():
        return conversing.receive(inbound, incoming)


def ticket_of(settled: Settled) -> Ticket:
    assert settled.ticket_id is not None
    return Ticket.objects.get(pk=settled.ticket_id)


def test_the_first_words_open_a_ticket_and_the_next_ones_follow(bot: Inbox, world: World):
    ticket = ticket_of(say(bot, "Не приходит код"))
    again = say(bot, "Уже час")

    assert (ticket.subject, ticket.channel, ticket.team) == ("Не приходит код", "telegram", world.first_line)
    assert (ticket.requester.name, ticket.language) == ("Пётр", "ru")
    assert again.ticket_id == ticket.pk
    assert again.trace == [{"rule": "conversation", "outcome": "matched", "ticket": ticket.pk}]
    assert [m.text for m in ticket.messages.order_by("pk")] == ["Не приходит код", "Уже час"]
    assert Identity.objects.get(kind="telegram", value="77").is_verified


def test_said_twice_is_said_once(bot: Inbox):
    first = say(bot, "Алло?", name="5")
    second = say(bot, "Алло?", name="5")
    assert (second.message_id, second.cause) == (first.message_id, "known")
    assert ThreadMessage.objects.count() == 1


def test_the_same_update_kept_twice_is_one_row(bot: Inbox):
    kept, new = intake.keep(bot, b"{}", external_id="9", via=Inbound.Via.WEBHOOK)
    again, new_again = intake.keep(bot, b"{other}", external_id="9", via=Inbound.Via.POLL)
    assert (new, new_again) == (True, False)
    assert kept.pk == again.pk


def test_two_conversations_are_two_tickets(bot: Inbox):
    assert say(bot, "Раз").ticket_id != say(bot, "Два", thread="78").ticket_id


def test_a_solved_ticket_opens_again_and_one_solved_long_ago_is_followed(bot: Inbox, world: World):
    ticket = ticket_of(say(bot, "Сломалось"))
    solved = world.status(Category.RESOLVED)
    commands.set_status(ticket.pk, status=solved, actor=world.as_anna)
    assert say(bot, "Опять не работает").ticket_id == ticket.pk
    assert ticket_of(say(bot, "И ещё")).is_open

    commands.set_status(ticket.pk, status=solved, actor=world.as_anna)
    Ticket.objects.filter(pk=ticket.pk).update(resolved_at=clock.now() - timedelta(days=400))
    followed = say(bot, "Снова я")
    assert followed.ticket_id != ticket.pk
    assert Link.objects.filter(ticket=followed.ticket_id, other=ticket, kind=Link.Kind.FOLLOW_UP).exists()
    assert Thread.objects.get().ticket_id == followed.ticket_id


def test_a_merged_ticket_leads_to_its_survivor(bot: Inbox, world: World):
    ticket, other = ticket_of(say(bot, "Раз")), world.ticket()
    commands.merge(ticket.pk, into=other.pk, actor=world.as_anna)
    said = say(bot, "Два")
    other.refresh_from_db()
    assert said.trace[0]["ticket"] == other.pk
    assert other.message_count == 3


def test_a_file_alone_names_the_ticket(bot: Inbox):
    said = say(bot, "", files=[FileContent("чек.pdf", "application/pdf", b"%PDF-1.4")])
    assert ticket_of(said).subject == "чек.pdf"


def test_spam_and_deleted_tickets_take_nothing_more(bot: Inbox, world: World):
    ticket = ticket_of(say(bot, "Купите слона"))
    commands.mark_spam(ticket.pk, actor=world.as_anna)
    assert say(bot, "Ну купите").ticket_id != ticket.pk
    assert Contact.objects.filter(identities__kind="telegram").count() == 1
