"""When a ticket's people work: its team's calendar, else the default one, else always."""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from calendars import versions
from calendars.arithmetic import WorkingTime
from people.models import Team
from tickets import errors


def working_time_of(team: Team | None) -> WorkingTime:
    """In the version now in force."""
    if team is not None and team.calendar_id is not None:
        return versions.working_time(versions.current_version_id(team.calendar_id))
    return versions.working_time(versions.default_version_id())


def later(at: datetime, seconds: int, *, business: bool, team: Team | None) -> datetime:
    """``seconds`` after ``at``, of working time with ``business``. Raises ``Invalid`` if work ends before."""
    if not business:
        return at + timedelta(seconds=seconds)
    due = working_time_of(team).add(at, timedelta(seconds=seconds))
    if due is None:
        raise errors.Invalid("seconds", _("The calendar has no working time left for that."))
    return due


def latest_start(working_time: WorkingTime, now: datetime, seconds: int) -> datetime | None:
    """The latest instant since which ``seconds`` of working time have passed; None where that never was."""
    wanted = timedelta(seconds=seconds)
    step = wanted * 2
    early = now - step
    while working_time.between(early, now) < wanted:
        step *= 2
        if step > timedelta(days=3660 * 2):
            return None
        early = now - step
    late = now
    while late - early > timedelta(microseconds=1):
        middle = early + (late - early) / 2
        if middle in {early, late}:
            break
        if working_time.between(middle, now) >= wanted:
            early = middle
        else:
            late = middle
    return early
