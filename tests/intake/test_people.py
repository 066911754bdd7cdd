"""Who writes, who is in copy, and colleagues who work from their own mail program."""

from __future__ import annotations

from datetime import timedelta

import pytest

from channels_in import intake
from channels_in.models import Inbound, Inbox, Outbound
from common import clock
from journal.models import Entry
from people.models import Contact
from tests.intake.letters import FAIL, PASS, RELAY, letter
from tests.world import World
from tickets.models import Follower, Message, MessageKind, Participant, Ticket

pytestmark = pytest.mark.django_db

ANNA = "Anna Lind <anna@otklik.example>"
FORWARD = """\
Вера просит помочь, посмотрите.

---------- Forwarded message ---------
From: Пётр Седов <sedov@cafe.example>
Date: Mon, 16 Nov 2026 09:00:00 +0300
Subject: Течёт помпа
To: <anna@otklik.example>

Здравствуйте! Из-под машины течёт вода.
"""


@pytest.fixture
def relay(world: World) -> None:
    Inbox.objects.filter(pk=world.inbox.pk).update(authserv_ids=[RELAY])


def copied(ticket: Ticket) -> set[str]:
    return {one.contact.address for one in Participant.objects.filter(ticket=ticket, in_copy=True)}


# --- customers and those in copy ------------------------------------------------------------------


def test_people_in_copy_take_part_and_colleagues_follow(world: World, deliver):
    inbound = deliver(
        letter(
            to="support@zerno.example, Зоя <zoya@severgrad.example>",
            cc=f"help@zerno.example, support+x@zerno.example, peter@gmail.com, {ANNA}",
        )
    )

    assert copied(inbound.ticket) == {"zoya@severgrad.example", "peter@gmail.com"}
    assert [one.user for one in Follower.objects.filter(ticket=inbound.ticket)] == [world.anna]


def test_no_more_than_twenty_in_copy(world: World, deliver):
    everybody = ", ".join(f"colleague{number}@severgrad.example" for number in range(30))

    inbound = deliver(letter(cc=everybody))

    assert len(copied(inbound.ticket)) == 20
    assert {"rule": "copied", "outcome": "too_many", "count": 30, "kept": 20} in inbound.trace


def test_members_of_a_list_are_not_copied(world: World, deliver):
    inbound = deliver(letter(cc="all@list.example, zoya@severgrad.example", list_id="<all.list.example>"))

    assert copied(inbound.ticket) == set()


def test_somebody_unknown_with_a_token_adds_nobody(world: World, deliver, replied):
    ticket = world.ticket()
    ours = replied(ticket)

    deliver(letter(sender="x@elsewhere.example", cc="spy@elsewhere.example", in_reply_to=f"<{ours}>"))

    assert copied(ticket) == set()


def test_a_mail_without_a_sender_goes_into_quarantine(world: World, deliver):
    inbound = deliver(b"Subject: nobody\r\n\r\nHello\r\n")

    assert (inbound.status, inbound.cause) == (Inbound.Status.QUARANTINED, "no-sender")


def test_a_name_is_learnt_but_never_replaced(world: World, deliver):
    deliver(letter(sender="joe@bar.example"))
    deliver(letter(sender="Joe Bar <joe@bar.example>"))
    deliver(letter(sender="Somebody Else <joe@bar.example>"))

    assert Contact.objects.get(identities__value="joe@bar.example").name == "Joe Bar"


# --- colleagues -----------------------------------------------------------------------------------


def test_an_agents_mail_with_our_token_goes_out_as_their_reply(world: World, deliver, replied, drain, relay):
    ticket = world.ticket()
    ours = replied(ticket)

    inbound = deliver(
        letter(
            "Вода выключена?\n\n> Внутренняя заметка",
            sender=ANNA,
            in_reply_to=f"<{ours}>",
            cc="peter@gmail.com",
            auth=PASS.format("otklik.example"),
        )
    )
    drain()

    reply = inbound.message
    assert reply.kind == MessageKind.REPLY
    assert reply.author_user == world.anna
    # What she quotes may be a notice with private notes: the customer never gets it.
    assert (reply.text, reply.quoted_text) == ("Вода выключена?", "")
    assert set(Outbound.objects.get(message=reply).recipients) == {
        "vera@severgrad.example",
        "peter@gmail.com",
    }


def test_where_no_relay_is_known_an_agents_mail_becomes_a_note(world: World, deliver, replied):
    ticket = world.ticket()
    inbound = deliver(letter("Вернём деньги", sender=ANNA, in_reply_to=f"<{replied(ticket)}>"))

    assert inbound.message.kind == MessageKind.NOTE
    assert inbound.trace[-1]["reason"] == "unproven"


def test_an_agents_reply_that_collides_becomes_a_note(world: World, deliver, replied, drain, relay):
    ticket = world.ticket()
    ours = replied(ticket)
    world.receive(ticket, "Уже заработало, не приезжайте")

    proof = PASS.format("otklik.example")
    inbound = deliver(letter("Выезжаем", sender=ANNA, in_reply_to=f"<{ours}>", auth=proof))
    drain()

    note = inbound.message
    assert note.kind == MessageKind.NOTE
    assert note.text.startswith("Not sent to the customer")
    assert note.text.endswith("Выезжаем")
    assert not Outbound.objects.filter(message=note).exists()
    assert ("agent", "collision") in [(step["rule"], step["outcome"]) for step in inbound.trace]


