"""Two versions of a calendar beside each other, in the reader's language: hours, days, holidays."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from django.utils import formats
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from calendars.stored import called
from calendars.years import name_of_day
from desk.settings.differences import Difference, Part, between, differing
from desk.settings.forms import hours
from desk.settings.year import day_words, weekday_names

_MOST_DAYS = 10  # told one by one; a year of holidays is counted

Data = Mapping[str, Any]


def differences(older: Data | None, newer: Data) -> list[Difference]:
    """Part by part what the newer stored form says otherwise; of a first one all it says."""
    old: Data = older or {}
    found = differing((_("Time zone"), _zone(old), _zone(newer)))
    found += _week(old.get("week", [None] * 7), newer["week"])
    found += between(_parts(old) if old else {}, _parts(newer))
    found += _days(old, newer)
    return found + between(_spans(old) if old else {}, _spans(newer))


def _zone(data: Data) -> str:
    return str(data.get("zone", "")).replace("_", " ")


def _parts(data: Data) -> dict[str, Part]:
    sources = data["sources"]
    parts = {
        "country": Part(_("Public holidays"), _country(sources)),
        "valid_from": Part(_("From"), _day(data["valid_from"])),
        "valid_until": Part(_("Until"), _day(data["valid_until"])),
    }
    if sources.get("shorten"):
        parts["shorten"] = Part(_("Shorten the day before by (minutes)"), str(sources["shorten"]))
    return {key: part for key, part in parts.items() if part.words}


def _country(sources: Data) -> str:
    code = sources.get("country", "")
    if not code:
        return ""
    name = Locale.parse((get_language() or "en").replace("-", "_")).territories.get(code, code)
    return ", ".join(part for part in (name, sources.get("subdivision", "")) if part)


def _week(old: list[Any], new: list[Any]) -> list[Difference]:
    """Weekdays whose hours are others; neighbours that changed alike are one line."""
    names, found, day = weekday_names(), [], 0
    while day < 7:
        last = day
        while last < 6 and (old[last + 1], new[last + 1]) == (old[day], new[day]):
            last += 1
        run = names[day] if last == day else f"{names[day]} – {names[last]}"
        found.append((run[:1].upper() + run[1:], _day_hours(old[day]), _day_hours(new[day])))
        day = last + 1
    return differing(*found)


def _day_hours(intervals: list[list[int]] | None) -> str:
    """Of a weekday; empty where there was no version."""
    return "" if intervals is None else _hours(intervals) or _("day off")


def _hours(intervals: list[list[int]]) -> str:
    return hours.several([(start, end) for start, end in sorted(intervals)])


def _days(old: Data, new: Data) -> list[Difference]:
    """Single days by date; those of a country together, where there are many."""
    before, after = old.get("days", {}), new["days"]
    changed = sorted(day for day in {*before, *after} if _said(before.get(day)) != _said(after.get(day)))
    of_country = [
        day for day in changed if _is_of_country(before.get(day)) and _is_of_country(after.get(day))
    ]
    if len(of_country) > _MOST_DAYS:
        changed = [day for day in changed if day not in set(of_country)]
    else:
        of_country = []
    found = [Difference(_date(day), _entry(before.get(day)), _entry(after.get(day))) for day in changed]
    if of_country:
        first, last = _date(of_country[0]), _date(of_country[-1])
        words = ngettext(
            "%(num)d day, %(first)s to %(last)s", "%(num)d days, %(first)s to %(last)s", len(of_country)
        )
        told = words % {"num": len(of_country), "first": first, "last": last}
        found.append(Difference(_("Days of the public holidays"), "", told))
    return found


def _is_of_country(entry: Data | None) -> bool:
    return entry is None or entry["source"] == "country"


def _said(entry: Data | None) -> tuple[str, str] | None:
    return None if entry is None else (_hours(entry["intervals"]), _name(entry))


def _name(entry: Data) -> str:
    return name_of_day(dict(entry), get_language() or "en")


def _entry(entry: Data | None) -> str:
    """``Victory Day, day off``; empty for a day like any other."""
    if entry is None:
        return ""
    return ", ".join(word for word in (_name(entry), _hours(entry["intervals"]) or _("day off")) if word)


def _spans(data: Data) -> dict[str, Part]:
    zone = ZoneInfo(data["zone"])
    parts = {}
    for span in data["spans"]:
        start, end = (datetime.fromisoformat(span[name]).astimezone(zone) for name in ("start", "end"))
        when = f"{_moment(start)} – {_moment(end)}"
        words = _("is worked") if span["adds"] else _("is not worked")
        name = called(dict(span), get_language() or "en")
        parts[span["start"] + span["end"]] = Part(when, ", ".join(part for part in (name, words) if part))
    return parts


def _moment(at: datetime) -> str:
    return formats.date_format(at, "SHORT_DATETIME_FORMAT")


def _date(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day_words(day)} {day.year}"


def _day(text: str | None) -> str:
    return _date(text) if text else ""
