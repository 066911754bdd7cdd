"""The visitor has gone: the answer follows by mail, at most one in a quarter of an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels_in.kinds.chat import following, sessions
from channels_in.models import ChatSession, Outbound
from common import clock
from tickets import errors
from tickets.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def gone(katya, answers):
    """Katya has left her address and the page; Anna has answered since."""
    katya.say("Когда привезёте?")
    sessions.introduce(katya.fresh(), {"email": "katya@mail.example"})
    answers(katya.ticket, "Завтра до обеда.")
    away(katya, minutes=3)
    return katya


def away(visitor, *, minutes):
    then = clock.now() - timedelta(minutes=minutes)
    rows = ChatSession.objects.filter(pk=visitor.session.pk)
    rows.update(seen_at=then, left_at=then, follow_at=clock.now() - timedelta(seconds=1))


def mails():
    return list(Message.objects.filter(automatic_kind="chat-answer").order_by("pk"))


def test_the_answer_follows_by_mail(gone, drain, world):
    assert following.follow_due() == 1
    (mail,) = mails()
    assert mail.to == [{"name": "", "address": "katya@mail.example"}]
    assert "Завтра до обеда." in mail.text and "Anna Lind" in mail.text
    drain()
    outbound = Outbound.objects.get(message=mail)
    assert outbound.recipients == ["katya@mail.example"] and outbound.inbox == world.inbox
    assert gone.notices()[-1] == "Вас не было, поэтому мы отправили ответ на katya@mail.example."


def test_no_second_mail_within_a_quarter_of_an_hour_and_then_one_for_all(gone, answers):
    following.follow_due()
    answers(gone.ticket, "Точнее: к одиннадцати.")
    answers(gone.ticket, "Курьер Пётр.")
    away(gone, minutes=3)
    assert following.follow_due() == 0
    due = gone.fresh().follow_at
    assert due - gone.session.mailed_at == following.GAP
    ChatSession.objects.update(mailed_at=clock.now() - timedelta(minutes=16), follow_at=clock.now())
    assert following.follow_due() == 1
    text = mails()[-1].text
    assert "к одиннадцати" in text and "Пётр" in text and "Завтра до обеда" not in text


def test_whoever_is_here_gets_no_mail(gone):
    sessions.arrived(gone.session.pk)
    assert following.follow_due() == 0
    assert gone.fresh().follow_at > clock.now()  # looked at again


def test_what_was_read_is_not_mailed(gone):
    sessions.mark(gone.session.pk, read=gone.fresh().last_seq)
    assert following.follow_due() == 0
    assert gone.fresh().follow_at is None


def test_without_an_address_nothing_leaves(katya, answers):
    katya.say()
    answers(katya.ticket)
    away(katya, minutes=3)
    assert following.follow_due() == 0
    assert not mails()


def test_somebody_elses_address_stays_theirs(katya, answers, world):
    """Anybody can type an address in: the mail goes there, but the person stays a visitor."""
    katya.say()
    sessions.introduce(katya.fresh(), {"email": world.vera.address})
    assert katya.ticket.requester != world.vera
    answers(katya.ticket, "Ответ")
    away(katya, minutes=3)
    following.follow_due()
    assert mails()[0].to[0]["address"] == world.vera.address


def test_a_transcript_on_request(katya, answers, world):
    katya.say("Вопрос")
    with pytest.raises(errors.Invalid):
        following.send_transcript(katya.session.key)  # no address
    sessions.introduce(katya.fresh(), {"email": "katya@mail.example"})
    with pytest.raises(errors.Invalid):
        following.send_transcript(katya.session.key)  # nobody has spoken
    answers(katya.ticket, "Ответ")
    assert following.send_transcript(katya.session.key) == "katya@mail.example"
    text = Message.objects.get(automatic_kind="transcript").text
    assert "Вопрос" in text and "Ответ" in text
    following.send_transcript(katya.session.key)
    with pytest.raises(errors.Invalid):  # the budget of one address
        following.send_transcript(katya.session.key)
