"""What templates need to draw people, statuses and attributes: small pure helpers."""

import re
import zlib
from collections.abc import Mapping
from datetime import date, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import nh3
from babel import Locale
from django.conf import settings
from django.conf.locale import LANG_INFO
from django.contrib.messages import get_messages
from django.forms import BoundField
from django.middleware.csrf import get_token
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from common import clock
from common.html import to_text
from common.statements import Prepared
from common.text import fold
from desk.navigation import navigation
from desk.words import js_words
from notifications.reading import unread_count
from people.access import Permission, may
from people.finding import pattern
from people.models import ClaimSource, Proof
from people.models.organization import Tier
from people.suggestions import Evidence
from sla.sentences import reason_words
from tickets import answers
from tickets.models import Attachment, Category, Channel, Link, Status

STATUS_ICONS = {
    Category.NEW: "circle-dashed",
    Category.OPEN: "circle-dot",
    Category.PENDING: "hourglass",
    Category.ON_HOLD: "player-pause",
    Category.RESOLVED: "circle-check",
    Category.CLOSED: "lock",
}

CHANNEL_ICONS = {
    "email": "mail",
    "form": "forms",
    "chat": "messages",
    "telegram": "brand-telegram",
    "api": "code",
    "phone": "phone",
    "desk": "headset",
}

IDENTITY_ICONS = {
    "email": "mail",
    "phone": "phone",
    "telegram": "brand-telegram",
    "visitor": "messages",
    "account": "user-circle",
    "external": "database",
}

FORM_ICONS = {
    "text": "letter-case",
    "long_text": "align-left",
    "choice": "select",
    "choices": "checks",
    "number": "number",
    "date": "calendar",
    "file": "paperclip",
    "consent": "checkbox",
    "email": "mail",
    "phone": "phone",
}
FIELD_ICONS = {
    "text": "forms",
    "choice": "list",
    "number": "hash",
    "date": "calendar-event",
    "flag": "checkbox",
}

# What our own editor makes; anything else in a message of ours is foreign.
RICH_TAGS = {
    "a", "b", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "hr", "i", "li", "ol", "p",
    "pre", "s", "span", "strong", "u", "ul",
}  # fmt: skip


@lru_cache(maxsize=4096)
def initials(name: str) -> str:
    """One or two letters: of the first and the last word, or of the address."""
    words = [word for word in name.replace(".", " ").split("@")[0].split() if word[:1].isalnum()]
    if not words:
        return "?"
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@lru_cache(maxsize=4096)
def tone(name: str) -> int:
    """One of twelve hues; the same name always gets the same."""
    return zlib.crc32(name.encode()) % 12


def attributes(values: Mapping[str, Any]) -> Markup:
    """A dict as HTML attributes; True is a bare one, False and None are left out."""
    parts = [
        f" {escape(key)}" if value is True else f' {escape(key)}="{escape(value)}"'
        for key, value in values.items()
        if value is not None and value is not False
    ]
    return Markup("".join(parts))  # noqa: S704  # each part is escaped


def aria(bound: BoundField) -> dict[str, str]:
    """How a field's control points to its hint and its errors."""
    described = [f"{bound.id_for_label}-hint"] if bound.help_text else []
    if not bound.errors:
        return {"aria-describedby": described[0]} if described else {}
    return {"aria-invalid": "true", "aria-describedby": " ".join([*described, f"{bound.id_for_label}-error"])}


def clean_rich(html: str) -> str:
    """HTML reduced to what our editor can make: no styles, no pictures, no classes."""
    return nh3.clean(
        html,
        tags=RICH_TAGS,
        clean_content_tags={"script", "style", "title"},
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def rich(html: str) -> Markup:
    """The same, to be shown in the page itself."""
    return Markup(clean_rich(html))  # noqa: S704  # nh3 has just sanitised it


def found_in(text: str, words: str) -> Markup:
    """``text`` with the words asked for marked wherever they stand in it, ё or е; escaped."""
    wanted = [pattern(word) for word in fold(words).split()[:12]]
    if not wanted:
        return escape(text)
    parts = re.split(f"({'|'.join(wanted)})", text, flags=re.IGNORECASE)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(part) if n % 2 else part for n, part in enumerate(parts)
    )


