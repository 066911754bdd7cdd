"""A mail comes in, becomes a ticket, and comes in again."""

from __future__ import annotations

import pytest

from channels_in import intake
from channels_in.models import Inbound, Inbox
from tests.intake.letters import letter
from tests.world import World
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


def test_a_first_mail_opens_a_ticket_of_its_sender(world: World, deliver):
    inbound = deliver(
        letter("Кофемашина не включается.\n\n> цитата", sender="Новый Гость <guest@hotel.example>")
    )

    assert inbound.status == Inbound.Status.DONE
    ticket = inbound.ticket
    assert ticket.subject == "Кофемашина"
    assert ticket.requester.address == "guest@hotel.example"
    assert ticket.requester.name == "Новый Гость"
    assert ticket.team == world.first_line
    assert ticket.opened_at == inbound.received_at
    assert ticket.language == "ru"
    assert inbound.message.text == "Кофемашина не включается."
    assert ticket.waiting_since is not None


def test_the_same_mail_delivered_again_is_the_same_row(world: World, deliver):
    raw = letter(message_id="<once@severgrad.example>")
    first = deliver(raw)
    again, created = intake.store(
        world.inbox, b"Received: from elsewhere\r\n" + raw.replace(b"\r\n", b"\n"), via="imap"
    )
    intake.drain_pending(world.inbox.pk)

    assert not created
    assert again.pk == first.pk
    assert Ticket.objects.count() == 1
    assert first.ticket.messages.count() == 1


def test_a_device_that_reuses_its_message_id_is_not_lost(world: World, deliver):
    one = deliver(letter("Нет бумаги", message_id="<printer@floor2>", date="Mon, 16 Nov 2026 10:00:00 +0300"))
    other = deliver(
        letter("Нет бумаги", message_id="<printer@floor2>", date="Tue, 17 Nov 2026 10:00:00 +0300")
    )

    assert one.pk != other.pk
    assert other.status == Inbound.Status.DONE


def test_a_mail_without_a_message_id_through_two_inboxes_is_one_ticket(world: World, deliver):
    sales = Inbox.objects.create(brand=world.brand, name="Продажи", address="sales@zerno.example")
    raw = letter(message_id="")

    assert deliver(raw).status == Inbound.Status.DONE
    assert deliver(raw, sales).status == Inbound.Status.DUPLICATE


def test_a_mail_costs_a_fixed_number_of_queries(world: World, deliver, django_assert_max_num_queries):
    first = deliver(letter())
    with django_assert_max_num_queries(50):
        deliver(letter(sender="new@cafe.example"))
    with django_assert_max_num_queries(42):
        deliver(letter(subject=f"#{first.ticket_id}"))
    for number in range(5):
        deliver(letter(f"Ещё {number}", subject=f"#{first.ticket_id}"))
    with django_assert_max_num_queries(42):
        deliver(letter("И ещё", subject=f"#{first.ticket_id}"))
