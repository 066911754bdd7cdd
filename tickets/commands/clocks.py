"""What the clocks tell the ticket, for lists that are ordered by it."""

from datetime import datetime

from tickets.models import Ticket


def note_due(ticket_id: int, *, due_at: datetime | None) -> None:
    """Keep beside the ticket when its most pressing clock runs out.

    Derived from the clocks, which are derived from the journal: so no event, and no lock but the row's own.
    The caller holds the ticket's lock.
    """
    Ticket.objects.filter(pk=ticket_id).exclude(due_at=due_at).update(due_at=due_at)
