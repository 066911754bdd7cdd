"""Katya writes from the shop's page, Anna answers from the desk."""

from __future__ import annotations

import pytest

from channels_in.kinds.chat import hearing
from channels_in.kinds.chat.hearing import Refused
from channels_in.models import ChatLine, ChatSession, Inbound
from common.rates import Rate
from tickets import commands
from tickets.content import Content
from tickets.models import Category, Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db


def test_the_first_words_become_a_ticket_and_the_next_go_there(katya, world):
    heard = katya.say("Где мой заказ?")
    katya.say("Номер 1234")
    ticket = katya.ticket
    assert heard.seq == 1
    assert (ticket.channel, ticket.brand, ticket.team) == ("chat", world.brand, world.first_line)
    assert ticket.subject == "Где мой заказ?"
    assert ticket.language == "ru"
    assert [m.text for m in Message.objects.filter(ticket=ticket)] == ["Где мой заказ?", "Номер 1234"]
    assert {row.status for row in Inbound.objects.all()} == {"done"}
    assert katya.reads() == ["Где мой заказ?", "Номер 1234"]
    assert katya.session.stage == ChatSession.Stage.WAITING


def test_what_a_browser_sends_again_is_said_once(katya):
    first = katya.say("Алло", client_id="the-same-one")
    again = katya.say("Алло", client_id="the-same-one")
    assert first == again
    assert Message.objects.count() == 1
    assert ChatLine.objects.count() == 1


def test_the_answer_stands_in_the_window_at_once(katya, answers):
    katya.say()
    answers(katya.ticket, "Везём, будет завтра.")
    (line,) = katya.sees(since=1)
    assert (line["by"], line["text"], line["name"]) == ("agent", "Везём, будет завтра.", "Anna Lind")


def test_an_answer_takes_the_chat(katya, answers, drain, world):
    katya.say()
    answers(katya.ticket)
    drain()
    katya.fresh()
    assert katya.session.stage == ChatSession.Stage.TALKING
    assert katya.ticket.assignee == world.anna
    assert not Message.objects.filter(outbound__isnull=False).exists()  # nothing left by mail


def test_notes_and_side_talks_never_reach_the_window(katya, answers, world):
    katya.say()
    ticket = katya.ticket
    commands.post_note(ticket.pk, user=world.anna, content=Content(text="Опять он"))
    side = commands.open_side_thread(ticket.pk, contact=world.peter, subject="", user=world.anna)
    answers(ticket, "Коллега, где груз?", side_thread=side)
    assert katya.reads() == ["Где мой заказ?"]


def test_what_is_blacked_out_or_deleted_disappears_from_the_window(katya, answers, world):
    katya.say("Мой пароль hunter2")
    message = Message.objects.get()
    commands.redact(message.pk, text="hunter2", actor=world.as_anna)
    assert katya.reads() == ["Мой пароль █████"]
    commands.delete(katya.ticket.pk, actor=world.as_anna)
    (line,) = katya.sees()
    assert line["gone"] and "text" not in line


def test_a_solved_chat_ends_and_is_reopened_by_the_next_words(katya, answers, drain, world):
    katya.say()
    answers(katya.ticket, status=world.status(Category.RESOLVED))
    drain()
    assert katya.fresh().stage == ChatSession.Stage.ENDED
    ticket = katya.ticket
    katya.say("А вот ещё вопрос")
    assert katya.ticket == ticket
    assert katya.ticket.category == Category.OPEN
    assert katya.session.stage == ChatSession.Stage.WAITING
    assert Ticket.objects.count() == 1


def test_a_day_after_it_was_solved_it_is_another_matter(katya, answers, drain, world):
    from datetime import timedelta

    katya.say()
    answers(katya.ticket, status=world.status(Category.RESOLVED))
    drain()
    Ticket.objects.update(resolved_at=katya.ticket.resolved_at - timedelta(hours=25))
    katya.say("Другой заказ")
    assert Ticket.objects.count() == 2


def test_a_merged_chat_goes_on_in_the_survivor(katya, answers, world, drain):
    katya.say()
    other = world.ticket()
    commands.merge(katya.ticket.pk, into=other.pk, actor=world.as_anna)
    answers(Ticket.objects.get(pk=other.pk), "Отвечаю здесь.", channel="chat")
    assert katya.reads()[-1] == "Отвечаю здесь."
    katya.say("И я здесь")
    assert Message.objects.filter(kind=MessageKind.MESSAGE).last().text == "И я здесь"


def test_the_customers_mail_stands_in_the_window_nobody_elses_does(katya, answers, world):
    katya.say()
    ticket = katya.ticket
    world.receive(ticket, "Пишу теперь почтой", contact=ticket.requester)
    world.receive(ticket, "Я тут мимо проходил", contact=world.stranger)
    assert katya.reads() == ["Где мой заказ?", "Пишу теперь почтой"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"text": ""}, "empty"),
        ({"text": "x" * 10_001}, "too-long"),
        ({"text": 7}, "bad-text"),
        ({"text": "x", "client_id": "short"}, "bad-id"),
        ({"text": "x", "files": ["nobodys-file"]}, "bad-files"),
        ({"text": "x", "files": ["nobodysfile"]}, "unknown-file"),
        ({"text": "x", "files": [f"file{n}abcd" for n in range(11)]}, "too-many-files"),
    ],
)
def test_what_is_refused_is_said_and_nothing_kept(katya, data, code):
    with pytest.raises(Refused) as refused:
        katya.say(**data)
    assert refused.value.code == code
    assert refused.value.words
    assert not Inbound.objects.exists()


def test_an_unknown_thing_is_refused(katya):
    with pytest.raises(Refused) as refused:
        katya.do("dance")
    assert refused.value.code == "unknown-type"


def test_a_flood_is_stopped(katya, patient_cache, monkeypatch):
    monkeypatch.setattr(hearing, "RATES", (Rate(15, 3600),))  # as slow as the machine may be
    for _ in range(15):
        katya.say()
    with pytest.raises(Refused) as refused:
        katya.say()
    assert refused.value.code == "too-fast"
    assert Message.objects.count() == 15


def test_what_is_said_again_after_a_lost_connection_is_not_too_fast(visit):
    """A browser that comes back says everything once more that it had no answer to."""
    katya = visit()
    names = [katya.next_id() for _ in range(12)]
    said = [katya.say("Алло?", client_id=name).seq for name in names]
    assert [katya.say("Алло?", client_id=name).seq for name in names] == said
    assert katya.say("Вы здесь?").seq == said[-1] + 1
    assert Message.objects.count() == 13


def test_what_cannot_be_settled_is_kept_for_another_try(katya) -> None:
    """Kept and settled are one transaction: where settling fails, what was said is not lost with it."""
    katya.say("Где мой заказ?", client_id="client-of-katya-1")
    # Somebody has taken away the line and the raw word, but not what tells the message's name.
    ChatLine.objects.all().delete()
    Inbound.objects.all().delete()
    heard = katya.say("Где мой заказ?", client_id="client-of-katya-1")
    assert heard.seq is None
    kept = Inbound.objects.get()
    assert (kept.status, bool(kept.raw)) == (Inbound.Status.PENDING, True)
    assert "IntegrityError" in kept.detail
    assert katya.ticket.messages.count() == 1