def test_an_experts_mail_becomes_a_note(world: World, deliver, replied):
    ticket = world.ticket(team=world.second_line)
    ours = replied(ticket, user=world.boris)

    inbound = deliver(letter("Замените помпу", sender="egor@otklik.example", in_reply_to=f"<{ours}>"))

    assert inbound.message.kind == MessageKind.NOTE
    assert inbound.message.author_user == world.egor


def test_a_colleagues_reply_that_waited_long_here_still_goes_out(
    world: World, deliver, replied, relay, drain
):
    """Found in review: stamped with its arrival it counted as history, which nobody sends."""
    ticket = world.ticket()
    ours = replied(ticket)
    long_ago = clock.now() - timedelta(hours=2)
    Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk).update(happened_at=long_ago)
    mail = letter("Едем", sender=ANNA, in_reply_to=f"<{ours}>", auth=PASS.format("otklik.example"))
    inbound, _new = intake.store(world.inbox, mail, via="pipe")
    Inbound.objects.filter(pk=inbound.pk).update(received_at=clock.now() - timedelta(hours=1))

    intake.drain_pending(world.inbox.pk)
    drain()

    reply = Message.objects.get(author_user=world.anna, text="Едем")
    assert reply.kind == MessageKind.REPLY
    assert Outbound.objects.get(message=reply).status == Outbound.Status.WAITING


def test_an_agent_of_another_team_writes_a_note(world: World, deliver, replied):
    ticket = world.ticket(team=world.second_line)
    ours = replied(ticket, user=world.boris)

    assert deliver(letter("Ок", sender=ANNA, in_reply_to=f"<{ours}>")).message.kind == MessageKind.NOTE


def test_an_agents_address_alone_proves_nothing(world: World, deliver):
    ticket = world.ticket()

    forged = deliver(letter("Деньги вернём", sender=ANNA, subject=f"[#{ticket.pk}]"))

    assert forged.ticket != ticket
    assert forged.message.kind == MessageKind.MESSAGE
    assert ("subject", "unproven") in [(step["rule"], step["outcome"]) for step in forged.trace]


def test_an_agents_address_with_dkim_may_use_the_number(world: World, deliver, relay):
    ticket = world.ticket()

    inbound = deliver(
        letter("Едем", sender=ANNA, subject=f"[#{ticket.pk}]", auth=PASS.format("otklik.example"))
    )

    assert inbound.ticket == ticket
    assert inbound.message.author_user == world.anna


def test_an_agents_forged_address_with_a_token_says_nothing_in_their_name(
    world: World, deliver, replied, relay
):
    ticket = world.ticket()
    ours = replied(ticket)

    forged = deliver(
        letter("Деньги вернём", sender=ANNA, in_reply_to=f"<{ours}>", auth=FAIL.format("otklik.example"))
    )

    assert forged.ticket != ticket
    assert not Message.objects.filter(author_user=world.anna, text="Деньги вернём").exists()


def test_a_customer_with_a_token_cannot_write_as_an_agent(world: World, deliver, replied, relay, drain):
    ticket = world.ticket()
    ours = replied(ticket)

    forged = deliver(
        letter(
            "Деньги вернём",
            sender=ANNA,
            in_reply_to=f"<{ours}>",
            auth=f"{RELAY}; spf=pass; dkim=none; dmarc=none",
        )
    )
    drain()

    assert forged.message.kind == MessageKind.NOTE
    assert not Outbound.objects.filter(message=forged.message).exists()


def test_an_agents_absence_notice_is_nothing_for_the_ticket(world: World, deliver, replied):
    ticket = world.ticket()
    ours = replied(ticket)

    inbound = deliver(
        letter("В отпуске", sender=ANNA, in_reply_to=f"<{ours}>", auto_submitted="auto-replied")
    )

    assert (inbound.status, inbound.cause) == (Inbound.Status.DISCARDED, "auto-reply-of-agent")


def test_an_agents_forward_opens_a_ticket_of_the_original_sender(world: World, deliver, drain):
    inbound = deliver(letter(FORWARD, sender=ANNA, subject="Fwd: Течёт помпа"))
    drain()

    ticket = inbound.ticket
    assert ticket.requester.address == "sedov@cafe.example"
    assert ticket.subject == "Течёт помпа"
    assert "течёт вода" in inbound.message.text
    note = Message.objects.get(ticket=ticket, kind=MessageKind.NOTE)
    assert note.author_user == world.anna
    assert note.text == "Вера просит помочь, посмотрите."
    assert not Message.objects.filter(automatic_kind="acknowledgement").exists()


def test_a_customers_forward_is_the_customers(world: World, deliver):
    assert deliver(letter(FORWARD, subject="Fwd: Течёт помпа")).ticket.requester == world.vera


def test_an_unproven_forward_is_not_believed_where_our_relay_checks(world: World, deliver, relay):
    forged = deliver(letter(FORWARD, sender=ANNA, auth=f"{RELAY}; spf=none; dkim=none; dmarc=none"))

    assert forged.ticket.requester.address == "anna@otklik.example"
    assert not Message.objects.filter(kind=MessageKind.NOTE).exists()
