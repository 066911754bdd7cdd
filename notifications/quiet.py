"""Quiet hours: pure arithmetic on the wall clock of somebody's zone."""

import zoneinfo
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

_MOST_STEPS = 16  # quiet stretches one after another: more than a week of them has no end


@dataclass(frozen=True)
class Quiet:
    """From ``begins`` to ``ends`` on the ``weekdays`` it begins on (Monday is 0).

    When it does not end later than it begins, it ends on the next day; equal times are a whole day.
    """

    weekdays: Collection[int]
    begins: time
    ends: time


def zone_of(name: str, fallback: str = "UTC") -> tzinfo:
    """The zone of that name, else the other, else UTC."""
    for each in (name, fallback):
        try:
            if each:
                return zoneinfo.ZoneInfo(each)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            continue
    return UTC


def end_of_quiet(at: datetime, quiet: Quiet, zone: tzinfo) -> datetime:
    """``at`` where it is not quiet; else when the quiet ends, through stretches that touch.

    Hours that never end hold nothing back for longer than they last once.
    """
    moment = at
    for _step in range(_MOST_STEPS):
        end = _end(moment, quiet, zone)
        if end is None:
            return moment
        moment = end
    return _end(at, quiet, zone) or at


def _end(at: datetime, quiet: Quiet, zone: tzinfo) -> datetime | None:
    """The end of the quiet stretch that ``at`` is in, as UTC."""
    today = at.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        if day.weekday() not in quiet.weekdays:
            continue
        last = day if quiet.ends > quiet.begins else day + timedelta(days=1)
        begins = datetime.combine(day, quiet.begins, zone).astimezone(UTC)
        ends = datetime.combine(last, quiet.ends, zone).astimezone(UTC)
        if begins <= at < ends:
            return ends
    return None
