"""Days as people write them in a search: 2026-01-31, 31.01.2026, 2026-01, today, вчера, 7d, 2н."""

import re
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from common import clock
from common.text import fold

# (what may be written, what it means), for completion. Translated where it is shown.
DAYS: list[tuple[tuple[str, ...], str]] = [
    (("today", "сегодня"), _("Today")),
    (("yesterday", "вчера"), _("Yesterday")),
    (("7d", "7д"), _("A week ago")),
    (("30d", "30д"), _("Thirty days ago")),
    (("1y", "1г"), _("A year ago")),
]
_AGO = re.compile(r"(\d{1,4})([dwmyднмг])\Z")
_LENGTHS = {"d": 1, "д": 1, "w": 7, "н": 7, "m": 30, "м": 30, "y": 365, "г": 365}
_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?\Z")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})(?:\.(\d{4}))?\Z")


def day(typed: str) -> datetime | None:
    """The instant at which this day, month or year begins where the reader is; None for what is none."""
    found = _date(fold(typed), timezone.localtime(clock.now()).date())
    if found is None or not 1900 <= found.year <= 9000:
        return None
    return datetime.combine(found, time(), timezone.get_current_timezone())


def _date(typed: str, today: date) -> date | None:
    if typed in {"today", "сегодня"}:
        return today
    if typed in {"yesterday", "вчера"}:
        return today - timedelta(days=1)
    try:
        if ago := _AGO.match(typed):
            return today - timedelta(days=int(ago[1]) * _LENGTHS[ago[2]])
        if iso := _ISO.match(typed):
            return date(int(iso[1]), int(iso[2] or 1), int(iso[3] or 1))
        if dotted := _DOTTED.match(typed):
            return date(int(dotted[3] or today.year), int(dotted[2]), int(dotted[1]))
    except (ValueError, OverflowError):
        pass
    return None
