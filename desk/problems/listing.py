"""Problems in pages, with how many people ask because of each: the same queries however many there are."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q

from common.text import number
from tickets import problems
from tickets.models import Problem
from tickets.models.problem import OPEN_STAGES

PAGE = 30


def page_of_problems(asked: Mapping[str, str], *, after: str | None) -> dict[str, Any]:
    """For desk/problems/_problems.html. ``asked``: of ``FilterForm``; ``after``: the ``next`` of a page."""
    rows = Problem.objects.select_related("owner", "brand").defer("description", "plain")
    stage, owner = asked.get("stage", ""), asked.get("owner", "")
    if stage != "all":
        rows = rows.filter(stage__in=[stage] if stage else OPEN_STAGES)
    if kind := asked.get("kind"):
        rows = rows.filter(kind=kind)
    if owner:
        rows = rows.filter(owner=number(owner))
    rows = problems.search(rows, asked.get("q", ""))
    if cursor := _decode(after):
        rows = rows.filter(Q(changed_at__lt=cursor[0]) | Q(changed_at=cursor[0], pk__lt=cursor[1]))
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    counted = problems.counts(row.pk for row in shown)
    last = shown[-1] if len(found) > PAGE else None
    return {
        "rows": [(row, counted[row.pk]) for row in shown],
        "next": _address(asked, f"{last.changed_at.isoformat()}_{last.pk}") if last else "",
        "first": _address(asked) if after else "",
        "is_filtered": bool(asked),
    }


def _address(asked: Mapping[str, str], after: str = "") -> str:
    return "?" + urlencode({**asked, **({"after": after} if after else {})})


def _decode(cursor: str | None) -> tuple[datetime, int] | None:
    """(changed_at, key) of a cursor; None for none, and for one that somebody has mangled."""
    at, _bar, pk = (cursor or "")[:80].partition("_")
    key = number(pk)
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return (moment, key) if key is not None and moment.tzinfo is not None else None
