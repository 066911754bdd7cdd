"""Durations as people type and read them: "3d 4h", "90 min", "3 дн. 4 ч"."""

import re
from functools import lru_cache

from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

HOUR, DAY, WEEK = 3600, 86_400, 604_800
_UNITS = (
    (1, ("s", "sec", "second", "seconds", "с", "сек", "секунда", "секунды", "секунд")),
    (60, ("m", "min", "minute", "minutes", "м", "мин", "минута", "минуты", "минут")),
    (HOUR, ("h", "hr", "hour", "hours", "ч", "час", "часа", "часов")),
    (DAY, ("d", "day", "days", "д", "дн", "день", "дня", "дней", "сут", "сутки", "суток")),
    (WEEK, ("w", "wk", "week", "weeks", "н", "нед", "неделя", "недели", "недель")),
)
_SECONDS = {word: seconds for seconds, words in _UNITS for word in words}
_PART = re.compile(r"\s*(\d{1,9}(?:[.,]\d{1,6})?)\s*([^\W\d_]+)\.?[\s,]*")


def parse(text: str) -> int | None:
    """Seconds of "3d 4h" in English or Russian units; None for what is no duration. A day is 24 hours.

    >>> parse("1d 2,5 h")
    95400
    """
    text = text.strip().lower()
    position, total = 0, 0.0
    while position < len(text):
        part = _PART.match(text, position)
        seconds = _SECONDS.get(part[2]) if part else None
        if part is None or seconds is None:
            return None
        total += float(part[1].replace(",", ".")) * seconds
        position = part.end()
    return round(total) if text else None


def words(seconds: int, *, days: bool = True) -> str:
    """The duration to the second, in the reader's language and no larger unit than days (or hours)."""
    units = _forms(get_language() or "")
    parts = []
    for size, form in units if days else units[1:]:
        number, seconds = divmod(seconds, size)
        if number:
            parts.append(form % {"n": number})
    return " ".join(parts) or pgettext("duration", "%(n)d min") % {"n": 0}


@lru_cache(maxsize=8)
def _forms(_language: str) -> list[tuple[int, str]]:
    """Asked for once a language, the active one: a list tells fifty durations."""
    return [
        (DAY, pgettext("duration", "%(n)d d")),
        (HOUR, pgettext("duration", "%(n)d h")),
        (60, pgettext("duration", "%(n)d min")),
        (1, pgettext("duration", "%(n)d s")),
    ]


def wrong() -> str:
    """What to say of a text that is no duration."""
    return _("Write a time such as 30 min, 4 h or 3 d 4 h.")
