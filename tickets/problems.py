"""Reading problems: by words, in pages, and how many people ask because of each.

Counts are of all tickets, also of those a reader may not see: how many ask is what a problem weighs, and
tells nothing of what they wrote. Tickets themselves are shown through ``Ticket.objects.visible_to`` only.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import connection
from django.db.models import Q, QuerySet

from common.text import fold
from people.models.organization import Tier
from tickets.models import Category, Problem

MOST_COUNTED = 5_000  # tickets of one problem; beyond, a count is "more than"


def search(rows: QuerySet[Problem], words: str) -> QuerySet[Problem]:
    """Those with each of the words in their title, description or tracker link; newest change first."""
    for word in fold(words).split()[:8]:
        rows = rows.filter(
            Q(title__folded__contains=word)
            | Q(plain__folded__contains=word)
            | Q(tracker_title__folded__contains=word)
            | Q(tracker_url__icontains=word)
        )
    return rows.order_by("-changed_at", "-pk")


@dataclass(frozen=True)
class Counts:
    """Tickets neither spam nor merged nor deleted, of how many distinct people. ``tiers``: people, not zero.

    A person whose tickets are of organisations of two tiers is in both. ``is_more``: only the newest were
    counted.
    """

    tickets: int = 0
    open: int = 0
    people: int = 0
    tiers: dict[str, int] = field(default_factory=dict)
    is_more: bool = False


# Of each problem its newest tickets, by their index: whatever there are, no more are read.
_TIERS = ", ".join(f"count(DISTINCT person) FILTER (WHERE tier = '{tier}')" for tier in Tier.values)
_COUNT = f"""
    SELECT asked.id, counted.* FROM unnest(%(ids)s::bigint[]) AS asked(id)
    CROSS JOIN LATERAL (
        SELECT count(*), count(*) FILTER (WHERE category < %(solved)s), count(DISTINCT person), {_TIERS}
        FROM (
            SELECT ticket.category, COALESCE(contact.survivor_id, contact.id) AS person,
                   COALESCE(organization.tier, 'standard') AS tier
              FROM tickets_ticket AS ticket
              JOIN people_contact AS contact ON contact.id = ticket.requester_id
              LEFT JOIN people_organization AS organization ON organization.id = ticket.organization_id
             WHERE ticket.problem_id = asked.id AND NOT ticket.is_hidden
             ORDER BY ticket.id DESC LIMIT %(most)s
        ) AS newest
    ) AS counted
"""  # noqa: S608 - made of constants


def counts(problem_ids: Iterable[int]) -> dict[int, Counts]:
    """Of several problems, in one query."""
    ids = list(problem_ids)
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"ids": ids, "solved": Category.RESOLVED, "most": MOST_COUNTED + 1})
        rows = cursor.fetchall()
    return {
        pk: Counts(
            tickets=min(tickets, MOST_COUNTED),
            open=unsolved,
            people=people,
            tiers={tier: n for tier, n in zip(Tier.values, tiers, strict=True) if n},
            is_more=tickets > MOST_COUNTED,
        )
        for pk, tickets, unsolved, people, *tiers in rows
    }
