"""The stored form of a calendar: JSON, checked when it comes in and trusted afterwards.

::

    {"zone": "Europe/Moscow",
     "week": [[[32400, 46800], [50400, 64800]], …],            seven days, Monday first, seconds of the day
     "days": {"2026-05-09": {"intervals": [], "kind": "holiday", "name": {"ru": "День Победы"},
                             "source": "country"}},
     "spans": [{"start": "2026-06-01T10:00:00Z", "end": …, "adds": false, "name": {…}, "source": "file"}],
     "valid_from": null, "valid_until": "2027-12-31",
     "sources": {"country": "RU", "subdivision": "", "shorten": 60, "skip": [], "until": 2028}}

Only ``zone`` and ``week`` are required. ``name`` maps a language to a text, "" standing for any. A day's
``of`` is the day whose hours it has, or whose place it takes. ``sources`` belong to ``holidays_of``.
"""

from datetime import UTC, date, datetime
from typing import Any

from calendars.arithmetic import Definition, Span
from calendars.checks import Checker


def clean(data: object) -> dict[str, Any]:
    """The one form in which a calendar is stored. Raises ``BadDefinition`` with all that is wrong with it."""
    return Checker().definition(data)


def from_json(data: dict[str, Any]) -> Definition:
    """Of data that is clean."""
    return Definition(
        zone=data["zone"],
        week=tuple(_intervals(day) for day in data["week"]),
        days={date.fromisoformat(day): _intervals(entry["intervals"]) for day, entry in data["days"].items()},
        spans=tuple(
            Span(datetime.fromisoformat(span["start"]), datetime.fromisoformat(span["end"]), span["adds"])
            for span in data["spans"]
        ),
        valid_from=_day(data["valid_from"]),
        valid_until=_day(data["valid_until"]),
    )


def to_json(definition: Definition, *, sources: dict[str, Any] | None = None) -> dict[str, Any]:
    """The stored form of a definition, its days without names. Raises ``BadDefinition``."""
    return clean(
        {
            "zone": definition.zone,
            "week": [[list(interval) for interval in day] for day in definition.week],
            "days": {
                day.isoformat(): {"intervals": [list(interval) for interval in intervals]}
                for day, intervals in definition.days.items()
            },
            "spans": [
                {"start": instant(span.start), "end": instant(span.end), "adds": span.adds}
                for span in definition.spans
            ],
            "valid_from": definition.valid_from and definition.valid_from.isoformat(),
            "valid_until": definition.valid_until and definition.valid_until.isoformat(),
            "sources": sources or {},
        }
    )


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, ending in Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def called(entry: dict[str, Any], language: str) -> str:
    """The name of a day or span in a reader's language, else in English, else in whichever there is."""
    names = entry["name"]
    for wanted in (language.split("-")[0], "", "en"):
        if wanted in names:
            return str(names[wanted])
    return str(next(iter(names.values()), ""))


def _intervals(pairs: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in pairs)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
