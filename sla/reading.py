"""What screens show of clocks: left in working time, the bar, who set what."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from calendars.versions import working_time
from common import clock as wall
from common.statements import Prepared
from sla import clock
from sla.clock import Stretch
from sla.deriving import columns
from sla.history import facts_of
from sla.models import Clock, Promise
from tickets.models import Ticket


@dataclass(frozen=True)
class Reading:
    """A clock as it stands. ``left`` is in its own time (working hours or all); negative once overdue.

    ``used`` is the share of the target used up, 0 to 1 and beyond; None where there is no target.
    """

    row: Clock
    left: timedelta | None
    used: float | None
    is_overdue: bool
    stretches: tuple[Stretch, ...] = ()
    promise: Promise | None = None

    @property
    def label(self) -> str:
        return str(Clock.Target(self.row.target).label)


def read(row: Clock, now: datetime) -> Reading:
    """One stored clock, without its bar."""
    working = working_time(row.calendar_version_id)
    left: timedelta | None = None
    if row.state == Clock.State.PAUSED and row.remaining_seconds is not None:
        left = timedelta(seconds=row.remaining_seconds)
    elif row.state == Clock.State.RUNNING and row.due_at is not None:
        left = working.between(now, row.due_at) or -working.between(row.due_at, now)
    used: float | None = None
    if row.target_seconds:
        if row.counted_seconds is not None:
            used = row.counted_seconds / row.target_seconds
        elif left is not None and not row.due_by_hand:
            used = 1 - left.total_seconds() / row.target_seconds
    overdue = row.state == Clock.State.BREACHED or (
        row.state == Clock.State.RUNNING and row.due_at is not None and row.due_at < now
    )
    return Reading(row, left, used, overdue)


_STORED: Prepared[Clock] = Prepared(
    lambda ticket: Clock.objects.filter(ticket=ticket).select_related(
        "policy_version__policy", "calendar_version__calendar"
    ),
    ticket=int,
)


def clocks_of(ticket: Ticket, now: datetime | None = None) -> list[Reading]:
    """All clocks of a ticket with their bars, in the order they started; counted anew from its journal.

    What is open comes with the stretches up to now, what has ended with those up to its end.
    """
    now = now or wall.now()
    stored = {(row.target, row.ordinal): row for row in _STORED.all(ticket=ticket.pk)}
    if not stored:
        return []
    ids = [ordinal for target, ordinal in stored if target == Clock.Target.PROMISE]  # of those merged in too
    made = Promise.objects.filter(pk__in=ids).select_related("user") if ids else ()
    promises = {row.pk: row for row in made}
    found: list[Reading] = []
    for one in clock.derive(facts_of(ticket.pk), working_time):
        row = stored.get((one.target, one.ordinal))
        if row is None:
            continue
        values = columns(one)
        working = working_time(values["calendar_version_id"])
        bar = clock.stretches(one.segments, one.stopped_at or now, working)
        plain = read(row, now)
        promise = promises.get(one.ordinal) if one.target == Clock.Target.PROMISE else None
        found.append(Reading(row, plain.left, plain.used, plain.is_overdue, tuple(bar), promise))
    return found


def most_pressing(ticket_ids: Iterable[int], now: datetime | None = None) -> dict[int, Reading]:
    """For each ticket the running clock that is due first, in one query; those without one are left out."""
    now = now or wall.now()
    rows = (
        Clock.objects.filter(ticket_id__in=list(ticket_ids), state=Clock.State.RUNNING, due_at__isnull=False)
        .order_by("ticket_id", "due_at")
        .distinct("ticket_id")
    )
    return {row.ticket_id: read(row, now) for row in rows}


@dataclass(frozen=True)
class Expected:
    """What a customer may know of the clocks of their request: when, never by which policy, nor how late.

    Empty where nothing runs; ``*_is_late`` where its time has passed.
    """

    answer_at: datetime | None = None
    answer_is_late: bool = False
    solution_at: datetime | None = None
    solution_is_late: bool = False
    promises: tuple[Promise, ...] = ()


def expected_of(ticket_id: int, now: datetime | None = None, *, promises_only: bool = False) -> Expected:
    """Two queries. ``promises_only``: what somebody has promised is told, what policies aim at is not."""
    now = now or wall.now()
    due: dict[str, datetime] = {}
    promised: list[int] = []
    for row in Clock.objects.filter(ticket_id=ticket_id, state=Clock.State.RUNNING, due_at__isnull=False):
        if row.target == Clock.Target.PROMISE:
            promised.append(row.ordinal)
        elif not promises_only and row.due_at is not None:
            target = "solution" if row.target == Clock.Target.RESOLUTION else "answer"
            due[target] = min(row.due_at, due.get(target, row.due_at))
    rows = Promise.objects.filter(pk__in=promised, state=Promise.State.OPEN).select_related("user")
    answer, solution = due.get("answer"), due.get("solution")
    return Expected(
        answer_at=answer,
        answer_is_late=answer is not None and answer < now,
        solution_at=solution,
        solution_is_late=solution is not None and solution < now,
        promises=tuple(rows.order_by("due_at")) if promised else (),
    )
