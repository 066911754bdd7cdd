"""How far an entry is from the event that began it all."""

from dataclasses import dataclass

from django.db import connection

from journal.models import Entry


@dataclass(frozen=True)
class Chain:
    """``root_id`` is the first event; ``depth`` the causes between: 0 for what nothing of ours caused."""

    root_id: int
    depth: int


def chain_of(entry: Entry) -> Chain:
    """Follow the causes; one query, none for an entry without a cause."""
    if entry.cause_id is None:
        return Chain(entry.pk, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH RECURSIVE causes(id, cause_id, depth) AS (
                SELECT id, cause_id, 0 FROM journal_entry WHERE id = %s
                UNION ALL
                SELECT cause.id, cause.cause_id, depth + 1
                  FROM causes JOIN journal_entry cause ON cause.id = causes.cause_id
            )
            SELECT id, depth FROM causes ORDER BY depth DESC LIMIT 1
            """,
            [entry.pk],
        )
        root_id, depth = cursor.fetchone()
    return Chain(root_id, depth)
