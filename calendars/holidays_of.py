"""Public holidays of countries, written out as ordinary days of a calendar.

The library knows the days; a calendar gets them as entries with names, so that a version says the same for
ever, whatever the library says after its next update. Some countries move days: where a free day takes the
place of a worked weekend, that weekend has the hours of the day it is worked for (in Russia also its
shortened hours: Labour Code, articles 95 and 112). ``shorten`` cuts so many minutes off the end of the day
before an official holiday, if it is worked; days off that were only moved have no such eve.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import holidays
from babel import Locale
from django.utils.translation import gettext as _

from calendars.errors import UnknownCountry

YEARS_AHEAD = 2  # always written out: this year and so many after it
SHORTENED_BY_LAW = {"RU": 60, "BY": 60}  # minutes a form suggests

_DAY = timedelta(days=1)
_LANGUAGES = ("en", "ru")  # of the interface; the country's own is kept too


@dataclass(frozen=True)
class PublicDay:
    """A day that a country's law makes different. ``of``: the day it is exchanged with."""

    day: date
    is_free: bool
    is_official: bool = False  # a holiday by itself, neither moved there nor given in compensation
    names: Mapping[str, str] = field(default_factory=dict)
    of: date | None = None


def country_choices(language: str) -> list[tuple[str, str]]:
    """Codes and names of the countries whose holidays are known, by name."""
    territories = Locale.parse(language.replace("-", "_")).territories
    codes = holidays.list_supported_countries(include_aliases=False)
    return sorted(((code, territories.get(code, code)) for code in codes), key=lambda choice: choice[1])


def subdivision_choices(country: str) -> list[tuple[str, str]]:
    """Codes and names of a country's parts that have holidays of their own. Raises ``UnknownCountry``."""
    _check(country, "")
    known = holidays.country_holidays(country)
    aliases = known.get_subdivision_aliases()
    return sorted(
        ((code, (aliases.get(code) or [code])[0]) for code in known.subdivisions),
        key=lambda choice: choice[1],
    )


def days_of(country: str, subdivision: str, years: Iterable[int]) -> list[PublicDay]:
    """The different days of these years, sorted. Raises ``UnknownCountry``."""
    _check(country, subdivision)
    return [one for year in sorted(set(years)) for one in _days_of(country, subdivision, year)]


def with_holidays(data: dict[str, Any], *, since: date, last_year: int) -> dict[str, Any]:
    """A calendar in its stored form, with the days of its country from ``since`` to ``last_year`` anew.

    The country is the one in ``sources``; without one, its former days go. Days before ``since``, days
    entered by hand or from a file, and days in ``sources.skip`` are left alone. Raises ``UnknownCountry``.
    """
    sources = data["sources"]
    days = {
        day: entry
        for day, entry in data["days"].items()
        if entry["source"] != "country" or date.fromisoformat(day) < since
    }
    if sources:
        found = days_of(sources["country"], sources["subdivision"], range(since.year - 1, last_year + 2))
        taken = {*days, *sources["skip"]}
        for day, entry in _entries(found, data["week"], sources["shorten"]).items():
            if since <= day <= date(last_year, 12, 31) and day.isoformat() not in taken:
                days[day.isoformat()] = entry
        sources = {**sources, "until": last_year}
    return {**data, "days": dict(sorted(days.items())), "sources": sources}


def with_country(data: dict[str, Any], before: dict[str, Any] | None, today: date) -> dict[str, Any]:
    """A stored calendar that is about to follow ``before``, with its country's days written out.

    From last year on when the country is new to it, else from today on: what was counted stays explained.
    """

    def place(sources: dict[str, Any]) -> tuple[str, str]:
        return sources.get("country", ""), sources.get("subdivision", "")

    is_same = before is not None and place(before["sources"]) == place(data["sources"])
    since = today if is_same else date(today.year - 1, 1, 1)
    return with_holidays(data, since=since, last_year=today.year + YEARS_AHEAD)


def _entries(found: list[PublicDay], week: list[list[list[int]]], shorten: int) -> dict[date, dict[str, Any]]:
    """Public days as entries of a calendar with this week."""
    by_day = {one.day: one for one in found}
    entries: dict[date, dict[str, Any]] = {}
    for one in found:
        intervals: list[list[int]] = []
        if not one.is_free:
            usual = week[one.day.weekday()]
            if usual or one.of is None:
                continue  # worked anyway
            intervals = week[one.of.weekday()]
        entries[one.day] = _entry("moved" if one.of else "holiday", intervals, one.names, one.of)
    if shorten:
        for one in found:
            if one.is_official:
                _shorten_eve(one, by_day, entries, week, shorten)
    return entries


