"""Simulations of rules as their pages show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from desk.settings.forms.rule import RuleForm
from desk.settings.rule_list import newest
from desk.settings.rule_words import RuleWords, field_label
from routing.models import Rule, SimulatedTicket, Simulation

SHOWN = 50


@dataclass(frozen=True)
class Bar:
    """One line of a comparison; widths in per cent of the largest figure of all lines."""

    name: str
    simulated: int
    happened: int
    simulated_width: float
    happened_width: float

    @property
    def difference(self) -> int:
        return self.simulated - self.happened


def bars(rows: Iterable[dict[str, Any]], nobody: str) -> list[Bar]:
    """Who would have got what and who did, most first."""
    rows = list(rows)
    most = max([1, *(max(row["simulated"], row["happened"]) for row in rows)])
    found = [
        Bar(
            row.get("name") or nobody,
            row["simulated"],
            row["happened"],
            round(100 * row["simulated"] / most, 1),
            round(100 * row["happened"] / most, 1),
        )
        for row in rows
    ]
    return sorted(found, key=lambda bar: (-max(bar.simulated, bar.happened), bar.name))


@dataclass(frozen=True)
class Change:
    field: str
    before: str
    after: str


def tickets(rows: Iterable[SimulatedTicket]) -> list[dict[str, Any]]:
    """Each ticket with what differs, in words."""
    rows = list(rows)
    leaves = [
        {"field": name, "op": "is", "actual": value}
        for row in rows
        for values in (row.before, row.after)
        for name, value in values.items()
    ]
    words = RuleWords(trees=leaves)

    def said(name: str, value: Any) -> str:
        return words.actual({"field": name, "actual": value})

    return [
        {
            "row": row,
            "changes": [
                Change(field_label(name), said(name, row.before.get(name)), said(name, row.after.get(name)))
                for name in row.after
                if row.before.get(name) != row.after.get(name)
            ],
            "rules": [str(one["name"] if isinstance(one, dict) else one) for one in row.rules],
        }
        for row in rows
    ]


def fields(simulation: Simulation) -> list[tuple[str, int]]:
    """How many tickets would differ in each field, most first."""
    found = [(field_label(name), count) for name, count in simulation.summary.get("fields", {}).items()]
    return sorted(found, key=lambda pair: -pair[1])


def rule_set(chosen: Iterable[int], draft: RuleForm | None, replaced: int | None) -> list[dict[str, Any]]:
    """The rules to try, in their order: the chosen ones as they are, the draft in its own place."""
    wanted = set(chosen) | ({replaced} if draft and replaced else set())
    rules = list(Rule.objects.filter(is_deleted=False, pk__in=wanted).order_by("position", "pk"))
    versions = newest(rule.pk for rule in rules)
    found = [
        _tried(rule.pk, draft.name, draft.definition)
        if draft is not None and rule.pk == replaced
        else _tried(rule.pk, rule.name, versions[rule.pk].definition)
        for rule in rules
        if rule.pk in versions
    ]
    if draft is not None and replaced is None:
        found.append(_tried(None, draft.name or _("New rule"), draft.definition))
    return found


def _tried(rule_id: int | None, name: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {"id": rule_id, "name": name, "definition": definition}
