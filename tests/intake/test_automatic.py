"""Machines write to us: absence notices, shops, reports of delivery, and ourselves."""

from __future__ import annotations

import pytest

from channels_in.models import Inbound, Outbound
from people.commands.contacts import resolve_contact
from people.models import Identity
from tests.intake.letters import delivery_report, letter
from tests.world import World
from tickets import commands
from tickets.models import Category, Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db

VERA = "vera@severgrad.example"


def mail_of(world: World) -> list[Message]:
    return list(Message.objects.filter(automatic_kind="acknowledgement"))


def test_an_absence_notice_is_shown_and_reopens_nothing(world: World, deliver, replied, drain):
    ticket = world.ticket()
    ours = replied(ticket)
    commands.set_status(ticket.pk, status=world.status(Category.RESOLVED), actor=world.as_anna)

    inbound = deliver(
        letter("Я в отпуске до 1 декабря.", in_reply_to=f"<{ours}>", auto_submitted="auto-replied")
    )
    drain()

    ticket.refresh_from_db()
    assert inbound.ticket == ticket
    assert inbound.message.kind == MessageKind.SYSTEM
    assert inbound.message.automatic_kind == "auto-reply"
    assert ticket.category == Category.RESOLVED
    assert mail_of(world) == []


def test_an_absence_notice_without_a_ticket_opens_none(world: World, deliver):
    inbound = deliver(letter("Я в отпуске", subject="Автоответ: привет", auto_submitted="auto-replied"))

    assert (inbound.status, inbound.cause) == (Inbound.Status.DISCARDED, "auto-reply-without-ticket")
    assert Ticket.objects.count() == 0


def test_a_shops_mail_opens_a_ticket_without_an_acknowledgement(world: World, deliver, drain):
    inbound = deliver(letter("Заказ 77 оплачен", sender="shop@shop.example", auto_submitted="auto-generated"))
    drain()

    assert inbound.status == Inbound.Status.DONE
    assert inbound.message.automatic_kind == "auto-generated"
    assert mail_of(world) == []


def test_what_a_person_typed_into_a_form_is_that_persons(world: World, deliver, drain):
    inbound = deliver(
        letter(
            "Хочу кофемашину",
            sender="Сайт <no-reply@site.example>",
            reply_to="Глеб <gleb@cafe.example>",
            auto_submitted="auto-generated",
        )
    )
    drain()

    assert inbound.ticket.requester.address == "gleb@cafe.example"
    assert inbound.message.kind == MessageKind.MESSAGE
    assert inbound.trace[0]["outcome"] == "reply_to"
    assert mail_of(world) == []


def test_a_reply_to_does_not_make_somebody_take_part(world: World, deliver):
    ticket = world.ticket()

    inbound = deliver(
        letter("Пустите", sender="no-reply@evil.example", reply_to=VERA, subject=f"Re: [#{ticket.pk}]")
    )

    assert inbound.ticket != ticket


# --- reports of delivery --------------------------------------------------------------------------


def test_a_bounce_is_shown_on_the_message_that_bounced(world: World, deliver, replied, drain):
    ticket = world.ticket()
    ours = replied(ticket)
    Outbound.objects.update(status=Outbound.Status.SENT, recipients=[])

    inbound = deliver(delivery_report(ours))
    drain()

    outbound = Outbound.objects.get(external_id=ours)
    assert inbound.ticket == ticket
    assert inbound.message.automatic_kind == "bounce"
    assert outbound.status == Outbound.Status.BOUNCED
    assert outbound.status_code == "5.1.1"
    assert "No such user" in outbound.server_words
    assert outbound.recipients == [VERA]
    assert outbound.bounce == inbound.message
    assert Identity.objects.get(value=VERA).bounced_at is not None
    assert Ticket.objects.count() == 1
    assert mail_of(world) == []


def test_a_customer_who_writes_again_has_a_working_address(world: World, deliver, replied):
    ours = replied(world.ticket())
    deliver(delivery_report(ours))

    deliver(letter("Теперь работает"))

    assert Identity.objects.get(value=VERA).bounced_at is None


def test_a_bounce_of_nothing_we_sent_is_discarded(world: World, deliver):
    inbound = deliver(delivery_report("something@elsewhere.example"))

    assert (inbound.status, inbound.cause) == (Inbound.Status.DISCARDED, "bounce-without-message")
    assert Ticket.objects.count() == 0
    assert Identity.objects.get(value=VERA).bounced_at is None


