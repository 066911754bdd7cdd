"""The waiting list: tickets that nobody could take, given out the moment somebody can.

Whatever may make room, or bring somebody in, is heard of through the journal and asks for a drain; a sweep
every two seconds is the net, and the way a shift's beginning is noticed. A drain reads the list and
everybody's load without locks, and locks only for a ticket that somebody can have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

import structlog
from django.db import connection, transaction

from common import clock
from journal.actor import Actor
from journal.record import moment
from people.capacity import group_of
from people.models import Strategy
from routing.assignment import place
from routing.candidates import Pool, active, is_active
from routing.choosing import Need, choose
from routing.models import Waiting
from tickets.models import Ticket

log = structlog.get_logger(__name__)

ACTOR = Actor.system("assignment:waiting")
MOST_AT_ONCE = 5000


@dataclass(frozen=True)
class _Row:
    """One line of the list, as read without locks."""

    ticket_id: int
    team_id: int
    strategy: str
    need: Need


def drain(*, seconds: float = 20.0) -> int:
    """Give out what can be given, the most urgent and longest waiting first; returns how many tickets.

    A ticket that a colleague has locked is passed over: they are at it.
    """
    if not _is_any():
        return 0
    until = monotonic() + seconds
    now = clock.now()
    rows = list(_rows(now))
    if not rows:
        return 0
    pool = Pool.load({row.team_id for row in rows}, now)
    hopeless: set[tuple[int, str, Need]] = set()
    given = 0
    for row in rows:
        key = (row.team_id, row.strategy, row.need)
        if key in hopeless or monotonic() > until:
            continue
        if row.strategy != Strategy.NONE and choose(row.strategy, pool.of(row.team_id), row.need) is None:
            hopeless.add(key)  # nobody gets emptier while we give out
            continue
        try:
            user_id = _serve(row.ticket_id)
        except Exception:
            log.exception("waiting.failed", ticket=row.ticket_id)
            continue
        if user_id is not None:
            pool.give(row.team_id, user_id, row.need.group)
            given += 1
    return given


def _is_any() -> bool:
    """Asked every other second, and whenever room is made: mostly nothing waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM routing_waiting LIMIT 1")
        return cursor.fetchone() is not None


def _rows(now: datetime) -> Iterator[_Row]:
    """What waits and can be given, in order. Snoozed, pending or hidden ones keep their place meanwhile."""
    waiting = Waiting.objects.filter(ticket__in=Ticket.objects.filter(active(now), assignee=None))
    for ticket_id, team_id, strategy, own, channel, skills, language in (
        waiting.order_by("-ticket__priority", "since", "ticket")
        .values_list(
            "ticket", "team", "team__strategy", "strategy", "ticket__channel",
            "ticket__requirement__skills", "ticket__requirement__language",
        )[:MOST_AT_ONCE]
    ):  # fmt: skip
        need = Need(group_of(channel), frozenset(skills or ()), language or "")
        yield _Row(ticket_id, team_id, own or strategy, need)


@transaction.atomic
def _serve(ticket_id: int) -> int | None:
    """Give one ticket to somebody, if it still waits and somebody still can; returns to whom."""
    free = Ticket.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    ticket = free.filter(pk=ticket_id).first()
    row = Waiting.objects.filter(ticket=ticket_id).first()
    if ticket is None or row is None:
        return None
    at = moment("ticket", ticket.pk)
    if ticket.assignee_id is not None or ticket.team_id is None or not is_active(ticket, at):
        return None
    user = place(ticket, strategy=row.strategy, in_line=False, tell=False, actor=ACTOR, at=at)
    return user.pk if user else None
