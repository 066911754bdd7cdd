from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import record
from tickets import errors
from tickets.commands.base import begin
from tickets.commands.linking import link
from tickets.commands.opening import open_ticket
from tickets.commands.posting import recount
from tickets.events import MessagesSplit
from tickets.models import Attachment, Link, Message, MessageKind, SearchDocument, Ticket


@transaction.atomic
def split(
    ticket_id: int, *, message_ids: Iterable[int], actor: Actor, subject: str = "", at: datetime | None = None
) -> Ticket:
    """Take messages out into a new ticket of the author of the first, linked; returns the new one.

    At least one message must stay, and the first taken must be a customer's: it is the first contact.
    """
    ticket, at = begin(ticket_id, at)
    messages = list(
        Message.objects.filter(ticket=ticket, pk__in=set(message_ids), side_thread=None)
        .select_related("author_contact__organization")
        .order_by("created_at", "pk")
    )
    if not messages:
        raise errors.Invalid("messages", _("Choose the messages to take out."))
    first = messages[0]
    if first.kind != MessageKind.MESSAGE or first.author_contact is None:
        raise errors.Invalid("messages", _("The first message taken out must be the customer's."))
    if Message.objects.filter(ticket=ticket).count() == len(messages):
        raise errors.Invalid("messages", _("At least one message must stay."))
    new = open_ticket(
        brand=ticket.brand,
        channel=first.channel,
        requester=first.author_contact,
        subject=subject or first.subject or ticket.subject,
        team=ticket.team,
        priority=ticket.priority,
        language=ticket.language,
        actor=actor,
        at=first.created_at,
    )
    moved = [message.pk for message in messages]
    Message.objects.filter(pk__in=moved).update(ticket=new)
    Attachment.objects.filter(message_id__in=moved).update(ticket=new)
    SearchDocument.objects.filter(message_id__in=moved).update(ticket=new)
    record(MessagesSplit(ticket.pk, new.pk, moved), actor=actor, at=at)
    for changed in (ticket, new):
        recount(changed)
    new.active_at = at
    new.save(update_fields=["active_at"])
    link(new.pk, other=ticket.pk, kind=Link.Kind.SPLIT, actor=actor, at=at)
    return new
