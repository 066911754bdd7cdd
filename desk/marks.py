"""The small marks of every page: icons, avatars, statuses, tags, times; templates/ui/marks.html tells them.

A list has several hundred of them, and as macros they were half of what it cost to draw. Each is made once
for the words it shows, which come escaped or are escaped here.
"""

from datetime import datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone, translation
from markupsafe import Markup, escape

from common.filters import day_and_time, iso
from desk.clocks import Shown
from desk.presentation import STATUS_ICONS, attributes, initials, tone

_ORDINARY = "standard"  # the tier that nobody need be told of
_BARS = Markup(
    '<rect y="7" width="3" height="5" rx="1"></rect><rect x="5" y="3.5" width="3" height="8.5" rx="1"></rect>'
    '<rect x="10" width="3" height="12" rx="1"></rect>'
)


@lru_cache(maxsize=1)
def _sprite() -> str:
    return static("vendor/icons.svg")


def sprite() -> str:
    """The address of the icons, asked of the storage once."""
    return static("vendor/icons.svg") if settings.DEBUG else _sprite()


def icon(name: str, cls: str = "", label: Any = "") -> Markup:
    """An icon of static/icons.txt."""
    return _icon(sprite(), name, cls, escape(label))


@lru_cache(maxsize=4096)
def _icon(source: str, name: str, cls: str, label: Markup) -> Markup:
    named = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="{}" {}><use href="{}#{}"></use></svg>').format(
        f"icon {cls}" if cls else "icon", named, source, name
    )


def avatar(name: str | None, size: str = "") -> Markup:
    """Initials, or a dashed ring for nobody."""
    return _avatar(sprite(), name or "", size)


@lru_cache(maxsize=4096)
def _avatar(_source: str, name: str, size: str) -> Markup:
    sized = f" avatar-{size}" if size else ""
    if not name:
        ring = Markup('<span class="avatar avatar-none{}" aria-hidden="true">{}</span>')
        return ring.format(sized, icon("user", "icon-s"))
    shown = Markup('<span class="avatar{}" data-tone="{}" aria-hidden="true">{}</span>')
    return shown.format(sized, tone(name), initials(name))


def status(category: int, label: Any) -> Markup:
    """Icon and name."""
    return _status(sprite(), category, escape(label), words=True)


def status_icon(category: int, label: Any) -> Markup:
    """The same in a tight place."""
    return _status(sprite(), category, escape(label), words=False)


@lru_cache(maxsize=1024)
def _status(_source: str, category: int, label: Markup, *, words: bool) -> Markup:
    name = STATUS_ICONS[category]  # type: ignore[index]  # a Category or its number
    if words:
        shown = Markup('<span class="status status-{}">{}<span class="clip">{}</span></span>')
        return shown.format(int(category), icon(name), label)
    shown = Markup('<span class="status status-{}" data-tip="{}">{}</span>')
    return shown.format(int(category), label, icon(name, label=label))


def priority(value: int, label: Any, words: Any = False) -> Markup:
    """Bars, or a mark for the most urgent."""
    return _priority(int(value), escape(label), words=bool(words))


@lru_cache(maxsize=256)
def _priority(value: int, label: Markup, *, words: bool) -> Markup:
    named = Markup("") if words else Markup(' role="img" aria-label="{0}" data-tip="{0}"').format(label)
    mark = Markup('<span class="priority-urgent" aria-hidden="true">!</span>')
    if value != 4:
        mark = Markup(
            '<svg class="priority-bars priority-{}" viewBox="0 0 13 12" aria-hidden="true">{}</svg>'
        ).format(value, _BARS)
    told = Markup("<span>{}</span>").format(label) if words else Markup("")
    return Markup('<span class="priority"{}>{}{}</span>').format(named, mark, told)


def tag(name: Any, colour: str = "gray") -> Markup:
    """A ticket's tag."""
    return _tag(escape(name), colour)


@lru_cache(maxsize=4096)
def _tag(name: Markup, colour: str) -> Markup:
    return Markup('<span class="tag tag-{}"><span class="tag-name">{}</span></span>').format(colour, name)


def badge(words: Any, tone: str = "", name: str = "") -> Markup:
    """A word in a pill, with an icon or without."""
    return _badge(sprite(), escape(words), tone, name)


@lru_cache(maxsize=4096)
def _badge(_source: str, words: Markup, tone: str, name: str) -> Markup:
    mark = icon(name, "icon-s") if name else Markup("")
    toned = f" badge-{tone}" if tone else ""
    return Markup('<span class="badge{}">{}{}</span>').format(toned, mark, words)


def tier(value: str, label: Any) -> Markup:
    """A customer's tier; nothing for the ordinary one."""
    return badge(label, value, "star") if value and value != _ORDINARY else Markup("")


def tier_mark(value: str, label: Any) -> Markup:
    """The same as a star alone."""
    if not value or value == _ORDINARY:
        return Markup("")
    return _tier_mark(sprite(), value, escape(label))


@lru_cache(maxsize=64)
def _tier_mark(_source: str, value: str, label: Markup) -> Markup:
    shown = Markup('<span class="tier-mark tier-{}" data-tip="{}">{}</span>')
    return shown.format(value, label, icon("star-filled", label=label))


def local_time(at: datetime | None, form: str = "ago") -> Markup:
    """A moment that the browser writes in the reader's zone."""
    if not at:
        return Markup("")
    return _local_time(at, form, timezone.get_current_timezone_name(), translation.get_language() or "")


@lru_cache(maxsize=20_000)
def _local_time(at: datetime, form: str, _zone: str, _language: str) -> Markup:
    """Remembered: the next reader's list says the same ones. Zone and language are the active ones."""
    shown = Markup('<local-time datetime="{0}" form="{1}"><time datetime="{0}">{2}</time></local-time>')
    return shown.format(iso(at), form, day_and_time(at))


def countdown(clock: Shown, *, exact: bool = False, told: str = "") -> Markup:
    """The time a clock has left, and the words for its state; ``exact``: with seconds at the end.

    ``told``: when its reader is told of one that was drawn before, in epoch seconds.
    """
    words = [clock.icon, clock.label, clock.state_words, clock.left_words]
    ticking = attributes({**clock.ticking, "exact": exact, "told": told or None})
    mark, label, state, left = icon(words[0], "icon-s"), *map(escape, words[1:])
    return Markup(  # noqa: S704  # each part is escaped
        f'<sla-countdown class="countdown"{ticking}>{mark}<span class="sr-only">{label}: </span>'
        f'<span class="sr-only" data-state>{state}</span> <span data-left>{left}</span></sla-countdown>'
    )
