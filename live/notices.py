"""What somebody's open pages hear of their notices: a passing message, and that the bell has changed."""

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from django.utils import translation

from notifications.models import Notice
from notifications.words import Names, show


def nudges_of(notice_ids: Collection[int]) -> dict[int, list[dict[str, Any]]]:
    """Nudges by person, in their language. What was read meanwhile is no news any more."""
    notices = list(
        Notice.objects.filter(pk__in=notice_ids, in_desk=True, read_at=None)
        .select_related("ticket", "user")
        .order_by("at", "pk")
    )
    names = Names(notices)
    told: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for notice in notices:
        with translation.override(notice.user.language):
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
