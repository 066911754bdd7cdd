"""What tests of sending do and look at."""

from __future__ import annotations

from channels_in import sender
from channels_in.models import Inbound, Inbox, MailReference, Outbound
from channels_in.sender import send_due
from common import clock
from journal.drain import drain
from journal.models import Entry
from tests.mail_transport.test_listener import letter
from tickets.models import Message, Ticket


def deliver(ticket: Ticket) -> None:
    """What the worker does after a commit: the journal's subscribers, then the sender."""
    drain("ticket", ticket.pk)
    send_due()


def heard(ticket: Ticket, message: Message, inbox: Inbox, message_id: str) -> None:
    """What intake leaves behind of a mail."""
    MailReference.objects.create(external_id=message_id, message=message, ticket=ticket)
    Inbound.objects.create(
        inbox=inbox, raw=letter(), size=1, via="smtp", received_at=clock.now(), status="done",
        message=message, ticket=ticket, content_hash=message_id, external_id=message_id,
    )  # fmt: skip


def state(message: Message) -> Outbound:
    return Outbound.objects.get(message=message)


def kinds(ticket: Ticket) -> list[str]:
    return list(
        Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk)
        .order_by("sequence")
        .values_list("kind", flat=True)
    )


def due_again(message: Message) -> None:
    """Time passes."""
    sender._resting.clear()
    Outbound.objects.filter(message=message).update(not_before=clock.now())
