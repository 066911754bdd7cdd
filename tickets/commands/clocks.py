"""What the clocks tell the ticket, for lists that are ordered by it."""

from datetime import datetime

from django.db import connection

from common.statements import Statement

_NOTE = Statement(
    "tickets_ticket",
    """
    UPDATE tickets_ticket SET due_at = %(due_at)s
     WHERE id = %(ticket)s AND due_at IS DISTINCT FROM %(due_at)s::timestamptz
    """,
)


def note_due(ticket_id: int, *, due_at: datetime | None) -> None:
    """Keep beside the ticket when its most pressing clock runs out.

    Derived from the clocks, which are derived from the journal: so no event, and no lock but the row's own.
    The caller holds the ticket's lock.
    """
    with connection.cursor() as cursor:
        _NOTE.run(cursor, {"ticket": ticket_id, "due_at": due_at})
