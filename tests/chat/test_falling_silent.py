"""The visitor has gone and nobody says anything more: the talk is over, the ticket goes on."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels_in.kinds.chat import falling_silent, sessions, verbs
from channels_in.models import ChatLine, ChatSession
from common import clock
from journal.actor import Actor
from journal.models import Entry
from people.models import User
from routing.candidates import load_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def talking(katya, answers, world):
    katya.say("Где мой заказ?")
    verbs.take(katya.session.pk, user=world.anna)
    answers(katya.ticket, "Уже смотрю.")
    return katya


def passes(visitor, *, minutes, away=None):
    """So much time has passed since the last word, and since the visitor went away."""
    by = timedelta(minutes=minutes)
    for line in ChatLine.objects.filter(session=visitor.session):
        ChatLine.objects.filter(pk=line.pk).update(at=line.at - by)
    then = clock.now() - (by if away is None else timedelta(minutes=away))
    ChatSession.objects.filter(pk=visitor.session.pk).update(seen_at=then, left_at=then)


def test_half_an_hour_after_the_last_word_the_chat_ends_and_the_ticket_stays(talking, world):
    before = talking.ticket.status
    assert load_of([world.anna.pk], clock.now()) == {world.anna.pk: {"chat": 1}}
    passes(talking, minutes=31)
    assert falling_silent.end_quiet() == 1
    session = talking.fresh()
    assert session.stage == ChatSession.Stage.ENDED and session.ended_at
    assert talking.notices()[-1] == "Чат завершён."
    ticket = talking.ticket
    assert ticket.status == before and ticket.assignee == world.anna
    ended = Entry.objects.get(kind="chat_ended")
    assert ended.data["by"] == "gone"
    # Anna can take another chat: what is left of this one is as a mail is.
    assert load_of([world.anna.pk], clock.now()) == {world.anna.pk: {"email": 1}}
    assert falling_silent.end_quiet() == 0


def test_not_while_the_visitor_is_there(talking):
    passes(talking, minutes=120)
    sessions.arrived(talking.session.pk)
    assert falling_silent.end_quiet() == 0
    assert talking.fresh().stage == ChatSession.Stage.TALKING


def test_a_word_of_either_side_begins_the_time_anew(talking, answers):
    passes(talking, minutes=31)
    answers(talking.ticket, "Нашла: завтра до обеда.")
    assert falling_silent.end_quiet() == 0
    passes(talking, minutes=31)
    assert falling_silent.end_quiet() == 1


def test_the_widget_says_after_how_long(talking, widget):
    widget.quiet_minutes = 60
    widget.save()
    passes(talking, minutes=59)
    assert falling_silent.end_quiet() == 0
    passes(talking, minutes=2, away=61)
    assert falling_silent.end_quiet() == 1


def test_whoever_waited_and_went_away_leaves_the_queue(katya, world):
    User.objects.filter(pk=world.anna.pk).update(is_available=True)
    katya.say("Есть кто-нибудь?")
    assert katya.fresh().stage == ChatSession.Stage.WAITING
    passes(katya, minutes=31)
    assert falling_silent.end_quiet() == 1
    assert katya.fresh().queued_at is None and katya.ticket.is_open


def test_what_the_visitor_says_later_is_another_talk(talking):
    passes(talking, minutes=31)
    falling_silent.end_quiet()
    talking.say("Я вернулась.")
    assert talking.fresh().stage in {ChatSession.Stage.WAITING, ChatSession.Stage.TALKING}
    assert talking.reads()[-1] == "Я вернулась."


def test_a_talk_that_was_ended_meanwhile_ends_once(talking, world):
    passes(talking, minutes=31)
    verbs.end(talking.session.pk, by="agent", actor=Actor.user(world.anna))
    assert falling_silent.end_quiet() == 0
    assert Entry.objects.filter(kind="chat_ended").count() == 1
