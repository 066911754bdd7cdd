"""A mail into its ticket, or into a new one: the verbs, and who takes part from now on."""

from datetime import datetime, timedelta

from channels_in.case import Case
from channels_in.models import MailReference
from channels_in.settled import Settled
from channels_in.survivors import on_survivor
from channels_in.threading import Found
from common import clock
from common.text import storable
from journal.actor import Actor
from journal.models import Entry
from people.models import Contact
from tickets import commands
from tickets.commands.base import survivor_id
from tickets.content import Content
from tickets.models import Link, Message, Participant, Ticket

INTAKE = Actor.system("intake")
MOST_IN_COPY = 20  # of one mail; more would make a mailing list of a ticket
_PROMPT = timedelta(minutes=1)


def append(case: Case, found: Found, ticket: Ticket, *, automatic_kind: str = "") -> Settled:
    """Add the mail to its ticket. People in copy join, unless the writer is unknown or a machine."""
    writer = case.writer
    side = found.side_thread
    spreads = not automatic_kind and side is None and not found.newcomer
    copied = _copied(case) if spreads else []
    made = case.people.make([(writer.address, writer.name), *copied], language=case.mail.language or "")
    contact = made[writer.address]
    at = moment_on(ticket.pk, case.received_at)
    # The message belongs to the ticket it answers, even if that one was merged: undoing takes it along.
    message = on_survivor(
        found.home or ticket.pk,
        lambda ticket_id: commands.receive_message(
            ticket_id,
            content=case.content,
            contact=contact,
            actor=Actor.contact(contact),
            channel="email",
            automatic_kind=automatic_kind,
            side_thread=side,
            in_copy=not found.newcomer,
            at=at,
        ),
    )
    case.people.heard_from(writer.address)
    current = Ticket.objects.get(pk=survivor_id(message.ticket_id))
    if spreads:
        _add_copied(case, current, [made[address] for address, _name in copied], at=at)
    _link_possible(current.pk, found, at=at)
    return Settled.done(message)


def open_new(
    case: Case,
    found: Found,
    *,
    automatic_kind: str = "",
    requester: tuple[str, str] | None = None,
    content: Content | None = None,
) -> Settled:
    """Open a ticket for the writer, or for ``requester`` (address, name) whose mail somebody passed on."""
    content = content or case.content
    address, name = requester or (case.writer.address, case.writer.name)
    spreads = not automatic_kind and requester is None
    copied = _copied(case) if spreads else []
    made = case.people.make([(address, name), *copied], language=case.mail.language or "")
    contact = made[address]
    at = case.received_at
    earlier = found.follow_up
    ticket = commands.open_ticket(
        brand=case.inbox.brand,
        channel="email",
        requester=contact,
        subject=content.subject,
        team=earlier.team if earlier and earlier.team else case.inbox.team,
        language=case.mail.language or "",
        actor=Actor.contact(contact),
        at=at,
    )
    message = commands.receive_message(
        ticket.pk,
        content=content,
        contact=contact,
        actor=Actor.contact(contact),
        channel="email",
        automatic_kind=automatic_kind,
        at=at,
    )
    if requester is None:
        case.people.heard_from(address)
    case.note("new", "opened", ticket=ticket.pk)
    if spreads:
        _add_copied(case, ticket, [made[one] for one, _name in copied], at=at)
    if earlier is not None:
        commands.link(ticket.pk, other=earlier.pk, kind=Link.Kind.FOLLOW_UP, actor=INTAKE, at=at)
        case.note("new", "follow_up", ticket=earlier.pk)
    _link_possible(ticket.pk, found, at=at)
    return Settled.done(message)


def moment_on(ticket_id: int, received_at: datetime) -> datetime | None:
    """When a mail's message happened: when it came in, unless the ticket has moved on since.

    None (now) for what is handled promptly, which is nearly everything.
    """
    if clock.now() - received_at < _PROMPT:
        return None
    Ticket.objects.lock(ticket_id)
    stream = Entry.objects.filter(stream_type="ticket", stream_id=ticket_id).order_by("-sequence")
    last = stream.values_list("happened_at", flat=True).first()
    return max(received_at, last) if last else received_at


def _copied(case: Case) -> list[tuple[str, str]]:
    """Who else the writer addressed and is no colleague of ours; nobody for a list's mail."""
    if case.mail.list_id:
        return []
    others = [(one, name) for one, name in case.addressees if case.people.user(one) is None]
    if len(others) > MOST_IN_COPY:
        case.note("copied", "too_many", count=len(others), kept=MOST_IN_COPY)
    return others[:MOST_IN_COPY]


def _add_copied(case: Case, ticket: Ticket, contacts: list[Contact], *, at: datetime | None) -> None:
    """Contacts in copy become participants who get our replies, colleagues become followers."""
    colleagues = [user for one, _name in case.addressees if (user := case.people.user(one)) is not None]
    if contacts:
        there = set(Participant.objects.filter(ticket=ticket).values_list("contact_id", flat=True))
        for contact in contacts:
            if contact.pk not in there and contact.pk != ticket.requester_id:
                commands.add_participant(ticket.pk, contact=contact, actor=INTAKE, in_copy=True, at=at)
    if not case.mail.list_id:
        for user in colleagues[:MOST_IN_COPY]:
            commands.follow(ticket.pk, user=user, actor=INTAKE, at=at)


def _link_possible(ticket_id: int, found: Found, *, at: datetime | None) -> None:
    for other in found.possibly:
        if other != ticket_id:
            commands.link(ticket_id, other=other, kind=Link.Kind.POSSIBLY, actor=INTAKE, at=at)


def remember(case: Case, message: Message) -> None:
    """Keep the mail's own Message-ID: what answers to it belongs where it went."""
    own_id = storable(case.mail.message_id or "").strip()[:500]
    if own_id:
        MailReference.objects.bulk_create(
            [MailReference(external_id=own_id, message=message, ticket_id=message.ticket_id)],
            ignore_conflicts=True,
        )