def file_icon(attachment: Attachment) -> str:
    """The icon that tells what kind of file it is."""
    kind = attachment.content_type
    if kind.startswith("image/"):
        return "photo"
    if "zip" in kind or "compressed" in kind or "tar" in kind:
        return "file-zip"
    if kind.startswith("text/") or kind in {"application/pdf", "application/msword"} or "document" in kind:
        return "file-text"
    return "mail" if kind == "message/rfc822" else "file"


def evidence_words(evidence: Evidence) -> str:
    """Why two contacts may be one person, as a sentence."""
    words = {"value": evidence.value, "where": dict(ClaimSource.choices).get(evidence.source, "")}
    if evidence.reason == "name":
        return _("The same name in the same organisation")
    if evidence.proof:
        return _("Has proved that %(value)s is theirs") % words
    if evidence.reason == "both":
        return _("Both have given %(value)s") % words
    if evidence.source == ClaimSource.EMAIL:
        return _("%(value)s stands under a mail") % words
    return _("%(value)s was given %(where)s") % words


def version(row: Any) -> str:
    """A short mark that changes whenever the row would look different."""
    return f"{zlib.crc32(repr(row).encode()):x}"


def language_name(code: str) -> str:
    """The language's own name; the code for those Django does not know."""
    info = LANG_INFO.get(code.split("-")[0].lower(), {})
    return str(info.get("name_local", code))


@pass_context
def may_do(context: Context, permission: str) -> bool:
    """``may("reply")`` in a template: whether the reader has that permission."""
    return may(context["request"].user, Permission(permission))


@pass_context
def csrf(context: Context) -> str:
    """The form token, masked once a page: a ticket has dozens of small forms."""
    request = context["request"]
    token: str | None = getattr(request, "desk_csrf", None)
    if token is None:
        token = request.desk_csrf = get_token(request)
    return token


def language_words(code: str) -> str:
    """The language as the reader's language calls it."""
    return Locale.parse((get_language() or "en").replace("-", "_")).languages.get(code, code)


def date_words(day: date) -> str:
    """``3 June`` in the reader's language; the year when it is another one."""
    pattern = "j E" if get_language() == "ru" else "j F"
    return date_format(day, pattern if day.year == clock.now().year else f"{pattern} Y")


def span_words(span: Any, zone: str) -> str:
    """From when until when something with ``starts_at`` and ``ends_at`` is: whole days without times."""
    start, end = (at.astimezone(ZoneInfo(zone)) for at in (span.starts_at, span.ends_at))
    if start.time() == end.time() == time():
        last = end.date() - timedelta(days=1)
        return date_words(start) if last <= start.date() else f"{date_words(start)} – {date_words(last)}"
    ends = f"{end:%H:%M}" if start.date() == end.date() else f"{date_words(end)} {end:%H:%M}"
    return f"{date_words(start)} {start:%H:%M} – {ends}"


def solved_statuses() -> list[Status]:
    """What a selection of tickets can be solved with."""
    return _SOLVED.all()


_SOLVED: Prepared[Status] = Prepared(
    lambda: Status.objects.filter(category=Category.RESOLVED, is_default=True)
)


def max_upload() -> int:
    return int(settings.MAX_UPLOAD_BYTES)


FILTERS = {
    "answers": answers.shown,
    "initials": initials,
    "tone": tone,
    "attributes": attributes,
    "aria": aria,
    "rich": rich,
    "as_text": to_text,
    "file_icon": file_icon,
    "found_in": found_in,
    "version": version,
    "language_name": language_name,
    "language_words": language_words,
    "date_words": date_words,
    "span_words": span_words,
}

GLOBALS: dict[str, Any] = {
    "DEBUG": settings.DEBUG,
    "STATUS_ICONS": STATUS_ICONS,
    "OTHERS_PLUS": "6+",
    "channel_icons": CHANNEL_ICONS,
    "field_icons": FIELD_ICONS,
    "identity_icons": IDENTITY_ICONS,
    "channel_names": dict(Channel.choices),
    "proofs": dict(Proof.choices),
    "evidence_words": evidence_words,
    "form_icons": FORM_ICONS,
    "tiers": dict(Tier.choices),
    "link_words": dict(Link.Kind.choices),
    "csrf": csrf,
    "may": may_do,
    "reason_words": reason_words,
    "navigation": navigation,
    "get_messages": get_messages,
    "js_words": js_words,
    "max_upload": max_upload,
    "solved_statuses": solved_statuses,
    "unread_notices": unread_count,
}