def _shorten_eve(
    holiday: PublicDay,
    by_day: dict[date, PublicDay],
    entries: dict[date, dict[str, Any]],
    week: list[list[list[int]]],
    minutes: int,
) -> None:
    eve = holiday.day - _DAY
    there = by_day.get(eve)
    if there and there.is_free:
        # A free eve exchanged with a worked weekend: that day has the eve's hours, so it is the shorter one.
        if there.of is None or there.of not in entries or entries[there.of]["kind"] != "moved":
            return
        eve = there.of
    entry = entries.get(eve)
    intervals = entry["intervals"] if entry else week[eve.weekday()]
    if not intervals:
        return
    shorter = _without_end(intervals, minutes * 60)
    if entry:
        entries[eve] = {**entry, "intervals": shorter}
    else:
        entries[eve] = _entry("shortened", shorter, holiday.names, holiday.day)


def _entry(
    kind: str, intervals: list[list[int]], names: Mapping[str, str], of: date | None
) -> dict[str, Any]:
    entry = {"intervals": intervals, "kind": kind, "name": dict(names), "source": "country"}
    return {**entry, "of": of.isoformat()} if of else entry


def _without_end(intervals: list[list[int]], seconds: int) -> list[list[int]]:
    left = [list(pair) for pair in intervals]
    while left and seconds:
        cut = min(seconds, left[-1][1] - left[-1][0])
        seconds -= cut
        left[-1][1] -= cut
        if left[-1][0] == left[-1][1]:
            left.pop()
    return left


# --- what the library says ----------------------------------------------------------------------


def _check(country: str, subdivision: str) -> None:
    known = holidays.list_supported_countries(include_aliases=False)
    if country not in known:
        raise UnknownCountry(_("The holidays of this country are not known."))
    if subdivision and subdivision not in known[country]:
        raise UnknownCountry(_("This part of the country is not known."), field="subdivision")


@lru_cache(maxsize=512)
def _days_of(country: str, subdivision: str, year: int) -> tuple[PublicDay, ...]:
    known = _ask(country, subdivision, year)
    unmoved = _ask(country, subdivision, year, observed=False)
    moved = dict(_moved(known, year))
    named = _in_languages(country, subdivision, year, known)
    worked = {source: target for target, source in moved.items() if source in known.weekend_workdays}
    days = [
        PublicDay(
            day,
            is_free=True,
            is_official=day in unmoved and day not in moved,
            names={language: names[day] for language, names in named.items() if day in names},
            of=moved.get(day),
        )
        for day in known
    ]
    days += [PublicDay(day, is_free=False, of=target) for day, target in worked.items() if day not in known]
    return tuple(sorted(days, key=lambda one: one.day))


def _ask(
    country: str, subdivision: str, year: int, language: str | None = None, *, observed: bool = True
) -> holidays.HolidayBase:
    return holidays.country_holidays(
        country, subdiv=subdivision or None, years=year, language=language, observed=observed
    )


def _moved(known: holidays.HolidayBase, year: int) -> Iterable[tuple[date, date]]:
    """Free days of a year that were moved there, each with the day it was taken from."""
    rows: Any = getattr(known, "special_public_holidays", {}).get(year, ())
    if rows and not isinstance(rows[0], tuple):  # a single one is not wrapped
        rows = (rows,)
    for row in rows:
        if len(row) > 3:  # to month, day, from month, day, and the year it is from if another
            month, day, from_month, from_day, *other = row
            yield date(year, month, day), date(other[0] if other else year, from_month, from_day)


def _in_languages(
    country: str, subdivision: str, year: int, known: holidays.HolidayBase
) -> dict[str, dict[date, str]]:
    """The names of a year's days by language: the country's own, and those of the interface it has."""
    own = known.default_language or "en"
    offered = known.supported_languages or (own,)
    wanted = {own.split("_")[0]: own}
    for language in _LANGUAGES:
        for one in offered:
            if one.split("_")[0] == language:
                wanted.setdefault(language, one)
    return {
        short: dict(
            _ask(country, subdivision, year, full if full in known.supported_languages else None).items()
        )
        for short, full in wanted.items()
    }
