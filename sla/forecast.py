"""At risk: when what is left to do before a clock does not fit, at the present pace.

A queue is what one team has to do of one kind: to respond (first and next responses) or to resolve. Its pace
is how many such clocks ended per hour of the team's working time over the last day (over the last week, when
that were fewer than five). The k-th of the queue, by due time, is then done after k / pace hours of working
time. Without any pace nothing is forecast.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count

from calendars.arithmetic import WorkingTime
from calendars.versions import current_version_id, default_version_id, working_time
from common import clock
from people.models import Team
from sla.models import Clock

DAY, WEEK = timedelta(days=1), timedelta(days=7)
FEWEST = 5
HORIZON = timedelta(days=5)  # what is due later is nobody's worry today
LONGEST_QUEUE = 5000
ROUND = 900  # seconds; a forecast is no promise, and each change is a row written
CHUNK = 500

RESPOND, RESOLVE = "respond", "resolve"
_KINDS = {
    Clock.Target.FIRST_RESPONSE: RESPOND,
    Clock.Target.NEXT_RESPONSE: RESPOND,
    Clock.Target.RESOLUTION: RESOLVE,
}
Queue = tuple[int | None, str]  # team, kind


@dataclass(frozen=True)
class Waiting:
    """A running clock, as far as the forecast cares."""

    pk: int
    due_at: datetime
    at_risk: bool
    forecast_at: datetime | None


def expected(count: int, pace: timedelta, now: datetime, working: WorkingTime) -> datetime | None:
    """When so many are done, at one per ``pace`` of working time; None: not within any working time."""
    return working.add(now, pace * count)


def forecast(now: datetime | None = None) -> int:
    """Look at all queues again; returns how many clocks got another verdict or another time."""
    now = now or clock.now()
    teams = _Teams()
    changes: dict[int, tuple[bool, datetime | None]] = {}
    paces = _paces(now, teams)
    for queue, clocks in _queues(now).items():
        pace, working = paces.get(queue), teams.working(queue[0])
        for position, one in enumerate(clocks, start=1):
            done_at = rounded(expected(position, pace, now, working)) if pace else None
            # Overdue is no risk any more.
            at_risk = done_at is not None and now <= one.due_at < done_at
            if (at_risk, done_at) != (one.at_risk, one.forecast_at):
                changes[one.pk] = (at_risk, done_at)
    return _write(changes)


def _queues(now: datetime) -> dict[Queue, list[Waiting]]:
    rows = (
        Clock.objects.filter(
            state=Clock.State.RUNNING,
            due_at__lt=now + HORIZON,
            target__in=list(_KINDS),
            ticket__is_hidden=False,
        )
        .order_by("due_at", "pk")
        .values_list("pk", "target", "ticket__team_id", "due_at", "at_risk", "forecast_at")
    )
    found: dict[Queue, list[Waiting]] = defaultdict(list)
    for pk, target, team_id, due_at, at_risk, forecast_at in rows.iterator(chunk_size=5000):
        queue = found[team_id, _KINDS[Clock.Target(target)]]
        if len(queue) < LONGEST_QUEUE:
            assert due_at is not None  # due before the horizon
            queue.append(Waiting(pk, due_at, at_risk, forecast_at))
    return found


class _Teams:
    """The working time of each team, asked once."""

    def __init__(self) -> None:
        self.default = working_time(default_version_id())
        self.known = {
            pk: working_time(current_version_id(calendar_id))
            for pk, calendar_id in Team.objects.exclude(calendar=None).values_list("pk", "calendar_id")
        }

    def working(self, team_id: int | None) -> WorkingTime:
        return self.known.get(team_id, self.default) if team_id is not None else self.default


def paces(now: datetime) -> dict[Queue, timedelta]:
    """The same for whoever only wants to look."""
    return _paces(now, _Teams())


def _paces(now: datetime, teams: _Teams) -> dict[Queue, timedelta]:
    """Working time for each one done, by queue."""
    found: dict[Queue, timedelta] = {}
    for span in (WEEK, DAY):  # the day's wins where it is enough
        rows = (
            Clock.objects.filter(
                state__in=[Clock.State.MET, Clock.State.BREACHED],
                stopped_at__gte=now - span,
                stopped_at__lt=now,
                target__in=list(_KINDS),
            )
            .values_list("ticket__team_id", "target")
            .annotate(Count("pk"))
        )
        counts: dict[Queue, int] = defaultdict(int)
        for team_id, target, count in rows:
            counts[team_id, _KINDS[Clock.Target(target)]] += count
        for queue, count in counts.items():
            worked = teams.working(queue[0]).between(now - span, now)
            if worked and (span == WEEK or count >= FEWEST):
                found[queue] = worked / count
    return found


def rounded(at: datetime | None) -> datetime | None:
    """Up to the next quarter of an hour."""
    if at is None:
        return None
    over = timedelta(seconds=at.timestamp() % ROUND)
    return at if not over else at - over + timedelta(seconds=ROUND)


def _write(changes: dict[int, tuple[bool, datetime | None]]) -> int:
    """Rows that somebody is changing just now are left for the next minute: nobody waits for a forecast."""
    ids = sorted(changes)
    written = 0
    for start in range(0, len(ids), CHUNK):
        with transaction.atomic():
            free = Clock.objects.select_for_update(no_key=True, skip_locked=True).filter(
                pk__in=ids[start : start + CHUNK], state=Clock.State.RUNNING
            )
            rows = list(free.order_by("pk").only("pk"))
            for row in rows:
                row.at_risk, row.forecast_at = changes[row.pk]
            Clock.objects.bulk_update(rows, ["at_risk", "forecast_at"])
            written += len(rows)
    return written
