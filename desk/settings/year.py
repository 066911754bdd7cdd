"""A calendar's year as twelve small months, each day with its mark and its words."""

import calendar
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils import formats
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from calendars.arithmetic import Interval
from calendars.years import DayView, year_view
from desk.settings.forms import hours


class Mark(StrEnum):
    WORK = "work"
    FREE = "free"
    HOLIDAY = "holiday"  # would be worked, and is not
    SHORT = "short"  # less than its weekday
    EXTRA = "extra"  # free by its weekday, and worked
    OTHER = "other"  # other hours than its weekday
    OUTSIDE = "outside"  # before or after the calendar is valid


@dataclass(frozen=True)
class Day:
    number: int
    mark: Mark
    words: str  # empty for a day like any other
    changed: bool  # a one-off stretch touches it
    today: bool


@dataclass(frozen=True)
class Month:
    name: str
    weeks: list[list[Day | None]]


def year_of(data: dict[str, Any], year: int, today: date) -> list[Month]:
    """Of a stored calendar, in the active language."""
    days = {view.day: _day(view, data, today) for view in year_view(data, year)}
    layout = calendar.Calendar(firstweekday=0)
    return [
        Month(
            formats.date_format(date(year, month, 1), "F"),
            [
                [days[day] if day.month == month else None for day in week]
                for week in layout.monthdatescalendar(year, month)
            ],
        )
        for month in range(1, 13)
    ]


def _day(view: DayView, data: dict[str, Any], today: date) -> Day:
    mark, changed = _mark(view, data)
    words = [view.name]
    if mark == Mark.HOLIDAY:
        words.append(_("day off"))
    elif mark in {Mark.SHORT, Mark.EXTRA, Mark.OTHER} or changed:
        words += view.hours
    if mark == Mark.OUTSIDE or (mark in {Mark.WORK, Mark.FREE} and not changed):
        words = []
    told = ", ".join(word for word in words if word)
    if told or changed:
        told = f"{day_words(view.day)}: {told or _('one-off change')}"
    return Day(view.day.day, mark, told, changed, view.day == today)


def _mark(view: DayView, data: dict[str, Any]) -> tuple[Mark, bool]:
    """The mark of a day, and whether a one-off stretch touches it."""
    text = view.day.isoformat()
    if text < (data["valid_from"] or "") or (data["valid_until"] and text > data["valid_until"]):
        return Mark.OUTSIDE, False
    usual, entry = data["week"][view.day.weekday()], data["days"].get(text)
    if entry is None:
        return (Mark.WORK if usual else Mark.FREE), view.kind == "exception"
    if not entry["intervals"]:
        return Mark.HOLIDAY, False
    if not usual:
        return Mark.EXTRA, False
    short = sum(end - start for start, end in entry["intervals"]) < sum(end - start for start, end in usual)
    return (Mark.SHORT if short else Mark.OTHER), False


def day_words(day: date, *, weekday: bool = False) -> str:
    """``3 June`` within a sentence: Russian writes weekdays small, and months in the genitive."""
    before = "l, " if weekday else ""
    if get_language() != "ru":
        return formats.date_format(day, f"{before}j F")
    return formats.date_format(day, f"{before}j E").lower()


def week_words(week: tuple[tuple[Interval, ...], ...]) -> str:
    """``Mon–Fri 09:00–18:00; Sat 10:00–14:00``: neighbours with the same hours are one."""
    names = weekday_names(short=True)
    parts, day = [], 0
    while day < 7:
        last = day
        while last < 6 and tuple(week[last + 1]) == tuple(week[day]):
            last += 1
        if week[day]:
            run = names[day] if last == day else f"{names[day]}–{names[last]}"
            parts.append(f"{run} {hours.several(sorted(week[day]))}")
        day = last + 1
    return "; ".join(parts)


def weekday_names(*, short: bool = False) -> list[str]:
    """Monday first, in the reader's language."""
    return [formats.date_format(date(2024, 1, day), "D" if short else "l") for day in range(1, 8)]
