"""What a calendar that is being edited comes to: its year, and when a request of now would be due."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from calendars.arithmetic import Definition, WorkingTime
from calendars.explain import Due, due_sentence, length_text
from calendars.holidays_of import YEARS_AHEAD, with_holidays
from calendars.stored import from_json
from desk.settings.year import Day, Month, day_words, year_of

TARGET = timedelta(hours=4)
FIRST_YEAR, LAST_YEAR = 1971, 2198
_MOST_FREE = 4


@dataclass(frozen=True)
class Preview:
    sentence: str
    why: str
    totals: str
    year: int
    months: list[Month]

    @property
    def different(self) -> list[Day]:
        """The days with something to say, for those who cannot hover."""
        days = [day for month in self.months for week in month.weeks for day in week]
        return [day for day in days if day is not None and day.words]


def preview_of(data: dict[str, Any], base: dict[str, Any], *, now: datetime, year: int | None) -> Preview:
    """Of a stored form; ``base`` is the one it is edited from. Raises ``UnknownCountry``."""
    today = now.astimezone(ZoneInfo(data["zone"])).date()
    place = [
        (one["sources"].get("country", ""), one["sources"].get("subdivision", "")) for one in (data, base)
    ]
    since = today if place[0] == place[1] else date(today.year - 1, 1, 1)
    data = with_holidays(data, since=since, last_year=today.year + YEARS_AHEAD)
    definition = from_json(data)
    working = WorkingTime(definition)
    shown = min(max(year or today.year, FIRST_YEAR), LAST_YEAR)
    due = due_sentence(working, now.replace(second=0, microsecond=0), TARGET, get_language() or "en", data)
    return Preview(
        _sentence(due), _why(due), _totals(definition, working, shown), shown, year_of(data, shown, today)
    )


def _sentence(due: Due) -> str:
    if due.due is None:
        return due.text
    return _("A request now with a target of %(length)s is due on %(day)s at %(time)s.") % {
        "length": length_text(TARGET, get_language() or "en"),
        "day": day_words(due.due, weekday=True),
        "time": f"{due.due:%H:%M}",
    }


def _why(due: Due) -> str:
    """The named or worked-around days on the way."""
    named = [day_words(free.day) + (f" ({free.name})" if free.name else "") for free in due.free[:_MOST_FREE]]
    if not named:
        return ""
    more = " …" if len(due.free) > _MOST_FREE else ""
    return _("Not worked on the way: %(days)s.") % {"days": ", ".join(named) + more}


def _totals(definition: Definition, working: WorkingTime, year: int) -> str:
    zone = ZoneInfo(definition.zone)
    ends = [datetime.combine(date(number, 1, 1), time(), zone).astimezone(UTC) for number in (year, year + 1)]
    week = sum(end - start for day in definition.week for start, end in day) / 3600
    return _("%(week)s h a week, %(year)s h in this year") % {
        "week": formats.number_format(f"{week:.2f}".rstrip("0").rstrip(".")),
        "year": formats.number_format(
            round(working.between(*ends).total_seconds() / 3600), force_grouping=True
        ),
    }
