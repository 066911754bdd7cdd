"""The usual times for a reply to leave, as its author reads the clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from common import clock
from people.models import User

MORNING, EVENING = time(9, 0), time(17, 0)
SOON = timedelta(minutes=15)  # a time sooner than this is no choice
_MONDAY = 0


@dataclass(frozen=True)
class Choice:
    words: str
    at: datetime


def choices(user: User) -> list[Choice]:
    """In an hour, this afternoon, tomorrow morning and afternoon, Monday morning: those still to come."""
    zone = ZoneInfo(user.time_zone) if user.time_zone else timezone.get_current_timezone()
    now = clock.now().astimezone(zone)
    today = now.date()

    def at(day: date, moment: time) -> datetime:
        return datetime.combine(day, moment, zone)

    tomorrow = today + timedelta(days=1)
    monday = today + timedelta(days=(_MONDAY - today.weekday()) % 7 or 7)
    hour = (now + timedelta(minutes=60)).replace(second=0, microsecond=0)
    found = [
        Choice(_("In an hour"), hour + timedelta(minutes=-hour.minute % 5)),
        Choice(_("This afternoon"), at(today, EVENING)),
        Choice(_("Tomorrow morning"), at(tomorrow, MORNING)),
        Choice(_("Tomorrow afternoon"), at(tomorrow, EVENING)),
    ]
    if monday != tomorrow:
        found.append(Choice(_("Monday morning"), at(monday, MORNING)))
    return [one for one in found if one.at - now >= SOON]
