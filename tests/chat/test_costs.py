"""What a line of a chat costs the worker: fifty come in a second, and most of them say nothing to most."""

import pytest

from channels_in.kinds.chat.concerning import is_to_be_sent
from channels_in.models import ChatLine, ChatSession
from journal.drain import drain as settle
from journal.models import Delivery, Entry
from notifications.models import Notice
from people.models import Claim


@pytest.fixture
def talk(katya, world, drain, answers):
    """Anna has taken Katya's chat, and has read of it."""
    katya.say("Где мой заказ?")
    ChatSession.objects.update(stage=ChatSession.Stage.TALKING)
    answers(katya.ticket)
    drain()
    Notice.objects.all().delete()
    return katya.ticket


def test_a_visitors_line_costs_few_statements(talk, katya, world, drain, django_assert_max_num_queries):
    katya.say("Вы здесь?")
    with django_assert_max_num_queries(14):
        assert settle("ticket", talk.pk) == 4
    assert Notice.objects.get(user=world.anna).kind == "customer_answered"
    assert not Delivery.objects.exists()


def test_an_agents_line_costs_few_statements(talk, answers, django_assert_max_num_queries):
    answers(talk)
    with django_assert_max_num_queries(6):
        assert settle("ticket", talk.pk) == 3
    assert not Delivery.objects.exists()


def test_an_answer_still_takes_a_chat_that_waits(katya, world, drain, answers):
    katya.say("Где мой заказ?")
    drain()
    ChatSession.objects.update(stage=ChatSession.Stage.WAITING)
    answers(katya.ticket)
    drain()
    assert katya.fresh().stage == ChatSession.Stage.TALKING


def test_what_no_window_shows_is_sent(katya, world, drain, answers):
    katya.say("Где мой заказ?")
    answers(katya.ticket)
    entry = Entry.objects.get(kind="reply_posted")
    assert not is_to_be_sent(entry)
    ChatLine.objects.filter(message=entry.data["message_id"]).delete()
    assert is_to_be_sent(entry)


@pytest.mark.parametrize(
    ("text", "claims"),
    [
        ("Пишите на katya@zerno.example", ["katya@zerno.example"]),
        ("Мой телефон +7 916 123-45-67", ["+79161234567"]),
        ("Заказ 12", []),
        ("Заказ 2026-11", []),
    ],
)
def test_what_a_visitor_is_known_by_elsewhere_is_noted(katya, drain, text, claims):
    katya.say("Здравствуйте")
    drain()
    before = set(Claim.objects.values_list("value", flat=True))
    katya.say(text)
    drain()
    assert set(Claim.objects.values_list("value", flat=True)) - before == set(claims)
