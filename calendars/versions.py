"""Which version is in force, and the working time of one."""

from collections.abc import Collection, Iterable

from django.db.models import Max

from calendars.arithmetic import ALWAYS, WorkingTime
from calendars.models import Calendar, CalendarVersion
from calendars.stored import from_json

_MOST = 1024
_known: dict[int, WorkingTime] = {}


def working_time(version_id: int | None) -> WorkingTime:
    """The working time of a version; None is around the clock. A version never changes, so it is kept."""
    if version_id is None:
        return ALWAYS
    if version_id not in _known:
        load([version_id])
    if version_id not in _known:
        raise CalendarVersion.DoesNotExist(f"no version {version_id}")
    return _known[version_id]


def load(version_ids: Iterable[int | None]) -> None:
    """Have the working times of all of these at hand, in one query for those that are not yet."""
    missing = set(version_ids) - set(_known) - {None}
    if not missing:
        return
    if len(_known) + len(missing) > _MOST:
        _known.clear()
    rows = CalendarVersion.objects.filter(pk__in=missing).values_list("pk", "definition")
    for pk, definition in rows:
        _known[pk] = WorkingTime(from_json(definition))


def current_version_id(calendar_id: int) -> int:
    """Of a calendar, switched off or not. Raises ``Calendar.DoesNotExist``."""
    found = current_version_ids([calendar_id]).get(calendar_id)
    if found is None:
        raise Calendar.DoesNotExist(f"no calendar {calendar_id}")
    return found


def current_version_ids(calendar_ids: Collection[int]) -> dict[int, int]:
    """Of several, in one query."""
    rows = CalendarVersion.objects.filter(calendar__in=calendar_ids).values_list("calendar_id").order_by()
    return dict(rows.annotate(latest=Max("pk")))


def default_version_id() -> int | None:
    """The current version of the default calendar; None before there is one."""
    return (
        CalendarVersion.objects.filter(calendar__is_default=True)
        .order_by("-number")
        .values_list("pk", flat=True)
        .first()
    )
