"""A year of a calendar, day by day, for a page that shows it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats, translation
from django.utils.translation import gettext as _

from calendars.arithmetic import WorkingTime
from calendars.checks import interval_text
from calendars.stored import called, from_json

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DayView:
    """``kind``: working, free, holiday, moved (either way), shortened, exception.

    ``seconds`` is what is worked from midnight to midnight, ``hours`` what begins on the day ("09:00–18:00").
    """

    day: date
    seconds: int
    kind: str
    name: str
    hours: tuple[str, ...]


def year_view(data: dict[str, Any], year: int) -> list[DayView]:
    """Every day of the year of a stored calendar, with names in the active language."""
    definition = from_json(data)
    working = WorkingTime(definition)
    zone = ZoneInfo(definition.zone)
    touched = _touched_by_spans(data, zone, year)
    language = translation.get_language() or "en"
    days = []
    day = date(year, 1, 1)
    while day.year == year:
        seconds = round(working.between(midnight(day, zone), midnight(day + _ONE_DAY, zone)).total_seconds())
        entry = data["days"].get(day.isoformat())
        span = touched.get(day)
        if entry:
            kind, name = entry["kind"], name_of_day(entry, language)
        elif span:
            kind, name = "exception", called(span, language)
        else:
            kind, name = "working" if definition.intervals_of(day) else "free", ""
        hours = tuple(interval_text(interval) for interval in definition.intervals_of(day))
        days.append(DayView(day, seconds, kind, name, hours))
        day += _ONE_DAY
    return days


def name_of_day(entry: dict[str, Any], language: str) -> str:
    """What a day is called, or why it is another than usual."""
    name = called(entry, language)
    if entry["kind"] == "shortened" and entry["source"] == "country" and name:
        return _("Shorter before a holiday: %(name)s") % {"name": name}
    if entry["kind"] == "moved" and not name and entry.get("of"):
        day = formats.date_format(date.fromisoformat(entry["of"]), "DATE_FORMAT")
        return _("Worked instead of %(day)s") % {"day": day}
    return name


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When the day begins, in UTC; where clocks skip midnight, the instant they do."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _touched_by_spans(data: dict[str, Any], zone: ZoneInfo, year: int) -> dict[date, dict[str, Any]]:
    touched: dict[date, dict[str, Any]] = {}
    for span in data["spans"]:
        start = datetime.fromisoformat(span["start"]).astimezone(zone)
        end = datetime.fromisoformat(span["end"]).astimezone(zone)
        day = max(start.date(), date(year, 1, 1))
        while day.year == year and midnight(day, zone) < end:
            touched[day] = span
            day += _ONE_DAY
    return touched
