"""A conversation on paper: what of it is printed, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

import nh3
from django.db.models import F, Func, IntegerField, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from markupsafe import Markup

from common.html import replace_cids
from desk import conversation
from desk.presentation import RICH_TAGS
from people.models import User
from tickets import files, timeline
from tickets.models import Message, MessageKind, Ticket

MOST = 500  # messages of one print
SHORT, SHORT_LINES = 1500, 16  # characters and line breaks of a message that is not torn between pages
BUDGET = 6_000_000  # bytes of their text together, beyond the first

# What a mail's layout needs to be read on paper; its colours and sizes it does not.
_TAGS = RICH_TAGS | {"caption", "h4", "h5", "h6", "img", "table", "tbody", "td", "tfoot", "th", "thead", "tr"}
_CELL = {"colspan", "rowspan"}


@dataclass(frozen=True)
class Line:
    """A message on paper; ``html`` is empty where its plain text is printed."""

    part: conversation.Shown
    html: Markup
    text: str

    @property
    def is_short(self) -> bool:
        """Whether it is no more than a third of a page, and so had better stay in one piece."""
        return len(self.text) <= SHORT and self.text.count("\n") <= SHORT_LINES and "<img" not in self.html


@dataclass(frozen=True)
class Printed:
    """``next``: with which message the next part begins; 0 at the end."""

    lines: list[Line]
    start: int
    next: int


def printed(ticket: Ticket, user: User, *, notes: bool, start: int = 0) -> Printed:
    """The part of the conversation that begins with message number ``start``, oldest first.

    Without ``notes`` only what the customer has seen: neither notes nor what was said to others. What was
    taken back before it left is never printed.
    """
    rows = timeline.conversation(ticket)
    wanted = rows.filter(withdrawn_at=None)
    if not notes:
        wanted = wanted.filter(side_thread=None).exclude(kind=MessageKind.NOTE)
    ids, more = _within(wanted, start)
    parts = conversation.shown(list(rows.filter(pk__in=ids)), user, read_to=None, home_id=ticket.pk)
    lines = [_line(part, user) for part in parts.values()]
    return Printed(lines, start, start + len(ids) if more else 0)


def _within(rows: QuerySet[Message], start: int) -> tuple[list[int], bool]:
    """Which messages fit, and whether there are more; the sizes are asked first, the texts may be long."""
    size = sum((_bytes(name) for name in ("html", "quoted_html", "text")), start=_bytes("quoted_text"))
    found = list(rows.values_list("pk", size)[start : start + MOST + 1])
    left = BUDGET
    fits: list[int] = []
    for pk, cost in found[:MOST]:
        if fits and cost > left:
            break
        left -= cost
        fits.append(pk)
    return fits, len(found) > len(fits)


def _bytes(column: str) -> Func:
    return Func(F(column), function="octet_length", output_field=IntegerField())


def _line(part: conversation.Shown, user: User) -> Line:
    """Its visible part; where all it has is quoted (a mail passed on, say), that."""
    row = part.message
    shows = row.text.strip() or row.html.strip()
    html, text = (row.html, row.text) if shows else (row.quoted_html, row.quoted_text)
    return Line(part, for_paper(html, row, user), text)


def for_paper(html: str, message: Message, user: User) -> Markup:
    """Words, tables and the mail's own pictures: no style, and nothing that is fetched from elsewhere."""
    if not html.strip():
        return Markup("")
    pictures = {
        row.content_id.strip("<>"): files.signed_url(row, user)
        for row in message.attachments.all()
        if row.content_id and row.redacted_at is None and row.content_type in files.SHOWN
    }
    ours = frozenset(pictures.values())

    def keep(tag: str, name: str, value: str) -> str | None:
        return value if (tag, name) != ("img", "src") or value in ours else None

    return Markup(  # noqa: S704  # nh3 has just sanitised it
        nh3.clean(
            replace_cids(html, pictures.get),
            tags=_TAGS,
            clean_content_tags={"script", "style", "title"},
            attributes={"a": {"href"}, "img": {"src", "alt"}, "td": _CELL, "th": _CELL},
            attribute_filter=keep,
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}},
        )
    )


def moment_words(at: datetime, zone: tzinfo) -> str:
    """An instant for paper, which cannot tell it again in another zone: with the zone's short name."""
    local = timezone.localtime(at, zone)
    return f"{date_format(local, 'DATETIME_FORMAT')} {local:%Z}"


def zone_words(at: datetime, zone: tzinfo) -> str:
    """The zone's name with its distance from UTC: ``Europe/Moscow (UTC+03:00)``."""
    offset = f"{timezone.localtime(at, zone):%z}"
    return f"{zone} (UTC{offset[:3]}:{offset[3:5]})"


def people_words(rows: Sequence[dict[str, str]]) -> str:
    """Names with their addresses, separated by commas."""
    named = ((row.get("name") or "", row.get("address") or "") for row in rows)
    return ", ".join(f"{name} <{mail}>" if name and mail else name or mail for name, mail in named)
