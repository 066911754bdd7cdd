from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import record
from tickets import errors
from tickets.commands.base import begin
from tickets.events import TicketLinked, TicketUnlinked
from tickets.models import Link, Ticket


@transaction.atomic
def link(
    ticket_id: int, *, other: int, actor: Actor, kind: str = Link.Kind.RELATED, at: datetime | None = None
) -> Link:
    """Say that two tickets have to do with each other. The link hangs on ``ticket_id`` and shows on both."""
    if ticket_id == other:
        raise errors.Invalid("other", _("A ticket cannot be linked to itself."))
    ticket, at = begin(ticket_id, at)
    if not Ticket.objects.filter(pk=other).exists():
        raise errors.Invalid("other", _("There is no ticket #%(number)d.") % {"number": other})
    row, created = Link.objects.get_or_create(
        ticket=ticket, other_id=other, kind=kind, defaults={"created_at": at}
    )
    if created:
        record(TicketLinked(ticket.pk, other, kind), actor=actor, at=at)
    return row


@transaction.atomic
def unlink(ticket_id: int, *, other: int, actor: Actor, at: datetime | None = None) -> Ticket:
    """Remove every link between the two, whichever side it hangs on."""
    ticket, at = begin(ticket_id, at)
    both = Link.objects.filter(ticket_id__in=[ticket_id, other], other_id__in=[ticket_id, other])
    for row in both:
        row.delete()
        record(TicketUnlinked(ticket.pk, other, row.kind), actor=actor, at=at)
    return ticket
