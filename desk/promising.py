"""Promises while they are being made: the usual times, in working time, and the sentence to the customer."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.translation import gettext as _

from calendars import versions
from calendars.arithmetic import WorkingTime
from calendars.models import CalendarVersion
from common import clock
from tickets.models import Ticket

HOURS = (1, 2, 4, 8)
LATER = timedelta(minutes=30)  # a time sooner than this is no choice


@dataclass(frozen=True)
class Choice:
    words: str
    at: datetime


def working_of(ticket: Ticket) -> WorkingTime:
    """The hours in which a promise of this ticket can be kept: its team's, else the default."""
    calendar_id = ticket.team.calendar_id if ticket.team else None
    if calendar_id is not None:
        return versions.working_time(versions.current_version_id(calendar_id))
    return versions.working_time(versions.default_version_id())


def choices(ticket: Ticket) -> list[Choice]:
    """In so many working hours, by the end of this working day, and of the next; in full 5 minutes."""
    working, now = working_of(ticket), clock.now()
    found: list[Choice] = []
    for hours in HOURS:
        at = working.add(now, timedelta(hours=hours))
        if at is not None:
            words = translation.ngettext("In %(hours)d working hour", "In %(hours)d working hours", hours)
            found.append(Choice(words % {"hours": hours}, _rounded(at)))
    today = _end_of_day(working, now)
    if today is not None and today - now >= LATER:
        found.append(Choice(_("By the end of the working day"), today))
        following = _end_of_day(working, today + timedelta(seconds=1))
        if following is not None:
            found.append(Choice(_("By the end of the next working day"), following))
    return found


def _rounded(at: datetime) -> datetime:
    over = timedelta(seconds=at.timestamp() % 300)
    return at - over + timedelta(minutes=5) if over else at


def _end_of_day(working: WorkingTime, at: datetime) -> datetime | None:
    """When work ends last on the day of the first working moment from ``at`` on."""
    begins = at if working.is_working(at) else working.next_start(at)
    end = working.next_end(begins) if begins is not None else None
    if begins is None or end is None:
        return None
    zone = ZoneInfo(working.definition.zone)
    day = begins.astimezone(zone).date()
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), zone).astimezone(UTC)
    for _start, stop in working.intervals(begins, midnight):
        end = max(end, stop) if stop < midnight else end
    return end


def sentence_of(ticket: Ticket) -> dict[str, Any]:
    """What a promise says to the customer, in their language; the time is put in where they read it."""
    language = ticket.language or ticket.brand.language
    with translation.override(language):
        sentence = _("I will come back to you by %(due)s.")
    return {"sentence": sentence, "sentence_language": language, "sentence_zone": ticket.brand.time_zone}


def calendar_of(version_id: int | None) -> CalendarVersion | None:
    if version_id is None:
        return None
    return CalendarVersion.objects.select_related("calendar").filter(pk=version_id).first()
