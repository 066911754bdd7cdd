"""The rules as their list shows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Max, Q

from common import clock
from desk.settings.rule_words import RuleWords
from routing.models import Rule, RuleRun, RuleVersion

DAYS = 7


@dataclass(frozen=True)
class Line:
    """``acted``: how often in the last days; ``failed``: how often something went wrong then."""

    rule: Rule
    version: RuleVersion
    words: dict[str, Any]
    acted: int
    failed: int
    last_at: Any


def lines() -> list[Line]:
    """All rules in their order; four queries, and one for each kind of name."""
    rules = list(Rule.objects.filter(is_deleted=False).order_by("position", "pk"))
    versions = newest(rule.pk for rule in rules)
    words = RuleWords(version.definition for version in versions.values())
    counts = _counts()
    return [
        Line(rule, version, words.sentence(version.definition), *counts.get(rule.pk, (0, 0, None)))
        for rule in rules
        if (version := versions.get(rule.pk)) is not None
    ]


def newest(rule_ids: Iterable[int]) -> dict[int, RuleVersion]:
    """The version in force of each rule."""
    rows = (
        RuleVersion.objects.filter(rule__in=list(rule_ids)).order_by("rule_id", "-number").distinct("rule_id")
    )
    return {row.rule_id: row for row in rows}


def _counts() -> dict[int, tuple[int, int, Any]]:
    runs = RuleRun.objects.filter(matched=True, at__gte=clock.now() - timedelta(days=DAYS))
    rows = runs.values("rule").annotate(
        acted=Count("pk"), failed=Count("pk", filter=~Q(error="")), last=Max("at")
    )
    return {row["rule"]: (row["acted"], row["failed"], row["last"]) for row in rows}
