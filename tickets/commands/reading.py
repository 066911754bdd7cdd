"""Read marks: no journal, since who has read what changes nothing for the customer."""

from django.db import connection

from people.models import User
from tickets.models import ReadMark


def mark_read(ticket_id: int, *, user: User, message_id: int) -> None:
    """Remember that ``user`` has read up to ``message_id``; marks only move forward."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO tickets_readmark (ticket_id, user_id, message_id) VALUES (%s, %s, %s)
            ON CONFLICT (ticket_id, user_id) DO UPDATE SET message_id = EXCLUDED.message_id
             WHERE tickets_readmark.message_id < EXCLUDED.message_id
            """,
            [ticket_id, user.pk, message_id],
        )


def mark_unread(ticket_id: int, *, user: User) -> None:
    ReadMark.objects.filter(ticket_id=ticket_id, user=user).delete()
