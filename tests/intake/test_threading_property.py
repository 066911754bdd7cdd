"""Random conversations with shuffled headers: answers always land in their ticket, strangers never."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels_in import intake
from channels_in.kinds.email import tokens
from channels_in.models import Inbound
from people.commands.contacts import resolve_contact
from tests.intake.letters import letter
from tests.world import World
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db

CUSTOMERS = ["vera@severgrad.example", "peter@gmail.com", "zoya@cafe.example"]


@dataclass
class Conversation:
    """What mail programs of its people know: ids of the mails in it, in order."""

    ticket: Ticket
    customer: str
    ours: list[str] = field(default_factory=list)
    theirs: list[str] = field(default_factory=list)


# One move: (which conversation, what is done, how the headers look)
moves = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(
            ["reply", "answer", "answer_by_address", "chain", "number", "forge", "copy", "guess", "tamper"]
        ),
        st.randoms(use_true_random=False),
    ),
    min_size=3,
    max_size=14,
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(moves=moves)
def test_answers_land_in_their_ticket_and_strangers_never(world: World, moves):
    with transaction.atomic():
        talk = [Conversation(world.ticket(requester=resolve_contact("email", one)), one) for one in CUSTOMERS]
        for number, (index, move, random) in enumerate(moves):
            play(world, talk, talk[index], move, random, number)
        for one in talk:
            authors = Message.objects.filter(ticket=one.ticket, kind="message")
            assert set(authors.values_list("author_contact__identities__value", flat=True)) == {one.customer}
        transaction.set_rollback(True)


def play(world: World, talk: list[Conversation], one: Conversation, move: str, random, number: int) -> None:
    if move == "reply":
        message = world.reply(one.ticket, f"Ответ {number}")
        one.ours.append(
            tokens.message_id(
                ticket_id=one.ticket.pk,
                message_id=message.pk,
                key=one.ticket.thread_key,
                domain="zerno.example",
            )
        )
        return
    sender, headers, belongs = mail_of(talk, one, move, random)
    if not headers:
        return
    own_id = f"<m{number}-{random.random()}@mail.example>"
    raw = letter(f"Текст {number}", sender=sender, message_id=own_id, **{"subject": "Привет", **headers})
    inbound, _created = intake.store(world.inbox, raw, via="pipe")
    intake.drain_pending(world.inbox.pk)
    inbound = Inbound.objects.get(pk=inbound.pk)
    assert inbound.status == Inbound.Status.DONE
    if belongs:
        assert inbound.ticket_id == one.ticket.pk, inbound.trace
        one.theirs.append(own_id.strip("<>"))
    else:
        assert inbound.ticket_id not in {other.ticket.pk for other in talk}, inbound.trace


def mail_of(talk, one: Conversation, move: str, random) -> tuple[str, dict[str, str], bool]:
    """(sender, headers, whether the mail belongs to the conversation); no headers: nothing to play."""
    noise = [f"<noise{random.randrange(99)}@list.example>" for _ in range(random.randrange(4))]
    stranger = f"mallory{random.randrange(99)}@evil.example"
    if move == "answer" and one.ours:
        # Our newest id is behind everything of other conversations, somewhere among foreign ones.
        others = [f"<{token}>" for other in talk if other is not one for token in other.ours]
        chain = [*others, *noise, f"<{one.ours[-1]}>"]
        if random.random() < 0.5:
            return one.customer, {"references": " ".join(chain)}, True
        return (
            one.customer,
            {"references": " ".join([*others, *noise]), "in_reply_to": f"<{one.ours[-1]}>"},
            True,
        )
    if move == "answer_by_address":
        plus = tokens.plus_address(
            "support@zerno.example", ticket_id=one.ticket.pk, key=one.ticket.thread_key
        )
        header = random.choice(["to", "cc", "delivered_to", "x_original_to"])
        return (
            one.customer,
            {header: random.choice([str(plus), str(plus).upper()]), "references": " ".join(noise)},
            True,
        )
    if move == "chain" and one.theirs:
        return one.customer, {"references": " ".join([*noise, f"<{random.choice(one.theirs)}>"])}, True
    if move == "number":
        return (
            one.customer,
            {"subject": f"Re: [#{one.ticket.pk}] Привет", "references": " ".join(noise)},
            True,
        )
    if move == "guess":
        return stranger, {"subject": f"Re: [#{one.ticket.pk}] Привет"}, False
    if move == "copy" and one.theirs:
        return stranger, {"in_reply_to": f"<{random.choice(one.theirs)}>"}, False
    if move in {"forge", "tamper"} and one.ours:
        local, _at, domain = one.ours[-1].partition("@")
        place = random.randrange(1, len(local))
        letter_there = "2" if local[place] != "2" else "3"
        broken = f"{local[:place]}{letter_there}{local[place + 1 :]}@{domain}"
        header = "in_reply_to" if move == "forge" else "references"
        return stranger, {header: f"<{broken}>", "subject": f"#{one.ticket.pk}"}, False
    return stranger, {}, False
