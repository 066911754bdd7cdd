"""Waiting for a person: place, pick-up in time, and what happens where nobody is there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from channels_in.kinds.chat import reception, talking, verbs
from channels_in.kinds.chat.hearing import Refused
from channels_in.kinds.chat.reception import places, seconds_a_place
from channels_in.models import ChatSession
from common import clock
from journal.models import Entry
from people.models import Membership, User
from tests.assignment.cast import make_calendar
from tickets import commands
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db
Stage = ChatSession.Stage


@pytest.fixture
def offered(katya, world):
    """Katya's chat has been given to Anna, who has a minute to take it."""
    katya.say()
    commands.assign(katya.ticket.pk, to=world.anna, actor=world.as_anna)
    return katya


def late(visitor):
    ChatSession.objects.filter(pk=visitor.session.pk).update(pick_up_by=clock.now() - timedelta(seconds=1))


def test_places_are_in_the_order_of_asking(visit, widget):
    visitors = [visit() for _ in range(3)]
    for visitor in visitors:
        visitor.say()
    assert list(places(widget.pk)) == [visitor.session.pk for visitor in visitors]


def test_the_wait_is_said_once_enough_chats_were_taken(visit, widget, world):
    now = clock.now()
    assert seconds_a_place(widget.pk, now) is None
    for minutes in (40, 30, 20, 10):
        session = visit().session
        ChatSession.objects.filter(pk=session.pk).update(taken_at=now - timedelta(minutes=minutes))
    assert seconds_a_place(widget.pk, now) == 600


def test_taking_ends_the_wait_and_is_one_event(offered, world):
    verbs.take(offered.session.pk, user=world.anna)
    verbs.take(offered.session.pk, user=world.anna)
    session = offered.fresh()
    assert (session.stage, session.pick_up_by, session.offered_to) == (Stage.TALKING, None, None)
    assert Entry.objects.filter(kind="chat_taken").count() == 1
    assert offered.notices() == ["На связи Anna Lind, ваше сообщение уже перед глазами."]


def test_whoever_takes_it_has_the_ticket(katya, world):
    katya.say()
    verbs.take(katya.session.pk, user=world.maria)
    assert katya.ticket.assignee == world.maria


def test_a_chat_not_taken_in_time_goes_to_somebody_else(offered, world, drain):
    clara = User.objects.create_user("clara@otklik.example", "x" * 12, name="Clara", role="agent")
    Membership.objects.create(team=world.first_line, user=clara)
    assert verbs.return_untaken() == 0
    late(offered)
    assert verbs.return_untaken() == 1
    drain()
    assert offered.ticket.assignee == clara
    session = offered.fresh()
    assert session.offered_to == clara and session.pick_up_by > clock.now()
    assert Entry.objects.filter(kind="chat_not_taken").count() == 1


def test_with_nobody_else_it_waits_in_line(offered, world, drain):
    late(offered)
    verbs.return_untaken()
    drain()
    assert offered.ticket.assignee is None
    assert offered.fresh().stage == Stage.WAITING
    late(offered)
    assert verbs.return_untaken() == 0  # nobody has been offered it since


def test_a_chat_taken_meanwhile_is_not_taken_away(offered, world):
    late(offered)
    verbs.take(offered.session.pk, user=world.anna)
    assert verbs.return_untaken() == 0
    assert offered.ticket.assignee == world.anna


def test_where_nobody_is_there_an_address_is_asked_for_and_nothing_lost(katya, world):
    User.objects.update(is_available=False)
    with pytest.raises(Refused) as refused:
        katya.say("Есть кто?")
    assert refused.value.code == "away"
    katya.do("leave", text="Есть кто?", email="Katya@Mail.example", name="Катя")
    ticket = katya.ticket
    assert katya.session.stage == Stage.LEFT
    assert ticket.requester.name == "Катя"
    assert talking.address_of(katya.session) == "katya@mail.example"
    assert ticket.requester.address == ""  # a claim, until a mail comes from there
    assert katya.notices() == ["Сообщение получено. Ответим на katya@mail.example."]


@pytest.mark.parametrize(("email", "code"), [("", "no-email"), ("not-an-address", "bad-email")])
def test_a_message_for_later_needs_a_way_back(katya, email, code):
    User.objects.update(is_available=False)
    with pytest.raises(Refused) as refused:
        katya.do("leave", text="Есть кто?", email=email)
    assert refused.value.code == code
    assert not Ticket.objects.exists()


def test_a_queue_that_is_full_takes_messages_only(visit, widget):
    widget.longest_queue = 1
    widget.save()
    visit().say("Первая")
    with pytest.raises(Refused) as refused:
        visit().say("Вторая")
    assert refused.value.code == "away"


def test_hours_by_calendar(katya, widget):
    widget.calendar = make_calendar("Смена", 9, 18, zone="Europe/Moscow")
    widget.save()
    noon = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday, twelve in Moscow
    assert reception.reception(widget, noon).is_open
    evening = reception.reception(widget, noon + timedelta(hours=8))
    assert (evening.is_open, evening.reason) == (False, "closed")
    assert evening.opens_at == datetime(2026, 3, 3, 6, tzinfo=UTC)


def test_somebody_elses_team_is_nobody_here(katya, world):
    User.objects.filter(pk=world.anna.pk).update(is_available=False)
    with pytest.raises(Refused):
        katya.say()


def test_what_must_be_said_first(katya, widget):
    from channels_in.kinds.chat import sessions

    widget.asks = {"name": "required", "email": "optional"}
    widget.texts = {"ru": {"consent": "Согласен на обработку"}}
    widget.save()
    with pytest.raises(Refused) as refused:
        katya.say()
    assert refused.value.code == "introduce"
    assert sessions.missing(katya.fresh()) == ["name", "consent"]
    with pytest.raises(ValueError, match="email"):
        sessions.introduce(katya.fresh(), {"email": "nonsense"})
    sessions.introduce(katya.fresh(), {"name": "Катя"}, consents=True)
    katya.say()
    assert katya.ticket.requester.name == "Катя"
    assert katya.fresh().consented_at is not None
    assert Message.objects.count() == 1
