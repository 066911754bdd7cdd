"""What a customer may read of a conversation. Which requests they may see at all, the queryset's door says.

The requester, and whoever sees the organisation's requests, read everything that was said in public, but what
we said to another participant alone. Who was put in copy reads what they could have got by mail: all but
replies that went past them. Who is no more than a writer of their own messages (somebody answered a mail that
was passed on to them) reads those and what we answered to them.

Never anybody: notes, side threads, automatic mail that came in, what was withdrawn, and what can still be.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from common import clock
from people.models import Identity
from tickets.commands.posting import family_ids
from tickets.customers import Customer
from tickets.models import Attachment, Channel, Direction, Message, MessageKind, Participant, Ticket

_NO_UNDO = frozenset({Channel.CHAT, Channel.TELEGRAM})


@dataclass(frozen=True)
class Reader:
    """How one customer takes part in one request."""

    customer: Customer
    sees_all: bool  # as requester, or as one of the organisation
    in_copy: bool
    others: frozenset[str]  # addresses of the other participants

    def may_read(self, message: Message, now: datetime) -> bool:
        """Of a message in a request that they may see."""
        if not _is_said(message, now):
            return False
        if message.author_contact_id in self.customer.contact_ids:
            return True
        recipients = _recipients(message)
        if recipients & self.customer.addresses:
            return True
        if self.sees_all:
            return not recipients or not recipients <= self.others
        return self.in_copy and (message.kind == MessageKind.MESSAGE or not recipients)


def _is_said(message: Message, now: datetime) -> bool:
    if message.side_thread_id is not None or message.withdrawn_at is not None:
        return False
    if message.kind == MessageKind.SYSTEM:
        return message.direction == Direction.OUT
    if message.kind == MessageKind.REPLY:
        return now >= said_at(message)
    return message.kind == MessageKind.MESSAGE


def said_at(message: Message) -> datetime:
    """When a reply of ours can no longer be taken back."""
    undo = 0 if message.channel in _NO_UNDO else settings.REPLY_UNDO_SECONDS
    return message.created_at + timedelta(seconds=undo)


def _recipients(message: Message) -> frozenset[str]:
    if message.direction != Direction.OUT:
        return frozenset()
    return frozenset(str(one.get("address") or "").strip().lower() for one in [*message.to, *message.cc])


def reader_of(ticket: Ticket, customer: Customer) -> Reader:
    """Asks for participants and their addresses: two queries at most."""
    own = set(customer.contact_ids)
    rows = Participant.objects.filter(ticket=ticket).values_list("contact_id", "in_copy")
    participants = dict(rows)
    others = set(participants) - own - {ticket.requester_id}
    addresses = Identity.objects.filter(contact_id__in=others, kind=Identity.Kind.EMAIL)
    organization = customer.organization_id
    return Reader(
        customer=customer,
        sees_all=ticket.requester_id in own
        or (organization is not None and ticket.organization_id == organization),
        in_copy=any(participants.get(pk, False) for pk in own),
        others=frozenset(addresses.values_list("value", flat=True)) if others else frozenset(),
    )


def _family(ticket: Ticket, customer: Customer) -> list[int]:
    """The request, and of what was merged into it that which this customer could see before."""
    ids = [pk for pk in family_ids(ticket.pk) if pk != ticket.pk]
    if not ids:
        return [ticket.pk]
    return [ticket.pk, *Ticket.objects.of_customer(customer).filter(pk__in=ids).values_list("pk", flat=True)]


def _messages(ticket_ids: list[int]) -> QuerySet[Message]:
    automatic = Q(kind=MessageKind.SYSTEM, direction=Direction.IN)
    return (
        Message.objects.filter(ticket_id__in=ticket_ids, side_thread=None, withdrawn_at=None)
        .exclude(kind=MessageKind.NOTE)
        .exclude(automatic)
        .select_related("author_contact", "author_user")
        .prefetch_related("attachments")
    )


def said_to(customer: Customer, ticket: Ticket, *, most: int) -> tuple[list[Message], bool]:
    """The newest messages of a request, oldest first, and whether there are earlier ones.

    ``ticket`` has come through the door; a fixed number of queries.
    """
    reader, now = reader_of(ticket, customer), clock.now()
    rows = list(_messages(_family(ticket, customer)).order_by("-created_at", "-pk")[: most + 1])
    read = [message for message in rows[:most] if reader.may_read(message, now)]
    return read[::-1], len(rows) > most


def message_for(customer: Customer, message_id: int) -> Message | None:
    """A message that this customer may read, or None: the same rules for one, for its frame and its files."""
    message = Message.objects.select_related("ticket").filter(pk=message_id).first()
    if message is None:
        return None
    ticket = Ticket.objects.survivor_for(customer, message.ticket_id)
    if ticket is None:
        return None
    readable = reader_of(ticket, customer).may_read(message, clock.now())
    return message if readable else None


def attachment_for(customer: Customer, attachment_id: int) -> Attachment | None:
    """A file of such a message."""
    row = Attachment.objects.filter(pk=attachment_id, redacted_at=None).exclude(message=None).first()
    if row is None or row.message_id is None or message_for(customer, row.message_id) is None:
        return None
    return row
