"""Calendar files (iCalendar, RFC 5545): holidays and one-off times that somebody keeps elsewhere.

All-day events become days, events with a time become spans; whether they are free or worked is for whoever
imports them to say. Repetitions are written out for the years a calendar looks ahead. What is not
understood is told, event by event, and the rest is taken.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from dateutil import rrule  # type: ignore[import-untyped]  # it has no types
from django.utils.translation import gettext as _

from calendars.arithmetic import DAY
from calendars.checks import FIRST_DAY, LAST_DAY, LONGEST_SPAN, MOST_DAYS, MOST_SPANS
from calendars.errors import BadFile
from calendars.holidays_of import YEARS_AHEAD
from calendars.stored import clean, instant

LARGEST = 1_000_000  # bytes
MOST_EVENTS = 5000
MOST_REPEATED = 200  # events that repeat
MOST_SKIPPED = 20  # told
LONGEST_HOLIDAY = 100  # days of one event

_ONE_DAY = timedelta(days=1)
_FREQUENCIES = {
    "YEARLY": rrule.YEARLY,
    "MONTHLY": rrule.MONTHLY,
    "WEEKLY": rrule.WEEKLY,
    "DAILY": rrule.DAILY,
}
_PARTS = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS"}
_WEEKDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
# Their rules could keep a reader busy for hours; zones are known by name, from the system.
_ZONES = re.compile(rb"^BEGIN:VTIMEZONE\s*$.*?^END:VTIMEZONE\s*$", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_FOLDED = re.compile(rb"\r?\n[ \t]")


@dataclass
class Found:
    """What a file holds: names of days, one-off times in UTC, and why something was left out."""

    days: dict[date, str] = field(default_factory=dict)
    spans: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    skipped_count: int = 0

    def skip(self, name: str, why: str) -> None:
        self.skipped_count += 1
        if len(self.skipped) < MOST_SKIPPED:
            self.skipped.append(_("“%(name)s”: %(reason)s") % {"name": name or "?", "reason": why})


class _Skip(Exception):  # one event, with the reason
    pass


def read(content: bytes, *, zone: str, today: date) -> Found:
    """The events of a file. Times without a zone are of ``zone``. Raises ``BadFile``."""
    if len(content) > LARGEST:
        raise BadFile(_("The file is larger than %(most)d kB.") % {"most": LARGEST // 1000})
    try:
        content = _ZONES.sub(b"", _FOLDED.sub(b"", content))
        calendars = icalendar.Calendar.from_ical(content, multiple=True)
    except (ValueError, KeyError, IndexError, RecursionError) as error:
        raise BadFile(_("This is no calendar file (iCalendar, .ics).")) from error
    events = [
        event
        for calendar in calendars
        if calendar.name == "VCALENDAR"
        for event in calendar.subcomponents
        if event.name == "VEVENT"
    ]
    if not events:
        raise BadFile(_("There is no event in this file."))
    if len(events) > MOST_EVENTS:
        raise BadFile(_("The file has more than %(most)d events.") % {"most": MOST_EVENTS})
    if sum("RRULE" in event for event in events) > MOST_REPEATED:
        raise BadFile(_("The file has more than %(most)d repeated events.") % {"most": MOST_REPEATED})
    return _Reader(ZoneInfo(zone), today, events).found


def merge(data: dict[str, Any], found: Found, *, adds: bool) -> dict[str, Any]:
    """A stored calendar with what a file holds: free days and times, or (``adds``) worked ones.

    An earlier import goes; days entered by hand win. Raises ``BadDefinition``.
    """
    intervals = [[0, DAY]] if adds else []
    days = {day: entry for day, entry in data["days"].items() if entry["source"] != "file"}
    for day, name in found.days.items():
        there = days.get(day.isoformat())
        if there is None or there["source"] == "country":
            days[day.isoformat()] = {
                "intervals": intervals,
                "kind": "exception" if adds else "holiday",
                "name": name,
                "source": "file",
            }
    spans = [span for span in data["spans"] if span["source"] != "file"]
    # Under those by hand, for of two spans the later one wins.
    imported = [
        {"start": instant(start), "end": instant(end), "adds": adds, "name": name, "source": "file"}
        for start, end, name in found.spans
    ]
    return clean({**data, "days": days, "spans": imported + spans})


class _Reader:
    def __init__(self, zone: ZoneInfo, today: date, events: list[Any]) -> None:
        self.zone = zone
        self.until = datetime(today.year + YEARS_AHEAD, 12, 31, 23, 59, 59)  # noqa: DTZ001  # wall clock
        self.found = Found()
        # One occurrence that was changed stands in the file by itself, and not in its series.
        self.moved = {(_text(event, "UID"), _instead_of(event)) for event in events}
        for event in events:
            name = " ".join(_text(event, "SUMMARY").split())[:200]
            try:
                if _text(event, "STATUS").upper() != "CANCELLED":
                    self.event(event, name)
            except _Skip as skip:
                self.found.skip(name, str(skip))
            except (ValueError, OverflowError, IndexError):  # the last for a month's ninth Monday
                self.found.skip(name, _("its times cannot be read."))

    def event(self, event: Any, name: str) -> None:
        start, end = event.start, event.end
        if "RECURRENCE-ID" in event and _instead_of(event) is None:
            raise _Skip(_("its times cannot be read."))
        if isinstance(start, datetime) != isinstance(end, datetime):
            raise _Skip(_("its times cannot be read."))
        if "RDATE" in event:
            raise _Skip(_("lists of dates (RDATE) are not understood."))
        if isinstance(start, datetime):
            self.timed(event, start, end, name)
        else:
            self.all_day(event, start, end, name)

    def all_day(self, event: Any, start: date, end: date, name: str) -> None:
        length = max((end - start).days, 1)
        if length > LONGEST_HOLIDAY:
            raise _Skip(_("it is longer than %(most)d days.") % {"most": LONGEST_HOLIDAY})
        for first in self.occurrences(event, datetime.combine(start, time()), None):
            for number in range(length):
                self.found.days.setdefault(first.date() + _ONE_DAY * number, name)
        if len(self.found.days) > MOST_DAYS:
            raise BadFile(_("The file has more than %(most)d days.") % {"most": MOST_DAYS})

    def timed(self, event: Any, start: datetime, end: datetime, name: str) -> None:
        zone = start.tzinfo or self.zone
        begins, ends = (at.replace(tzinfo=at.tzinfo or zone).astimezone(zone) for at in (start, end))
        length = ends.replace(tzinfo=None) - begins.replace(tzinfo=None)
        if length <= timedelta(0):
            raise _Skip(_("it has no length."))
        if length > LONGEST_SPAN:
            raise _Skip(_("it is longer than %(most)d days.") % {"most": LONGEST_SPAN.days})
        for first in self.occurrences(event, begins.replace(tzinfo=None), zone):
            instants = [wall.replace(tzinfo=zone).astimezone(UTC) for wall in (first, first + length)]
            if instants[0] < instants[1]:  # not swallowed by an hour that is skipped
                self.found.spans.append((instants[0], instants[1], name))
        if len(self.found.spans) > MOST_SPANS:
            raise BadFile(_("The file has more than %(most)d one-off times.") % {"most": MOST_SPANS})

    def occurrences(self, event: Any, start: datetime, zone: tzinfo | None) -> Iterator[datetime]:
        """The starts on the wall clock: one, or those of a repetition without its exceptions."""
        if not FIRST_DAY <= start.date() < LAST_DAY - LONGEST_SPAN:
            raise _Skip(_("it lies too far away."))
        rule = event.get("RRULE")
        if rule is None or "RECURRENCE-ID" in event:
            yield start
            return
        if isinstance(rule, list):
            raise _Skip(_("it has several repetitions."))
        left_out = {_wall(at, zone) for at in _dates(event, "EXDATE")}
        uid = _text(event, "UID")
        for wall in _repeated(rule, start, self.until, zone):
            if wall not in left_out and (uid, _as_moment(wall, zone)) not in self.moved:
                yield wall


def _repeated(rule: Any, start: datetime, latest: datetime, zone: tzinfo | None) -> Iterator[datetime]:
    """The repetitions up to ``latest``. Years, months, weeks and days only, so that there is an end to it."""
    parts = {str(key).upper(): values for key, values in rule.items()}
    frequency = str(parts.get("FREQ", [""])[0]).upper()
    if frequency not in _FREQUENCIES or parts.keys() - _PARTS:
        raise _Skip(_("its repetition is not understood."))
    interval = int(parts.get("INTERVAL", [1])[0])
    count = int(parts["COUNT"][0]) if "COUNT" in parts else None
    if interval < 1 or (count is not None and count < 1):
        raise _Skip(_("its repetition is not understood."))
    if "UNTIL" in parts:
        until = parts["UNTIL"][0]
        whole_day = not isinstance(until, datetime)
        latest = min(latest, datetime.combine(until, time.max) if whole_day else _wall(until, zone))
    first_weekday = _weekday(str(parts["WKST"][0])) if "WKST" in parts else None
    series = rrule.rrule(
        _FREQUENCIES[frequency],
        dtstart=start,
        interval=interval,
        wkst=first_weekday,
        until=latest,
        bymonth=_numbers(parts, "BYMONTH"),
        bymonthday=_numbers(parts, "BYMONTHDAY"),
        bysetpos=_numbers(parts, "BYSETPOS"),
        byweekday=[_weekday(str(one)) for one in parts["BYDAY"]] if "BYDAY" in parts else None,
    )
    return islice(iter(series), count)


def _numbers(parts: dict[str, Any], name: str) -> list[int] | None:
    return [int(one) for one in parts[name]] if name in parts else None


def _weekday(text: str) -> Any:
    found = _WEEKDAY.fullmatch(text.upper())
    if not found:
        raise _Skip(_("its repetition is not understood."))
    day = getattr(rrule, found[2])
    return day(int(found[1])) if found[1] else day


def _dates(event: Any, name: str) -> Iterator[date | datetime]:
    rows = event.get(name) or []
    for row in rows if isinstance(rows, list) else [rows]:
        for one in row.dts:
            yield one.dt


def _wall(at: date, zone: tzinfo | None) -> datetime:
    """On the wall clock of the event; a date is its midnight."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time())
    return (at.astimezone(zone) if at.tzinfo and zone else at).replace(tzinfo=None)


def _as_moment(wall: datetime, zone: tzinfo | None) -> date:
    return wall.replace(tzinfo=zone).astimezone(UTC) if zone else wall.date()


def _instead_of(event: Any) -> date | None:
    """Which occurrence of a series an event takes the place of: an instant in UTC, or a date."""
    try:
        value = getattr(event.get("RECURRENCE-ID"), "dt", None)
    except ValueError:  # a broken one
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value
    return value if isinstance(value, date) else None


def _text(event: Any, name: str) -> str:
    value = event.get(name, "")
    return str(value[0] if isinstance(value, list) and value else value)
