"""Template filters."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.template.defaultfilters import filesizeformat
from django.utils import formats, timezone, translation
from django.utils.html import conditional_escape, urlize
from markupsafe import Markup


def iso(value: datetime | None) -> str:
    """For ``<local-time>``: ISO 8601 in UTC, or empty."""
    return (
        value.astimezone(timezone.get_fixed_timezone(0)).isoformat().replace("+00:00", "Z") if value else ""
    )


def day_and_time(value: datetime | None) -> str:
    """As the reader's language writes it, in the active zone: for those without JavaScript."""
    if value is None:
        return ""
    return _written(value, timezone.get_current_timezone_name(), translation.get_language() or "")


@lru_cache(maxsize=20_000)
def _written(value: datetime, zone: str, language: str) -> str:
    """Remembered: a list says fifty, each takes 30 µs, and the next reader's list says the same ones.

    ``zone`` and ``language`` are the active ones.
    """
    return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")


@lru_cache(maxsize=512, typed=True)  # of the same letters some may be safe and some not
def plain(value: str) -> Markup:
    """Plain text as safe HTML with links; line breaks are kept by the style sheet (pre-wrap).

    Remembered: what somebody looks at is drawn again whenever something happens there.
    """
    return Markup(urlize(value, nofollow=True, autoescape=True))  # noqa: S704  # urlize escapes


def escaped_once(value: Any) -> str:
    """Words as HTML: what Django has made safe as it is, all else escaped.

    Jinja escapes a lazy string without asking what it stands for, which may be safe: the rules that Django
    tells of passwords are a list.
    """
    return conditional_escape(value)


ALL: dict[str, Callable[..., Any]] = {
    "iso": iso,
    "day_and_time": day_and_time,
    "plain": plain,
    "escaped_once": escaped_once,
    "filesize": filesizeformat,
}
