"""What somebody who is about to ask may expect: by the policy, and by the queue as it is now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Q

from calendars.arithmetic import WorkingTime
from calendars.versions import current_version_id, default_version_id, working_time
from common import clock
from people.models import Team
from sla import forecast
from sla.matching import active_versions, match_rows
from sla.models import Clock
from tickets.models import Ticket

PACES_FOR = 60  # seconds that a reading of the pace serves
_RESPONSES = (Clock.Target.FIRST_RESPONSE, Clock.Target.NEXT_RESPONSE)


@dataclass(frozen=True)
class Expected:
    """``promised_by``, ``solved_by``: when the policy's clocks would run out; None without a target.

    ``likely_by``: when its turn comes at the pace of the last days; None where there is no pace.
    """

    promised_by: datetime | None = None
    solved_by: datetime | None = None
    likely_by: datetime | None = None

    @property
    def answer_by(self) -> datetime | None:
        """What can honestly be said: the queue's time if there is one, else the policy's."""
        return self.likely_by or self.promised_by


def expect(ticket: Ticket, now: datetime | None = None) -> Expected:
    """For a ticket that is not stored yet: what it would be, were it opened now. Reads only.

    ``ticket.pk`` must be a number no ticket has (0); brand, team, service and requester should be set.
    """
    now = now or clock.now()
    policies = active_versions()
    promised = solved = None
    if policies:
        match = match_rows([ticket], policies)[ticket.pk]
        working = working_time(match.calendar_version_id)
        promised = _due(match.targets.get(Clock.Target.FIRST_RESPONSE), working, now)
        solved = _due(match.targets.get(Clock.Target.RESOLUTION), working, now)
    return Expected(promised, solved, likely(ticket.team, promised, now))


def likely(team: Team | None, due_at: datetime | None, now: datetime) -> datetime | None:
    """When the team comes to a new one that has to be answered by ``due_at``, in the order of due times."""
    pace = _pace(team.pk if team else None, now)
    if pace is None:
        return None
    calendar_id = team.calendar_id if team is not None else None
    working = working_time(default_version_id() if calendar_id is None else current_version_id(calendar_id))
    ahead = Clock.objects.filter(
        Q(due_at__lte=due_at) if due_at is not None else Q(due_at__isnull=False),
        state=Clock.State.RUNNING,
        target__in=_RESPONSES,
        ticket__team=team,
        ticket__is_hidden=False,
    )
    position = len(ahead.values_list("pk")[: forecast.LONGEST_QUEUE]) + 1
    return forecast.rounded(forecast.expected(position, pace, now, working))


def _pace(team_id: int | None, now: datetime) -> timedelta | None:
    """Working time for each answer of this team of late; asked once a minute, not by each visitor."""
    seconds: dict[int | None, float] | None = cache.get("sla:paces")
    if seconds is None:
        found = forecast.paces(now)
        seconds = {
            team: pace.total_seconds() for (team, kind), pace in found.items() if kind == forecast.RESPOND
        }
        cache.set("sla:paces", seconds, timeout=PACES_FOR)
    return timedelta(seconds=seconds[team_id]) if team_id in seconds else None


def _due(target: dict[str, Any] | None, working: WorkingTime, now: datetime) -> datetime | None:
    if target is None:
        return None
    length = timedelta(seconds=target["seconds"])
    return working.add(now, length) if target["business"] else now + length
