"""Checking a calendar that comes from a form, a file or the API, and bringing it into its stored form."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from calendars.arithmetic import DAY
from calendars.errors import BadDefinition, Problem
from common.zones import zone_names

MOST_INTERVALS = 12  # a day
MOST_DAYS = 3000
MOST_SPANS = 1000
MOST_PROBLEMS = 20  # told at once
LONGEST_NAME = 200
LONGEST_SPAN = timedelta(days=400)
FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(2198, 12, 31)

_FIELDS = ("zone", "week", "days", "spans", "valid_from", "valid_until", "sources")
KINDS = ("holiday", "moved", "shortened", "exception")
SOURCES = ("", "country", "file")  # by hand, of a country, from a calendar file
_EMPTY: tuple[()] = ()
T = TypeVar("T")


class _Full(Exception):
    """Enough problems for one go."""


class Checker:
    """Gathers what is wrong, so that a form can show all of it at once."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def definition(self, data: object) -> dict[str, Any]:
        """The stored form; raises ``BadDefinition``."""
        try:
            made = self._definition(data)
        except _Full:
            made = {}
        if self.problems:
            raise BadDefinition(self.problems)
        return made

    def _definition(self, data: object) -> dict[str, Any]:
        if not isinstance(data, dict):
            self._wrong("", _("This is not a calendar."))
            return {}
        for name in data.keys() - set(_FIELDS):
            self._wrong(str(name), _("“%(name)s” is no part of a calendar.") % {"name": str(name)[:50]})
        valid_from = self._valid("valid_from", data.get("valid_from"))
        valid_until = self._valid("valid_until", data.get("valid_until"))
        if valid_from and valid_until and valid_until < valid_from:
            self._wrong("valid_until", _("The last day of the calendar is before its first."))
        return {
            "zone": self._zone(data.get("zone")),
            "week": self._week(data.get("week")),
            "days": self._days(data.get("days") or {}),
            "spans": self._spans(data.get("spans") or []),
            "valid_from": valid_from,
            "valid_until": valid_until,
            "sources": self._sources(data.get("sources") or {}),
        }

    # --- the parts ------------------------------------------------------------------------------

    def _zone(self, zone: object) -> str:
        if not isinstance(zone, str) or zone not in zone_names():
            self._wrong("zone", _("“%(zone)s” is no known time zone.") % {"zone": str(zone or "")[:50]})
            return ""
        return zone

    def _week(self, week: object) -> list[list[list[int]]]:
        if not isinstance(week, list | tuple) or len(week) != 7:
            self._wrong("week", _("A week has seven days."))
            return []
        days = [
            self._intervals(f"week.{number}", str(WEEKDAYS[number]), day) for number, day in enumerate(week)
        ]
        for number, day in enumerate(days):
            following = days[(number + 1) % 7]
            if day and following and day[-1][1] - DAY > following[0][0]:
                self._wrong(
                    f"week.{(number + 1) % 7}",
                    _("%(day)s runs over midnight until %(end)s, into the working time of %(next)s.")
                    % {
                        "day": WEEKDAYS[number],
                        "end": clock_text(day[-1][1]),
                        "next": WEEKDAYS[(number + 1) % 7],
                    },
                )
        return days

    def _intervals(self, where: str, day: str, value: object) -> list[list[int]]:
        """Sorted, apart from each other. ``day`` is what a person calls it."""
        if not isinstance(value, list | tuple):
            self._wrong(where, _("%(day)s: these are no intervals.") % {"day": day})
            return []
        if len(value) > MOST_INTERVALS:
            self._wrong(
                where, _("%(day)s: at most %(most)d intervals.") % {"day": day, "most": MOST_INTERVALS}
            )
            return []
        made: list[list[int]] = []
        for pair in value:
            if not (
                isinstance(pair, list | tuple)
                and len(pair) == 2
                and all(isinstance(one, int) and not isinstance(one, bool) for one in pair)
            ):
                self._wrong(where, _("%(day)s: these are no intervals.") % {"day": day})
                return []
            start, end = pair
            if not 0 <= start < DAY:
                self._wrong(where, _("%(day)s: an interval starts between 00:00 and 24:00.") % {"day": day})
            elif end <= start:
                self._wrong(
                    where,
                    _("%(day)s: %(start)s–%(end)s ends before it starts.")
                    % {"day": day, "start": clock_text(start), "end": clock_text(end)},
                )
            elif end > start + DAY:
                self._wrong(where, _("%(day)s: an interval is at most 24 hours long.") % {"day": day})
            else:
                made.append([start, end])
        made.sort()
        for one, other in pairwise(made):
            if one[1] > other[0]:
                self._wrong(
                    where,
                    _("%(day)s: %(one)s and %(other)s overlap.")
                    % {"day": day, "one": interval_text(one), "other": interval_text(other)},
                )
        return made

    def _days(self, days: object) -> dict[str, Any]:
        if not isinstance(days, dict):
            self._wrong("days", _("These are no exceptional days."))
            return {}
        if len(days) > MOST_DAYS:
            self._wrong("days", _("At most %(most)d exceptional days.") % {"most": MOST_DAYS})
            return {}
        made: dict[str, Any] = {}
        for key, given in days.items():
            where = f"days.{str(key)[:50]}"
            day = self._date(where, key)
            if day is None:
                continue
            name = formats.date_format(day, "DATE_FORMAT")
            entry = self._entry(where, given, ("intervals", "kind", "name", "source", "of"))
            kind = entry.get("kind", "exception")
            if kind not in KINDS:
                self._wrong(where, _("“%(value)s” is no kind of day.") % {"value": str(kind)[:50]})
            made[day.isoformat()] = {
                "intervals": self._intervals(where, name, entry.get("intervals", _EMPTY)),
                "kind": kind,
                "name": self._name(where, entry.get("name")),
                "source": self._source(where, entry.get("source", "")),
            }
            if entry.get("of"):
                of = self._date(where, entry["of"])
                made[day.isoformat()]["of"] = of.isoformat() if of else ""
        return dict(sorted(made.items()))

    def _spans(self, spans: object) -> list[dict[str, Any]]:
        if not isinstance(spans, list | tuple):
            self._wrong("spans", _("These are no one-off times."))
            return []
        if len(spans) > MOST_SPANS:
            self._wrong("spans", _("At most %(most)d one-off times.") % {"most": MOST_SPANS})
            return []
        made = []
        for number, given in enumerate(spans):
            where = f"spans.{number}"
            entry = self._entry(where, given, ("start", "end", "adds", "name", "source"))
            start = self._instant(where, entry.get("start"))
            end = self._instant(where, entry.get("end"))
            adds = entry.get("adds")
            if not isinstance(adds, bool):
                self._wrong(where, _("A one-off time is either worked or free."))
            if start and end and end <= start:
                self._wrong(where, _("A one-off time must end after it starts."))
            elif start and end and end - start > LONGEST_SPAN:
                self._wrong(
                    where, _("A one-off time is at most %(days)d days long.") % {"days": LONGEST_SPAN.days}
                )
            made.append(
                {
                    "start": _utc_text(start),
                    "end": _utc_text(end),
                    "adds": adds,
                    "name": self._name(where, entry.get("name")),
                    "source": self._source(where, entry.get("source", "")),
                }
            )
        return made

    def _sources(self, given: object) -> dict[str, Any]:
        """Where the public holidays come from; nothing when no country is named."""
        sources = self._entry("sources", given, ("country", "subdivision", "shorten", "skip", "until"))
        if not sources.get("country"):
            return {}
        shorten, skip, until = sources.get("shorten", 0), sources.get("skip") or [], sources.get("until", 0)
        texts = [sources["country"], sources.get("subdivision") or ""]
        if not all(isinstance(text, str) and len(text) <= 60 for text in texts):
            self._wrong("sources", _("This country is not known."))
        if not _is_whole(shorten) or not 0 <= shorten <= 12 * 60:
            self._wrong("sources", _("The day before a holiday is shortened by 0 to 720 minutes."))
        if not _is_whole(until) or not isinstance(skip, list | tuple) or len(skip) > MOST_DAYS:
            self._wrong("sources", _("This is not a calendar."))
            return {}
        days = [self._date("sources", day) for day in skip]
        return {
            "country": texts[0],
            "subdivision": texts[1],
            "shorten": shorten,
            "skip": sorted({day.isoformat() for day in days if day}),
            "until": until,
        }

    # --- values ---------------------------------------------------------------------------------

    def _entry(self, where: str, entry: object, known: tuple[str, ...]) -> dict[str, Any]:
        if not isinstance(entry, dict):
            self._wrong(where, _("This is not a calendar."))
            return {}
        for name in entry.keys() - set(known):
            self._wrong(where, _("“%(name)s” is no part of a calendar.") % {"name": str(name)[:50]})
        return entry

    def _name(self, where: str, name: object) -> dict[str, str]:
        if not name:
            return {}
        names = {"": name} if isinstance(name, str) else name
        if not isinstance(names, dict) or len(names) > 20:
            self._wrong(where, _("This is not a name."))
            return {}
        made = {}
        for language, given in names.items():
            text = " ".join(given.split()) if isinstance(given, str) else None
            if text is None or not isinstance(language, str) or len(language) > 10:
                self._wrong(where, _("This is not a name."))
            elif len(text) > LONGEST_NAME:
                self._wrong(where, _("A name is at most %(most)d characters long.") % {"most": LONGEST_NAME})
            elif text:
                made[language] = text.replace("\0", "")
        return made

    def _source(self, where: str, source: object) -> str:
        if source not in SOURCES:
            self._wrong(where, _("This is not a calendar."))
        return str(source)

    def _valid(self, where: str, value: object) -> str | None:
        day = self._date(where, value) if value else None
        return day.isoformat() if day else None

    def _date(self, where: str, value: object) -> date | None:
        day = _parsed(date.fromisoformat, value)
        if day is None or not FIRST_DAY <= day <= LAST_DAY:
            self._wrong(
                where,
                _("“%(value)s” is no date from %(first)d to %(last)d.")
                % {"value": str(value)[:50], "first": FIRST_DAY.year, "last": LAST_DAY.year},
            )
            return None
        return day

    def _instant(self, where: str, value: object) -> datetime | None:
        at = _parsed(datetime.fromisoformat, value)
        if at is None or at.tzinfo is None or not FIRST_DAY < at.date() < LAST_DAY:
            self._wrong(where, _("“%(value)s” is no instant with a time zone.") % {"value": str(value)[:50]})
            return None
        return at.astimezone(UTC)

    def _wrong(self, where: str, message: str) -> None:
        self.problems.append(Problem(where, message))
        if len(self.problems) >= MOST_PROBLEMS:
            raise _Full


def clock_text(seconds: int) -> str:
    """A time of day as people write it: 09:00; past midnight it is that of the next day, and 24:00 stays."""
    seconds = seconds if seconds == DAY else seconds % DAY
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


def interval_text(interval: list[int] | tuple[int, int]) -> str:
    """``09:00–18:00``."""
    return f"{clock_text(interval[0])}–{clock_text(interval[1])}"


def _parsed(parse: Callable[[str], T], value: object) -> T | None:
    try:
        return parse(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _utc_text(at: datetime | None) -> str:
    return at.isoformat().replace("+00:00", "Z") if at else ""
