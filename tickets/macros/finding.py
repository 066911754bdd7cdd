"""Which macros somebody has, and which of them come first."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from common import clock
from common.text import fold
from people.models import User
from people.teams import user_team_ids
from tickets.models import Macro, MacroUse, Ticket

HALF_LIFE = 14 * 24 * 3600  # seconds after which a use counts for half: what is used now goes before what was
OFFERED = 12


@dataclass(frozen=True)
class Weight:
    """How much somebody has used a macro, as it stood when they last did."""

    score: float
    at: float

    def now(self, instant: float) -> float:
        """Each use counts one when it happens, and half a fortnight later."""
        age: float = max(0.0, instant - self.at) / HALF_LIFE
        weight: float = self.score * 0.5**age
        return weight


def available_to(user: User) -> QuerySet[Macro]:
    """Their own, their teams', and everybody's, as long as they are in use."""
    shared = Q(owner=None) & (Q(team=None) | Q(team__in=user_team_ids(user)))
    return Macro.objects.filter(Q(owner=user) | shared, is_active=True)


def available_on(ticket: Ticket, user: User) -> QuerySet[Macro]:
    """Those that fit the ticket's brand."""
    return available_to(user).filter(Q(brand=None) | Q(brand=ticket.brand_id))


def offered(ticket: Ticket, user: User, words: str, *, limit: int = OFFERED) -> list[Macro]:
    """What the composer lists for what has been typed: lately and often used first. Two queries."""
    wanted = fold(words).split()
    rows = [
        row
        for row in available_on(ticket, user).defer("texts", "actions").select_related("team")
        if matches(row, wanted)
    ]
    instant = clock.now().timestamp()
    weights = {
        macro_id: Weight(score, at.timestamp()).now(instant)
        for macro_id, score, at in MacroUse.objects.filter(user=user).values_list(
            "macro_id", "score", "last_at"
        )
    }
    first = wanted[0] if wanted else ""
    rows.sort(
        key=lambda row: (
            not fold(row.name).startswith(first),
            -weights.get(row.pk, 0.0),
            row.owner_id is None,
            row.position,
            row.pk,
        )
    )
    return rows[:limit]


def matches(row: Macro, wanted: list[str]) -> bool:
    """Whether every word typed begins one of the name's or the folder's."""
    has = f" {fold(row.name)} {fold(row.folder)}"
    return all(f" {word}" in has or (len(word) > 2 and word in has) for word in wanted)
