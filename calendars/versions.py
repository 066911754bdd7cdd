"""Which version is in force, and the working time of one."""

from functools import lru_cache

from calendars.arithmetic import ALWAYS, WorkingTime
from calendars.models import Calendar, CalendarVersion
from calendars.stored import from_json


def working_time(version_id: int | None) -> WorkingTime:
    """The working time of a version; None is around the clock. A version never changes, so it is kept."""
    return ALWAYS if version_id is None else _working_time(version_id)


@lru_cache(maxsize=1024)
def _working_time(version_id: int) -> WorkingTime:
    return WorkingTime(from_json(CalendarVersion.objects.get(pk=version_id).definition))


def current_version_id(calendar_id: int) -> int:
    """Of a calendar, switched off or not. Raises ``Calendar.DoesNotExist``."""
    found = (
        CalendarVersion.objects.filter(calendar=calendar_id)
        .order_by("-number")
        .values_list("pk", flat=True)
        .first()
    )
    if found is None:
        raise Calendar.DoesNotExist(f"no calendar {calendar_id}")
    return found


def default_version_id() -> int | None:
    """The current version of the default calendar; None before there is one."""
    return (
        CalendarVersion.objects.filter(calendar__is_default=True)
        .order_by("-number")
        .values_list("pk", flat=True)
        .first()
    )