def test_a_forged_report_marks_nobody_elses_address(world: World, deliver, replied):
    ours = replied(world.ticket())

    deliver(delivery_report(ours, recipient="peter@gmail.com"))

    assert Identity.objects.get(value="peter@gmail.com").bounced_at is None


def test_a_report_of_delay_changes_no_state(world: World, deliver, replied):
    ours = replied(world.ticket())
    Outbound.objects.update(status=Outbound.Status.SENT)

    deliver(delivery_report(ours, action="delayed", status="4.4.1", words="smtp; 451 try later"))

    outbound = Outbound.objects.get(external_id=ours)
    assert outbound.status == Outbound.Status.SENT
    assert "try later" in outbound.server_words
    assert Identity.objects.get(value=VERA).bounced_at is None


def test_a_report_of_success_marks_the_message_delivered(world: World, deliver, replied):
    ours = replied(world.ticket())
    Outbound.objects.update(status=Outbound.Status.SENT)

    deliver(delivery_report(ours, action="delivered", status="2.0.0", words="smtp; 250 ok"))

    assert Outbound.objects.get(external_id=ours).status == Outbound.Status.DELIVERED


# --- ourselves ------------------------------------------------------------------------------------


def test_our_own_reply_come_back_makes_nothing(world: World, deliver, replied):
    ticket = world.ticket()
    ours = replied(ticket)

    inbound = deliver(
        letter(
            "Проверьте предохранитель.", sender="Anna (Зерно) <support@zerno.example>", message_id=f"<{ours}>"
        )
    )

    assert (inbound.status, inbound.cause) == (Inbound.Status.DISCARDED, "own-message")
    assert ticket.messages.count() == 2


def test_mail_from_our_own_address_is_never_answered(world: World, deliver, drain):
    inbound = deliver(letter("Отчёт", sender="support@zerno.example"))
    drain()

    assert inbound.status == Inbound.Status.DONE
    assert "own-address" in inbound.verdict["no_answer"]
    assert mail_of(world) == []


def test_two_brands_that_write_to_each_other_do_not_loop(world: World, deliver, replied, drain):
    ticket = world.ticket(requester=resolve_contact("email", "support@harbor.example"))
    ours = replied(ticket)

    there = deliver(
        letter(
            "Проверьте", sender="support@zerno.example", to="support@harbor.example", message_id=f"<{ours}>"
        ),
        world.other_inbox,
    )
    drain()

    assert there.ticket.brand == world.other_brand
    assert mail_of(world) == []


@pytest.mark.parametrize("header", ["x_loop", "list_id", "list_unsubscribe", "x_auto_response_suppress"])
def test_a_person_on_a_list_is_a_person_without_an_acknowledgement(world: World, deliver, drain, header):
    inbound = deliver(letter("Вопрос", **{header: "<all@list.example>" if "list" in header else "All"}))
    drain()

    assert inbound.message.kind == MessageKind.MESSAGE
    assert inbound.ticket.waiting_since is not None
    assert mail_of(world) == []


# --- words alone throw nothing away ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("subject", "text", "sender"),
    [
        ("Delivery failed", "My coffee machine was not delivered.", "Joe <joe@bar.example>"),
        ("Vacation days", "How many do I have left?", "Joe <joe@bar.example>"),
        ("Вопрос", "Не работает почта", "Системный администратор <admin@bar.example>"),
    ],
)
def test_a_person_who_uses_a_machines_words_gets_a_ticket(world: World, deliver, subject, text, sender):
    inbound = deliver(letter(text, subject=subject, sender=sender))

    assert inbound.status == Inbound.Status.DONE
    assert inbound.message.kind == MessageKind.MESSAGE
    assert inbound.ticket.waiting_since is not None


def test_an_absence_notice_told_by_its_subject_alone_does_not_reopen(world: World, deliver, replied):
    ticket = world.ticket()
    ours = replied(ticket)
    commands.set_status(ticket.pk, status=world.status(Category.RESOLVED), actor=world.as_anna)

    inbound = deliver(letter("Вернусь в среду", subject="Автоответ: Кофемашина", in_reply_to=f"<{ours}>"))

    ticket.refresh_from_db()
    assert inbound.message.automatic_kind == "auto-reply"
    assert ticket.category == Category.RESOLVED
