"""Hours of a day as people write them, read to seconds and back. The page's script does the same."""

import re
from collections.abc import Sequence

from calendars.arithmetic import DAY, Interval

_TIME = re.compile(r"(\d{1,2})(?:[:.]?([0-5]\d))?(?::([0-5]\d))?\Z", re.ASCII)
_RANGE = re.compile(r"\s*([\d:.]+)\s*[-–—]\s*([\d:.]+)\s*\Z")
_SEPARATORS = re.compile(r"[,;\n]")


def seconds(text: str) -> int | None:
    """``9``, ``930``, ``9:30``, ``09.30``, ``24:00``; None for anything else."""
    found = _TIME.match(text.strip())
    if found is None:
        return None
    hours, minutes, rest = (int(part or 0) for part in found.groups())
    value = hours * 3600 + minutes * 60 + rest
    return value if value <= DAY else None


def interval(start: str, end: str) -> Interval | None:
    """An end that is not after the start is on the next day; None when one of them is not to be read."""
    first, last = seconds(start), seconds(end)
    if first is None or last is None or first == DAY:
        return None
    return first, last + DAY if last <= first else last


def written(value: int, *, ends: bool = False) -> str:
    """``18:00``; midnight is 24:00 where something ends with the day."""
    within = value - DAY if value > DAY or (value == DAY and not ends) else value
    minutes, rest = divmod(within, 60)
    words = f"{minutes // 60:02}:{minutes % 60:02}"
    return f"{words}:{rest:02}" if rest else words


def one(hours: Interval) -> str:
    """``09:00–18:00``."""
    return f"{written(hours[0])}–{written(hours[1], ends=True)}"


def several(intervals: Sequence[Interval]) -> str:
    """``09:00–13:00, 14:00–18:00``."""
    return ", ".join(one(hours) for hours in intervals)


def read_several(text: str) -> tuple[Interval, ...] | None:
    """What ``several`` writes; None when a part is not to be read, or there is none."""
    found = []
    for part in _SEPARATORS.split(text):
        if not part.strip():
            continue
        ends = _RANGE.match(part)
        hours = interval(*ends.groups()) if ends else None
        if hours is None:
            return None
        found.append(hours)
    return tuple(sorted(found)) or None
