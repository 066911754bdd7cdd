"""What messengers, chats and forms share: from an ``Incoming`` to a message of the right ticket.

The conversation outside (``Thread``) leads to the ticket; who writes is known by their identity. Everything
happens in the caller's transaction: the contact first, then the thread's lock, then the ticket's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from channels_in import blocking
from channels_in.models import Inbound, Inbox, Outbound, Thread, ThreadMessage
from channels_in.opening import moment_on
from channels_in.protocol import Incoming, Sender
from channels_in.settled import Settled
from channels_in.survivors import on_survivor
from channels_in.threading import refusal_of
from common import statements
from common.statements import Prepared
from common.text import one_line
from journal.actor import Actor
from people.commands.contacts import resolve_contact
from people.models import Contact, Proof, Team
from tickets import commands
from tickets.commands.base import survivor_id
from tickets.models import Link, Message, Service, Ticket, Topic

INTAKE = Actor.system("intake")
_SUBJECT = 120  # characters of a first message that become the subject


@dataclass(frozen=True)
class Opening:
    """What a new ticket is to be, where the conversation opens one."""

    subject: str = ""
    team: Team | None = None
    topic: Topic | None = None
    service: Service | None = None
    language: str = ""


def contact_of(sender: Sender) -> Contact:
    """Who writes, made if they are new. What a channel vouches for becomes verified."""
    proof = Proof.CHANNEL if sender.is_verified else ""
    return resolve_contact(sender.kind, sender.value, name=sender.name, language=sender.language, proof=proof)


def thread_of(inbox: Inbox, external_id: str, contact: Contact) -> Thread:
    """The conversation, locked until the end of the transaction, made if it is new."""
    rows = Thread.objects.select_for_update(no_key=True).filter(inbox=inbox, external_id=external_id)
    if (thread := rows.first()) is None:
        made = Thread(inbox=inbox, external_id=external_id, contact=contact)
        Thread.objects.bulk_create([made], ignore_conflicts=True)  # somebody may have been faster
        thread = rows.get()
    thread.inbox = inbox
    return thread


def waiting_before(inbound: Inbound) -> Inbound | None:
    """The newest message of the same conversation that came before this one and is not settled yet."""
    earlier = Inbound.objects.filter(
        inbox=inbound.inbox_id,
        status=Inbound.Status.PENDING,
        envelope_from=inbound.envelope_from,
        pk__lt=inbound.pk,
    )
    return earlier.order_by("-pk").defer("raw").first() if inbound.envelope_from else None


def message_called(thread: Thread, external_id: str) -> Message | None:
    """The message of ours or theirs that the messenger calls by this name."""
    row = ThreadMessage.objects.filter(thread=thread, external_id=external_id).first()
    return row.message if row is not None else None


_LOCKED: Prepared[tuple[int | None]] = Prepared(
    lambda thread: Thread.objects.select_for_update(no_key=True).filter(pk=thread).values_list("ticket_id"),
    thread=int,
)
_TICKET: Prepared[Ticket] = Prepared(lambda ticket: Ticket.objects.filter(pk=ticket), ticket=int)


def receive(
    inbound: Inbound,
    incoming: Incoming,
    *,
    opening: Opening | None = None,
    before: Callable[[int], None] | None = None,
    known: Thread | None = None,
) -> Settled:
    """Add what was said to its conversation's ticket, or open one (by ``opening``). Said twice is said once.

    ``before`` is called with the ticket's number just before: what came before this message is put there.
    ``known``: the conversation, where the channel keeps it; what is said there is its contact's, and the
    channel has seen to it that it was not said before. It is read again, locked.

    A solved ticket is reopened by the message as by a mail; one that was solved long ago, deleted or spam is
    followed by a new ticket, linked.
    """
    inbox = inbound.inbox
    blocked = blocking.blocked_by(incoming.sender.value) if incoming.sender.kind == "email" else None
    if blocked is not None:
        blocking.count_hit(blocked)
        return Settled.discarded("blocked", blocked.pattern)
    if known is not None:
        contact, thread = known.contact, known
        (thread.ticket_id,) = _LOCKED.get(thread=known.pk)
        thread.inbox = inbox
    else:
        contact = contact_of(incoming.sender)
        thread = thread_of(inbox, incoming.thread_id, contact)
        if (said := message_called(thread, incoming.external_id)) is not None:
            return Settled.done(said, "known")
    trace: list[dict[str, object]] = []
    ticket, earlier = _ticket_of(thread, incoming, trace)
    if ticket is None:
        ticket = open_for(thread, contact, incoming, opening or Opening())
        trace.append({"rule": "new", "outcome": "opened", "ticket": ticket.pk})
        if earlier is not None:
            kind = Link.Kind.FOLLOW_UP
            commands.link(ticket.pk, other=earlier.pk, kind=kind, actor=INTAKE, at=incoming.at)
            trace.append({"rule": "new", "outcome": "follow_up", "ticket": earlier.pk})
        at: datetime | None = incoming.at
    else:
        at = moment_on(ticket.pk, incoming.at)
    if before is not None:
        before(ticket.pk)
        at = None  # what came before has its own instant
    settled = Settled.done(add(thread, ticket.pk, contact, incoming, at=at))
    settled.trace = trace
    return settled


def add(
    thread: Thread, ticket_id: int, contact: Contact, incoming: Incoming, *, at: datetime | None = None
) -> Message:
    """The verb, and what the messenger calls the message from now on. ``at``: None is now."""
    message = on_survivor(
        ticket_id,
        lambda survivor: commands.receive_message(
            survivor,
            content=incoming.content,
            contact=contact,
            actor=Actor.contact(contact),
            channel=thread.inbox.kind,
            at=at,
        ),
    )
    statements.insert(ThreadMessage(thread=thread, external_id=incoming.external_id, message=message))
    thread.ticket_id = ticket_id
    thread.heard_at = incoming.at
    thread.is_blocked = False
    statements.update(thread, "ticket", "heard_at", "is_blocked")
    return message


def open_for(thread: Thread, contact: Contact, incoming: Incoming, opening: Opening) -> Ticket:
    """A new ticket, still without its message."""
    subject = opening.subject or incoming.content.subject or one_line(incoming.content.text, _SUBJECT)
    if not subject and incoming.content.files:
        subject = incoming.content.files[0].name
    return commands.open_ticket(
        brand=thread.inbox.brand,
        channel=thread.inbox.kind,
        requester=contact,
        subject=subject,
        team=opening.team or thread.inbox.team,
        topic=opening.topic,
        service=opening.service,
        language=opening.language or incoming.sender.language,
        actor=Actor.contact(contact),
        at=incoming.at,
    )


def _ticket_of(
    thread: Thread, incoming: Incoming, trace: list[dict[str, object]]
) -> tuple[Ticket | None, Ticket | None]:
    """Where the conversation goes on; or (None, what a new ticket follows)."""
    if thread.ticket_id is None:
        return None, None
    ticket = _TICKET.get(ticket=thread.ticket_id)
    if ticket.merged_into_id is not None:
        ticket = Ticket.objects.get(pk=survivor_id(ticket.merged_into_id))
    if refusal := refusal_of(ticket, incoming.at):
        trace.append({"rule": "conversation", "outcome": refusal, "ticket": ticket.pk})
        return None, ticket if refusal == "solved_long_ago" else None
    trace.append({"rule": "conversation", "outcome": "matched", "ticket": ticket.pk})
    return ticket, None


def attach(inbound: Inbound, incoming: Incoming, ticket_id: int, actor: Actor) -> Settled:
    """Put it into a ticket by hand."""
    contact = contact_of(incoming.sender)
    thread = thread_of(inbound.inbox, incoming.thread_id, contact)
    message = message_called(thread, incoming.external_id) or add(thread, ticket_id, contact, incoming)
    settled = Settled.done(message)
    settled.trace = [
        {"rule": "by_hand", "outcome": "attached", "ticket": message.ticket_id, "actor": actor.id}
    ]
    return settled


def remember_sent(outbound: Outbound, external_ids: list[str]) -> None:
    """What the messenger calls the pieces of a message of ours."""
    thread = Thread.objects.filter(
        inbox=outbound.inbox_id, external_id=(outbound.recipients or [""])[0]
    ).first()
    if thread is not None:
        ThreadMessage.objects.bulk_create(
            [ThreadMessage(thread=thread, external_id=one, message=outbound.message) for one in external_ids],
            ignore_conflicts=True,
        )
