"""What somebody's open pages hear of their notices: a passing message, and that the bell has changed."""

import json
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.db import connection
from django.utils import translation

from common.statements import Statement
from notifications.models import Notice
from notifications.words import Names, show
from tickets.models import Ticket

# For every notice there is: as a statement it costs a tenth of what the ORM takes. Names need these columns.
_COLUMNS = ["id", "user_id", "ticket_id", "kind", "data", "actor_kind", "actor_id", "count", "at", "read_at"]
_NOTICES = Statement(
    "notifications_notice",
    f"""
    SELECT {", ".join(f"notice.{column}" for column in _COLUMNS)}, ticket.subject, reader.language
      FROM notifications_notice notice
      JOIN people_user reader ON reader.id = notice.user_id
      LEFT JOIN tickets_ticket ticket ON ticket.id = notice.ticket_id
     WHERE notice.id = ANY(%s) AND notice.in_desk AND notice.read_at IS NULL
     ORDER BY notice.at, notice.id
    """,  # noqa: S608 - made of constants
)


def nudges_of(notice_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Nudges by person, in their language. What was read meanwhile is no news any more."""
    found = _read(notice_ids)
    names = Names(notice for notice, _language in found)
    told: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for notice, language in found:
        with translation.override(language):
            line = show(notice, names)
        number = f"#{line.ticket.pk}" if line.ticket else ""
        title = " · ".join(part for part in (number, line.title, line.who) if part)
        subjects = [one.ticket.subject for one in line.listed[:3]]
        told[notice.user_id].append(
            {
                "type": "message",
                "ticket": notice.ticket_id,
                "kind": notice.kind,
                "title": title,
                "text": line.text or (line.ticket.subject if line.ticket else ", ".join(subjects)),
            }
        )
    for nudges in told.values():
        nudges.append({"type": "notices"})
    return dict(told)


def _read(notice_ids: Collection[int]) -> list[tuple[Notice, str]]:
    """Notices with what is needed of their tickets, and the language of each one's reader."""
    with connection.cursor() as cursor:
        _NOTICES.run(cursor, [list(notice_ids)])
        rows = cursor.fetchall()
    found = []
    for *columns, subject, language in rows:
        notice = Notice.from_db(connection.alias, _COLUMNS, columns)
        if isinstance(notice.data, str):
            notice.data = json.loads(notice.data)
        number = notice.ticket_id
        notice.ticket = (
            Ticket.from_db(connection.alias, ["id", "subject"], [number, subject]) if number else None
        )
        found.append((notice, language))
    return found
