"""A list as CSV: header and lines as texts, in the columns of its view. Pure but for what is translated."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from tickets.listing import Row
from tickets.models import Category, Channel, Column, Priority

BOM = "\ufeff"  # Excel takes UTF-8 for something else without it
# A cell that begins so is a formula to a spreadsheet, whoever wrote it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe(value: Any) -> str:
    """A cell that no spreadsheet calculates: a formula becomes a text by a quote before it."""
    text = str(value)
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_FORMULA) else text


def line(cells: Iterable[Any], *, delimiter: str) -> str:
    """One line with its end. Numbers stay numbers; everything else is made safe."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    writer.writerow([cell if isinstance(cell, int) else safe(cell) for cell in cells])
    return out.getvalue()


def delimiter(language: str) -> str:
    """What a spreadsheet of that language takes for the end of a cell."""
    return ";" if language == "ru" else ","


def header(columns: Iterable[str]) -> list[str]:
    shown = set(columns)
    named = [str(Column(name).label) for name in Column.values if name in shown]
    return [_("Number"), _("Subject"), _("Status"), *named]


def cells(row: Row, columns: Iterable[str], *, language: str, tiers: dict[str, Any]) -> Iterator[Any]:
    """What a ticket has in each column, in the order of ``header``. Times by the reader's clock."""
    shown = set(columns)
    yield row.id
    yield row.subject
    yield _label(row.status_labels, language) or str(Category(row.category).label)
    for name in Column.values:
        if name in shown:
            yield _cell(row, name, language, tiers)


def _cell(row: Row, name: str, language: str, tiers: dict[str, Any]) -> Any:
    match name:
        case Column.CUSTOMER:
            return row.requester_name or ""
        case Column.COMPANY:
            return row.organization_name or ""
        case Column.TIER:
            return str(tiers.get(row.tier or "", row.tier or ""))
        case Column.CHANNEL:
            return str(Channel(row.channel).label)
        case Column.TEAM:
            return row.team_name or ""
        case Column.ASSIGNEE:
            return row.assignee_name or ""
        case Column.PRIORITY:
            return str(Priority(row.priority).label)
        case Column.TAGS:
            return ", ".join(tag for tag, _colour in row.tags)
        case Column.TOPIC:
            return _label(row.topic_labels or {}, language)
        case Column.CLOCK:
            return _moment(row.due_at)
        case Column.CREATED:
            return _moment(row.opened_at)
    return _moment(row.active_at)


def _label(labels: dict[str, str], language: str) -> str:
    return labels.get(language) or labels.get("en") or next(iter(labels.values()), "")


def _moment(at: datetime | None) -> str:
    """As every spreadsheet reads it."""
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S") if at else ""
