"""The measuring end of ``bench.operators``: asks each page and looks at the plans of its statements."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import quote

import django

django.setup()

from django.db import connection  # noqa: E402  # needs the set-up above

from bench.company import ADMINISTRATOR, AGENT  # noqa: E402
from bench.measure import Desk  # noqa: E402
from bench.routing import percentile  # noqa: E402
from tickets.models import View  # noqa: E402

LARGE = 10_000  # rows
TARGET = 300.0  # ms, p95
OPERATORS = (
    "from:person77@", "from:Лунёва", "organization:company7", "subject:заказ", "status:open",
    "status:resolved",
    "tag:tag-2", "-tag:tag-2", "team:Team", "to:me", "to:none", "priority:urgent", "channel:email",
    "brand:Stockwren", "has:attachment", "is:unread", "is:spam", "is:followed", "is:waiting", "is:solved",
    "before:2020-01-01", "before:yesterday", "after:yesterday", "after:2020-01-01",
    "status:open tag:tag-2 before:yesterday", "is:solved to:me", "заказ status:open", "заказ from:Лунёва",
)  # fmt: skip
GROUPINGS = ("status", "assignee", "team", "priority", "organization")


def measure(times_each: int) -> None:
    """Ask each page as somebody who sees all and as an agent of one team."""

    desk = Desk()
    for path, name in _pages():
        for user in (ADMINISTRATOR, AGENT):
            asked = _asked(desk, path, user)
            times = [desk.get(path, user)[0] for _ in range(times_each)]
            read = sorted({found for sql, params in asked for found in _read_whole(sql, params)})
            p95 = percentile(times, 0.95)
            marks = ("  SLOW" if p95 > TARGET else "") + (f"  READS ALL OF {', '.join(read)}" if read else "")
            who = "agent" if user == AGENT else "all"
            print(f"{name:42} {who:6} p50 {percentile(times, 0.5):6.0f}  p95 {p95:6.0f}{marks}", flush=True)


def _pages() -> Iterator[tuple[str, str]]:
    for operator in OPERATORS:
        yield f"/search/?q={quote(operator)}", operator
    open_ = {"field": "category", "op": "in", "value": ["new", "open", "pending"]}
    for grouping in GROUPINGS:
        labels = {"en": f"Bench by {grouping}"}
        view, _made = View.objects.get_or_create(
            labels=labels, owner=None, defaults={"conditions": open_, "grouping": grouping}
        )
        yield f"/views/{view.pk}/", f"list by {grouping}"


def _asked(desk: Desk, path: str, user: str) -> list[tuple[str, Any]]:
    """What one request asks of the database, with its values."""
    found: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.lstrip().upper().startswith(("SELECT", "WITH", "EXECUTE")):
            found.append((sql, params))
        return execute(sql, params, many, context)

    with ExitStack() as stack:
        stack.enter_context(connection.execute_wrapper(note))
        desk.get(path, user)
    return found


def _read_whole(sql: str, params: Any) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
        (plan,) = cursor.fetchone()
    yield from _scans((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"])


def _scans(node: dict[str, Any]) -> Iterator[str]:
    """Tables of which so many rows were looked at one after the other; a scan may also end early."""
    if node["Node Type"].endswith("Seq Scan"):
        looked_at = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        if looked_at * node["Actual Loops"] > LARGE:
            yield node["Relation Name"]
    for child in node.get("Plans", []):
        yield from _scans(child)


if __name__ == "__main__":
    try:
        measure(int(sys.argv[1]))
    finally:  # everybody's lists would count them
        View.objects.filter(labels__en__startswith="Bench by ").delete()
