"""What every verb begins with."""

from datetime import datetime

from journal.record import moment
from tickets import errors
from tickets.models import Ticket


def begin(ticket_id: int, at: datetime | None) -> tuple[Ticket, datetime]:
    """Lock the ticket and fix the instant of the change.

    Raises ``errors.Merged``, which names the survivor, for a ticket that was merged away, and
    ``Ticket.DoesNotExist`` for none.
    """
    ticket = Ticket.objects.lock(ticket_id)
    if ticket.merged_into_id is not None:
        raise errors.Merged(ticket.pk, ticket.merged_into_id)
    return ticket, moment("ticket", ticket.pk, at)


def begin_on_survivor(ticket_id: int, at: datetime | None) -> tuple[Ticket, datetime]:
    """``begin`` where the ticket's merges lead, which is hardly ever elsewhere."""
    ticket = Ticket.objects.lock_unmerged(ticket_id)
    if ticket is None:
        return begin(survivor_id(ticket_id), at)
    return ticket, moment("ticket", ticket.pk, at)


def survivor_id(ticket_id: int) -> int:
    """Where a ticket's merges lead; itself if it was never merged. A ring ends at its first repeat."""
    seen = set()
    while ticket_id not in seen:
        seen.add(ticket_id)
        into: int | None = Ticket.objects.values_list("merged_into_id", flat=True).get(pk=ticket_id)
        if into is None:
            return ticket_id
        ticket_id = into
    return ticket_id
