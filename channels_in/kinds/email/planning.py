"""How a message leaves by mail: whence, to whom, under which Message-ID."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.utils.translation import gettext_noop

from channels_in.kinds.email.compose import message_id_of, recipients_of
from channels_in.kinds.email.letter import to_ascii
from channels_in.models import Inbox
from channels_in.protocol import Plan
from people.commands.contacts import clear_bounce
from people.models import Identity
from tickets.models import Message
from tickets.undelivered import left_out


def plan(message: Message) -> Plan | None:
    """None where the brand has never had a mail inbox."""
    active = inbox_for(message)
    # One that is switched off cannot send, but the message can wait there to be tried again.
    inbox = active or Inbox.objects.filter(kind="email", brand=message.ticket.brand).order_by("pk").first()
    if inbox is None:
        return None
    recipients, skipped = _recipients(message)
    problem = None
    if active is None:
        problem = (gettext_noop("This brand has no active mail inbox."), "no-inbox")
    elif not recipients and skipped:
        problem = left_out(skipped)
    elif not recipients:
        problem = (gettext_noop("There is no address to send this to."), "no-recipient")
    return Plan(
        inbox=inbox,
        external_id=message_id_of(message, inbox),
        recipients=recipients,
        skipped=skipped,
        undo=timedelta(seconds=0 if message.is_automatic else settings.REPLY_UNDO_SECONDS),
        problem=problem,
    )


def inbox_for(message: Message) -> Inbox | None:
    """Whence a message leaves: the mail inbox that the customer (or the side thread's partner) wrote to last.

    Where none has, or it is switched off, the brand's first active one.
    """
    ticket = message.ticket
    mine = Inbox.objects.filter(kind="email", is_active=True, brand=ticket.brand).select_related("brand")
    heard = mine.filter(
        inbound__message__ticket=ticket, inbound__message__side_thread=message.side_thread
    ).order_by("-inbound__id")
    return heard.first() or mine.order_by("pk").first()


def forgive(addresses: Sequence[str]) -> None:
    """Asking again is a person's judgement that the address works, so its bounce is forgotten."""
    for address in addresses:
        clear_bounce(address)


def _recipients(message: Message) -> tuple[list[str], list[str]]:
    """Envelope addresses, each once; and those left out because mail to them has bounced."""
    to, cc = recipients_of(message)
    wanted = list(dict.fromkeys(to_ascii(person.address.lower()) for person in [*to, *cc]))
    dead = set(
        Identity.objects.filter(kind=Identity.Kind.EMAIL, value__in=wanted)
        .exclude(bounced_at=None)
        .values_list("value", flat=True)
    )
    return [one for one in wanted if one not in dead], [one for one in wanted if one in dead]
