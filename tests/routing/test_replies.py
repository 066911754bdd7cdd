"""Automatic messages of rules: variables, language, and never to what must not be answered."""

from datetime import timedelta

import pytest

from channels_in import budget
from channels_in.models import Inbound, Outbound
from people.models import Identity
from tickets import commands
from tickets.models import Message, MessageKind

TEXT = {
    "en": "Hello {{contact.name}}, #{{ticket.number}} “{{ticket.subject}}”. {{agent.name}}, {{brand.name}}",
    "ru": "Здравствуйте, {{contact.name}}! №{{ticket.number}} «{{ticket.subject}}». {{agent.name}}, "
    "{{brand.name}}",
}  # fmt: skip


@pytest.fixture
def answered(world, rule, drain, runs):
    """``answered(…)``: a ticket whose opening a rule answers; (message or None, what its run tells)."""
    rule({"do": "reply", "text": TEXT}, {"do": "assign_to", "user": world.anna.pk})

    def make(ticket=None, **given):
        ticket = ticket or world.ticket(**given)
        drain()
        message = Message.objects.filter(ticket=ticket, kind=MessageKind.SYSTEM, direction="out").first()
        return message, runs(ticket=ticket)[0].effects[0]

    return make


def test_it_goes_out_in_the_language_of_the_ticket(world, answered):
    message, told = answered(subject="Кофемашина", language="ru")
    assert message.text == f"Здравствуйте, Вера Ёлкина! №{message.ticket_id} «Кофемашина». Anna Lind, Зерно"
    assert (message.is_automatic, message.automatic_kind) == (True, "rule")
    assert told["result"] == "done"
    assert "missing" not in told
    assert Outbound.objects.get(message=message).recipients == ["vera@severgrad.example"]


def test_another_language_falls_back(world, answered):
    message, _told = answered(subject="Kaffee", language="de")
    assert message.text.startswith("Здравствуйте"), "the brand's, then English"
    message, _told = answered(subject="Kaffee", language="de", brand=world.other_brand)
    assert message.text.startswith("Hello")


def test_what_has_no_value_is_left_out_and_told(world, rule, drain, runs):
    rule({"do": "reply", "text": {"en": "Hello {{contact.name}}! {{agent.name}}"}})
    world.vera.name = ""
    world.vera.save()
    ticket = world.ticket()
    drain()
    message = Message.objects.get(ticket=ticket, kind=MessageKind.SYSTEM)
    assert message.text == "Hello!"
    assert runs()[0].effects[0]["missing"] == ["contact.name", "agent.name"]


def test_no_strangers_advertisement_leaves_in_our_name(world, answered):
    world.vera.name = "Buy at www.pills.example"
    world.vera.save()
    message, told = answered(subject="See https://pills.example", language="en")
    assert "pills" not in message.text
    assert told["missing"] == ["contact.name", "ticket.subject"]


def test_a_value_is_no_template(world, answered):
    message, _told = answered(subject="{{brand.name}} {% now %}", language="en")
    assert "“{{brand.name}} {% now %}”" in message.text


def test_the_budget_holds(world, answered):
    for n in range(budget.SHORT_COUNT):
        assert answered()[1]["result"] == "done", n
    message, told = answered()
    assert message is None
    assert (told["result"], told["reason"]) == ("withheld", "budget-correspondent")


def test_a_bounced_address_is_left_alone(world, answered, drain):
    from django.utils import timezone

    Identity.objects.filter(value="vera@severgrad.example").update(bounced_at=timezone.now())
    message, told = answered()
    assert (message, told["reason"]) == (None, "bounced")


def test_a_machine_is_not_answered(world, answered):
    ticket = world.ticket()
    Inbound.objects.create(
        inbox=world.inbox,
        external_id="<1@x>",
        content_hash="0" * 64,
        raw=b"x",
        size=1,
        via="smtp",
        received_at=ticket.opened_at,
        status="done",
        verdict={"no_answer": ["precedence-bulk"]},
        message=ticket.messages.get(),
    )
    message, told = answered(ticket)
    assert message is None
    assert told["reason"] == "no-answer: precedence-bulk"


def test_who_has_no_address_gets_nothing(world, answered):
    Identity.objects.filter(contact=world.vera).delete()
    message, told = answered()
    assert (message, told["reason"]) == (None, "no-address")


def test_a_ticket_merged_away_meanwhile(world, rule, drain, runs):
    rule({"do": "reply", "text": TEXT}, on="message_received")
    ticket, other = world.ticket(), world.ticket(at=None)
    drain()
    before = Message.objects.filter(kind=MessageKind.SYSTEM).count()
    world.receive(ticket, "Ещё")
    commands.merge(ticket.pk, into=other.pk, actor=world.as_anna)
    drain()
    assert Message.objects.filter(kind=MessageKind.SYSTEM).count() == before


def test_it_is_no_reply_for_clocks_and_answers_no_rule(world, answered, rule, drain, runs):
    rule({"do": "note", "text": "?"}, on="reply_sent")
    message, _told = answered()
    ticket = message.ticket
    ticket.refresh_from_db()
    assert ticket.waiting_since is not None
    assert not ticket.messages.filter(kind=MessageKind.NOTE).exists()
    assert timedelta(0) <= message.created_at - ticket.opened_at
