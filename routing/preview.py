"""What the conditions of a draft match now, while it is being edited. It changes nothing and asks for little.

The database is asked where it can answer. Otherwise the newest open tickets are looked at, as many as
``MOST_LOOKED_AT`` and within ``SECONDS``, and the answer says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from common import clock
from people.models import User
from tickets import conditions
from tickets.models import Ticket
from tickets.models.ticket import OPEN_WORK

MOST_COUNTED = 1000
MOST_LOOKED_AT = 1000
SECONDS = 1.0  # somebody types, and each pattern may take its time on each ticket
SHOWN = 20


@dataclass(frozen=True)
class Preview:
    """``count`` of ``looked_at`` tickets (None: of all); ``is_more``: there are more than were counted.

    ``tickets`` are the first ones, newest activity first, of those that the reader may see.
    """

    count: int
    is_more: bool
    looked_at: int | None
    tickets: list[Ticket]


def preview(tree: Mapping[str, Any], user: User) -> Preview:
    """Among open tickets, all of them counted; raises ``ConditionError`` for a tree that means nothing."""
    conditions.validate(tree)
    now = clock.now()
    context = conditions.Context(now)
    weaker = conditions.to_q(conditions.narrowed(tree), context)
    found = Ticket.objects.filter(OPEN_WORK).filter(weaker).order_by("-active_at", "-pk")
    if conditions.is_queryable(tree):
        ids = list(found.values_list("pk", flat=True)[: MOST_COUNTED + 1])
        return Preview(min(len(ids), MOST_COUNTED), len(ids) > MOST_COUNTED, None, _shown(ids, user))
    ids = list(found.values_list("pk", flat=True)[: MOST_LOOKED_AT + 1])
    looked_at = ids[:MOST_LOOKED_AT]
    rows = conditions.snapshots(looked_at, conditions.Asked(now), conditions.fields_of(tree))
    matching: list[int] = []
    seen, until = 0, monotonic() + SECONDS
    for pk in looked_at:
        seen += 1
        if pk in rows and conditions.evaluate(tree, rows[pk], context):
            matching.append(pk)
        if monotonic() > until:
            break
    is_more = len(ids) > seen
    return Preview(len(matching), is_more, seen if is_more else None, _shown(matching, user))


def _shown(ids: list[int], user: User) -> list[Ticket]:
    """The first of them that ``user`` may see, in their order."""
    rows = Ticket.objects.visible_to(user).filter(pk__in=ids)
    shown = rows.select_related("status", "requester", "team", "assignee").order_by("-active_at", "-pk")
    return list(shown[:SHOWN])
