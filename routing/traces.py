"""Traces of rules that did not act, in few bytes: fifty of them are written for every mail. Pure.

{"seen": {field: what was found}, "rules": [[rule id, version id, "0110", {leaf: found instead}?], …]}: a
digit for each leaf of the version's conditions, in order; null instead of the digits for a rule that had
acted for the same first event before. What an earlier rule had changed meanwhile stands with the rule.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from routing.engine import Trace


def compact(traces: Iterable[Trace]) -> dict[str, Any]:
    """What ``expand`` makes trees of again."""
    seen: dict[str, Any] = {}
    rows: list[list[Any]] = []
    for trace in traces:
        if trace.ran_before:
            rows.append([trace.rule_id, trace.version_id, None])
            continue
        digits, other = "", {}
        for position, leaf in enumerate(_leaves(trace.conditions)):
            digits += "1" if leaf["ok"] else "0"
            if seen.setdefault(leaf["field"], leaf["actual"]) != leaf["actual"]:
                other[str(position)] = leaf["actual"]
        rows.append([trace.rule_id, trace.version_id, digits, *([other] if other else [])])
    return {"seen": seen, "rules": rows}


def _leaves(explained: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    group = explained.get("all", explained.get("any"))
    if group is None:
        yield explained
        return
    for child in group:
        yield from _leaves(child)


def expand(stored: Mapping[str, Any], row: list[Any], tree: Mapping[str, Any]) -> dict[str, Any] | None:
    """The explained tree of one of the stored rows, as ``tickets.conditions.explain`` gave it.

    ``tree``: the conditions of the row's version. None for a rule that had acted before.
    """
    if row[2] is None:
        return None
    other = row[3] if len(row) > 3 else {}
    digits = iter(enumerate(row[2]))

    def rebuilt(node: Mapping[str, Any]) -> dict[str, Any]:
        if not node:
            return {"all": [], "ok": True}
        for kind, verdict in (("all", all), ("any", any)):
            if kind in node:
                children = [rebuilt(child) for child in node[kind]]
                return {kind: children, "ok": verdict(child["ok"] for child in children)}
        position, digit = next(digits)
        actual = other.get(str(position), stored["seen"].get(node["field"]))
        return {**node, "actual": actual, "ok": digit == "1"}

    return rebuilt(tree)
