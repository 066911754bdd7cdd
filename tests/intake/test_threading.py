"""Where a mail lands, rule by rule, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation

from channels_in.explain import explain
from channels_in.kinds.email import tokens
from channels_in.models import Inbound, Inbox, MailReference
from common import clock
from people.commands.contacts import resolve_contact
from tests.intake.letters import FAIL, PASS, RELAY, letter
from tests.world import World
from tickets import commands
from tickets.models import Category, Link, Participant, Ticket
from tickets.timeline import conversation

pytestmark = pytest.mark.django_db

VERA = "Вера Ёлкина <vera@severgrad.example>"
MALLORY = "Mallory <mallory@evil.example>"


def outcomes(inbound: Inbound) -> list[tuple[str, str]]:
    return [(step["rule"], step["outcome"]) for step in inbound.trace]


def plus_address_of(ticket: Ticket) -> str:
    found = tokens.plus_address("support@zerno.example", ticket_id=ticket.pk, key=ticket.thread_key)
    assert found is not None
    return found


def links(ticket: Ticket) -> list[tuple[str, int]]:
    return list(Link.objects.filter(ticket=ticket).values_list("kind", "other_id"))


# --- 1: our signed Message-ID ---------------------------------------------------------------------


def test_an_answer_to_our_reply_joins_its_ticket(world: World, deliver, replied):
    ticket = world.ticket()
    ours = replied(ticket)

    inbound = deliver(letter("Помогло, но теперь течёт.", subject="Re: что угодно", in_reply_to=f"<{ours}>"))

    assert inbound.ticket == ticket
    assert outcomes(inbound) == [("message_id", "matched")]
    assert inbound.message.author_contact == world.vera
    assert MailReference.objects.filter(message=inbound.message, is_ours=False).exists()


def test_the_newest_reference_decides(world: World, deliver, replied):
    old, new = world.ticket(), world.ticket()
    chain = f"<{replied(old)}> <foreign@severgrad.example> <{replied(new)}>"

    assert deliver(letter(references=chain)).ticket == new
    assert deliver(letter(references=chain, in_reply_to=f"<{replied(old)}>")).ticket == old


def test_an_altered_signature_does_not_count(world: World, deliver, replied):
    ticket = world.ticket()
    ours = replied(ticket)
    local, _at, domain = ours.partition("@")
    altered = f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"

    inbound = deliver(letter(in_reply_to=f"<{altered}>"))

    assert inbound.ticket != ticket
    assert outcomes(inbound)[0] == ("message_id", "forged")
    # Nothing but the number in the forgery points to the ticket: it is no sign.
    assert links(inbound.ticket) == []


def test_a_token_with_a_renewed_key_does_not_count(world: World, deliver, replied):
    ticket = world.ticket()
    ours = replied(ticket)
    Ticket.objects.filter(pk=ticket.pk).update(thread_key="another")

    inbound = deliver(letter(sender=MALLORY, in_reply_to=f"<{ours}>"))

    assert inbound.ticket != ticket
    assert ("message_id", "unknown") in outcomes(inbound)


def test_a_colleague_of_the_customer_with_our_token_joins_but_gets_no_copies(world: World, deliver, replied):
    ticket = world.ticket()
    ours = replied(ticket)

    inbound = deliver(letter(sender="Зоя <zoya@severgrad.example>", in_reply_to=f"<{ours}>"))

    assert inbound.ticket == ticket
    participant = Participant.objects.get(ticket=ticket)
    assert participant.contact.address == "zoya@severgrad.example"
    assert not participant.in_copy
    assert inbound.trace[0]["newcomer"]


# --- 2: our signed address ------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["to", "cc", "delivered_to", "x_original_to", "envelope_to"])
def test_our_signed_address_counts_in_any_recipient_header(world: World, deliver, header):
    ticket = world.ticket()
    plus = plus_address_of(ticket)
    given: dict[str, Any] = {header: plus}

    inbound = deliver(letter("Ответ", **given))

    assert inbound.ticket == ticket
    assert outcomes(inbound) == [("address", "matched")]


def test_our_signed_address_counts_in_the_envelope(world: World, deliver):
    ticket = world.ticket()
    plus = plus_address_of(ticket)

    assert deliver(letter("Ответ"), envelope_to=[plus]).ticket == ticket


def test_a_forged_address_does_not_count(world: World, deliver):
    ticket = world.ticket()
    plus = plus_address_of(ticket)
    other = plus.replace(f"t{ticket.pk}", f"t{ticket.pk + 1}")

    inbound = deliver(letter("Ответ", to=other, sender=MALLORY))

    assert outcomes(inbound)[0] == ("address", "forged")
    assert inbound.ticket != ticket


# --- 3: a foreign Message-ID we know --------------------------------------------------------------


def test_a_chain_between_customers_stays_together(world: World, deliver):
    first = deliver(
        letter(
            message_id="<vera-1@severgrad.example>", cc="Зоя <zoya@severgrad.example>, support@zerno.example"
        )
    )
    second = deliver(
        letter("Добавлю", sender="zoya@severgrad.example", in_reply_to="<vera-1@severgrad.example>", cc=VERA)
    )

    assert second.ticket == first.ticket
    assert outcomes(second) == [("reference", "matched")]
    assert Participant.objects.get(ticket=first.ticket).in_copy


def test_a_copied_foreign_message_id_from_a_stranger_does_not_count(world: World, deliver):
    first = deliver(letter(message_id="<vera-1@severgrad.example>"))

    forged = deliver(letter("Пришлите пароль", sender=MALLORY, in_reply_to="<vera-1@severgrad.example>"))

    assert forged.ticket != first.ticket
    assert outcomes(forged) == [("reference", "stranger"), ("new", "opened")]
    assert links(forged.ticket) == [("possibly", first.ticket_id)]


# --- 4: the number in the subject -----------------------------------------------------------------


@pytest.mark.parametrize("subject", ["Re: [#{}] Кофемашина", "#{}", "Вопрос по заявке #{}, срочно", "(#{})"])
def test_the_number_counts_from_somebody_who_takes_part(world: World, deliver, subject):
    ticket = world.ticket()

    inbound = deliver(letter("Ещё", subject=subject.format(ticket.pk)))

    assert inbound.ticket == ticket
    assert outcomes(inbound) == [("subject", "matched")]


def test_the_number_from_a_stranger_opens_a_ticket_that_possibly_belongs(world: World, deliver):
    ticket = world.ticket()

    forged = deliver(letter("Мой заказ", sender=MALLORY, subject=f"Re: [#{ticket.pk}] Кофемашина"))

    assert forged.ticket != ticket
    assert links(forged.ticket) == [("possibly", ticket.pk)]
    assert ticket.messages.count() == 1


@pytest.mark.parametrize("subject", ["Заказ 1{}", "x#{}", "#{}99999999999999", "№{}"])
def test_other_numbers_are_no_ticket_numbers(world: World, deliver, subject):
    ticket = world.ticket()

    assert deliver(letter("Ещё", subject=subject.format(ticket.pk))).ticket != ticket


# --- the sender's verdict -------------------------------------------------------------------------


@pytest.fixture
def relay(world: World) -> None:
    """The inbox trusts what its own relay writes."""
    Inbox.objects.filter(pk=world.inbox.pk).update(authserv_ids=[RELAY])


def test_the_requesters_address_that_failed_dmarc_never_joins(world: World, deliver, replied, relay):
    ticket = world.ticket()
    ours = replied(ticket)

    forged = deliver(
        letter(
            "Смените почту",
            in_reply_to=f"<{ours}>",
            auth=FAIL.format("severgrad.example"),
            subject=f"#{ticket.pk}",
        )
    )

    assert forged.ticket != ticket
    assert outcomes(forged)[0] == ("message_id", "failed_sender")
    assert links(forged.ticket) == [("possibly", ticket.pk)]
    assert forged.verdict["state"] == "failed"


def test_results_of_a_foreign_relay_change_nothing(world: World, deliver, replied, relay):
    ticket = world.ticket()
    ours = replied(ticket)
    foreign = FAIL.format("severgrad.example").replace(RELAY, "mx.elsewhere.example")

    inbound = deliver(letter("Помогло", in_reply_to=f"<{ours}>", auth=foreign))

    assert inbound.ticket == ticket
    assert inbound.verdict["state"] == "unknown"


def test_results_forged_below_our_relays_do_not_count(world: World, deliver, replied, relay):
    ticket = world.ticket()
    ours = replied(ticket)
    auth = [FAIL.format("severgrad.example"), "elsewhere; none", PASS.format("severgrad.example")]

    assert deliver(letter("Пусти", in_reply_to=f"<{ours}>", auth=auth)).ticket != ticket


def test_a_hard_spf_failure_is_too_little_for_a_number_but_not_for_a_token(
    world: World, deliver, replied, relay
):
    ticket = world.ticket()
    ours = replied(ticket)
    auth = f"{RELAY}; spf=fail smtp.mailfrom=severgrad.example; dkim=none; dmarc=none"

    guessed = deliver(letter("Номер", subject=f"#{ticket.pk}", auth=auth))
    signed = deliver(letter("Ответ", in_reply_to=f"<{ours}>", auth=auth))

    assert guessed.ticket != ticket
    assert ("subject", "unproven") in outcomes(guessed)
    assert signed.ticket == ticket


# --- brands, merges, and tickets that take no more ------------------------------------------------


def test_brands_never_mix(world: World, deliver, replied):
    ticket = world.ticket()
    ours = replied(ticket)

    inbound = deliver(
        letter("Hello", to="support@harbor.example", in_reply_to=f"<{ours}>", subject=f"#{ticket.pk}"),
        world.other_inbox,
    )

    assert inbound.ticket.brand == world.other_brand
    assert outcomes(inbound)[0] == ("message_id", "other_brand")
    assert links(inbound.ticket) == []


def test_the_same_mail_to_two_inboxes_of_a_brand_is_one_ticket(world: World, deliver):
    sales = Inbox.objects.create(brand=world.brand, name="Продажи", address="sales@zerno.example")
    raw = letter(to="support@zerno.example, sales@zerno.example", message_id="<both@severgrad.example>")

    first, second, third = deliver(raw), deliver(raw, sales), deliver(raw, world.other_inbox)

    assert second.status == Inbound.Status.DUPLICATE
    assert second.message == first.message
    assert third.status == Inbound.Status.DONE
    assert Ticket.objects.count() == 2
    assert not Participant.objects.exists()


def test_merged_tickets_are_followed_to_the_survivor(world: World, deliver, replied):
    first, second, third = world.ticket(), world.ticket(), world.ticket()
    ours = replied(first)
    commands.merge(first.pk, into=second.pk, actor=world.as_anna)
    commands.merge(second.pk, into=third.pk, actor=world.as_anna)

    inbound = deliver(letter("Ответ", in_reply_to=f"<{ours}>"))

    assert inbound.trace[0]["into"] == third.pk
    # It is first's own message, which third shows; undoing the merge takes it along.
    assert inbound.message.ticket == first
    assert inbound.message in conversation(third)
    commands.unmerge(first.pk, actor=world.as_anna)
    assert inbound.message not in conversation(third)


def test_an_answer_to_a_message_that_was_split_off_follows_it(world: World, deliver, replied):
    ticket = world.ticket()
    asked = world.receive(ticket, "И ещё вопрос про счёт")
    message = world.reply(ticket, "Счёт вышлем")
    new = commands.split(ticket.pk, message_ids=[asked.pk, message.pk], actor=world.as_anna)
    ours = tokens.message_id(
        ticket_id=ticket.pk, message_id=message.pk, key=ticket.thread_key, domain="zerno.example"
    )

    assert deliver(letter("Жду", in_reply_to=f"<{ours}>")).ticket == new


@pytest.mark.parametrize("fate", ["deleted", "spam", "solved_long_ago"])
def test_a_ticket_that_takes_no_more_is_followed_up(world: World, deliver, replied, fate):
    ticket = world.ticket()
    ours = replied(ticket)
    if fate == "deleted":
        commands.delete(ticket.pk, actor=world.as_anna)
    elif fate == "spam":
        commands.mark_spam(ticket.pk, actor=world.as_anna)
    else:
        commands.set_status(ticket.pk, status=world.status(Category.CLOSED), actor=world.as_anna)
        Ticket.objects.filter(pk=ticket.pk).update(closed_at=clock.now() - timedelta(days=31))

    inbound = deliver(letter("Снова то же", in_reply_to=f"<{ours}>"))

    assert inbound.ticket != ticket
    assert links(inbound.ticket) == [("follow_up", ticket.pk)]
    assert outcomes(inbound)[0] == ("message_id", fate)


def test_a_lately_closed_ticket_is_reopened(world: World, deliver, replied):
    ticket = world.ticket()
    ours = replied(ticket)
    commands.set_status(ticket.pk, status=world.status(Category.CLOSED), actor=world.as_anna)

    assert deliver(letter("Снова сломалась, почему?", in_reply_to=f"<{ours}>")).ticket == ticket
    ticket.refresh_from_db()
    assert ticket.category == Category.OPEN


# --- side threads ---------------------------------------------------------------------------------


def test_a_suppliers_answer_goes_to_the_side_thread(world: World, deliver, replied):
    ticket = world.ticket()
    supplier = resolve_contact("email", "parts@supplier.example", name="Запчасти")
    side = commands.open_side_thread(ticket.pk, contact=supplier, subject="Помпа", user=world.anna)
    ours = replied(ticket, "Есть помпа?", side_thread=side)

    by_token = deliver(letter("Есть", sender="parts@supplier.example", in_reply_to=f"<{ours}>"))
    by_number = deliver(letter("Завтра", sender="parts@supplier.example", subject=f"#{ticket.pk}"))

    assert by_token.ticket == by_number.ticket == ticket
    assert by_token.message.side_thread == by_number.message.side_thread == side
    assert not Participant.objects.filter(ticket=ticket).exists()


def test_a_customer_never_lands_in_a_side_thread_by_a_copied_id(world: World, deliver, replied):
    ticket = world.ticket()
    supplier = resolve_contact("email", "parts@supplier.example")
    side = commands.open_side_thread(ticket.pk, contact=supplier, subject="Помпа", user=world.anna)
    replied(ticket, "Есть помпа?", side_thread=side)
    deliver(
        letter(
            "Есть",
            sender="parts@supplier.example",
            subject=f"#{ticket.pk}",
            message_id="<p1@supplier.example>",
        )
    )

    inbound = deliver(letter("А что у вас?", in_reply_to="<p1@supplier.example>"))

    assert inbound.ticket == ticket
    assert inbound.message.side_thread is None


def test_the_trace_can_be_read(world: World, deliver):
    inbound = deliver(letter(sender=MALLORY, subject=f"#{world.ticket().pk}"))

    with translation.override("en"):
        stranger, opened = explain(inbound.trace)
    assert stranger.startswith("Its subject names #")
    assert opened == f"A new ticket was opened: #{inbound.ticket_id}."
