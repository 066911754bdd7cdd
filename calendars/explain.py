"""When something asked now would be due, and by which hours: the sentence under a calendar's form."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.units import format_unit
from django.utils import translation
from django.utils.translation import gettext as _

from calendars.arithmetic import WorkingTime
from calendars.years import name_of_day

MOST_STRETCHES = 14  # told; a target of weeks is not explained hour by hour

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Stretch:
    """Working time that counts, on the wall clock of the calendar."""

    start: datetime
    end: datetime
    seconds: int


@dataclass(frozen=True)
class FreeDay:
    """A day on the way without working time, and its name if it has one."""

    day: date
    name: str


@dataclass(frozen=True)
class Due:
    """``due`` is on the wall clock of the calendar; None when working time ends before.

    ``stretches`` are the first ones that count; ``more`` says that there are others.
    """

    asked: datetime
    duration: timedelta
    due: datetime | None
    text: str
    stretches: tuple[Stretch, ...]
    more: bool
    free: tuple[FreeDay, ...]


def due_sentence(
    working: WorkingTime,
    now: datetime,
    duration: timedelta,
    language: str,
    data: dict[str, Any] | None = None,
) -> Due:
    """The sentence in ``language``, and its parts. ``data``: the stored calendar, for the names of days."""
    zone = ZoneInfo(working.definition.zone)
    due = working.add(now, duration)
    with translation.override(language):
        if due is None:
            text = _(
                "A request made now, with a target of %(length)s, could never be due: working time ends."
            )
            return Due(
                now.astimezone(zone),
                duration,
                None,
                text % {"length": length_text(duration, language)},
                (),
                False,
                (),
            )
        local = due.astimezone(zone)
        text = _("A request made now, with a target of %(length)s, is due on %(day)s at %(time)s.") % {
            "length": length_text(duration, language),
            "day": format_date(local, "full", locale=_locale(language)),
            "time": format_time(local, "medium" if local.second else "short", locale=_locale(language)),
        }
        pieces = working.intervals(now, due)
        stretches = tuple(
            Stretch(start.astimezone(zone), end.astimezone(zone), round((end - start).total_seconds()))
            for start, end in pieces[:MOST_STRETCHES]
        )
        free = _free_days(working, now.astimezone(zone).date(), local.date(), data, language)
    return Due(now.astimezone(zone), duration, local, text, stretches, len(pieces) > MOST_STRETCHES, free)


def length_text(duration: timedelta, language: str) -> str:
    """``4 hours 30 minutes``: hours are not made into days, since a working day is none of 24 hours."""
    seconds = int(duration.total_seconds())
    amounts = [("hour", seconds // 3600), ("minute", seconds // 60 % 60), ("second", seconds % 60)]
    shown = [(unit, amount) for unit, amount in amounts if amount] or [("minute", 0)]
    return " ".join(
        format_unit(amount, f"duration-{unit}", "long", locale=_locale(language)) for unit, amount in shown
    )


def _free_days(
    working: WorkingTime, first: date, last: date, data: dict[str, Any] | None, language: str
) -> tuple[FreeDay, ...]:
    """Days strictly between on which nothing begins, the first ones of them."""
    free: list[FreeDay] = []
    day = first + _ONE_DAY
    while day < last and len(free) < MOST_STRETCHES:
        if not working.definition.intervals_of(day):
            entry = data["days"].get(day.isoformat()) if data else None
            free.append(FreeDay(day, name_of_day(entry, language) if entry else ""))
        day += _ONE_DAY
    return tuple(free)


def _locale(language: str) -> Locale:
    return Locale.parse(language.replace("-", "_"))
