"""Checking a condition tree, and asking it of a snapshot or of the database."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import regex
from django.db.models import Q
from django.utils.translation import gettext as _

from common.text import fold, storable
from tickets.conditions import dynamic, patterns
from tickets.conditions.fields import FIELDS, Context, Field

MAX_DEPTH = 5
MAX_LEAVES = 100
MAX_PATTERN = 400

OPERATORS: dict[str, frozenset[str]] = {
    "choice": frozenset({"is", "is_not", "in", "not_in"}),
    "key": frozenset({"is", "is_not", "in", "not_in", "empty", "not_empty"}),
    "number": frozenset({"is", "is_not", "gte", "lte"}),
    "text": frozenset(
        {
            "is", "is_not", "in", "not_in", "contains", "not_contains", "starts_with", "matches",
            "not_matches", "empty", "not_empty",
        }
    ),
    "flag": frozenset({"is"}),
    "time": frozenset({"older_than", "newer_than", "before", "after", "empty", "not_empty"}),
    "set": frozenset({"in", "not_in", "empty", "not_empty"}),
    "ids": frozenset({"in", "not_in"}),
}  # fmt: skip


class ConditionError(ValueError):
    """A tree that means nothing; the words say where."""


def validate(tree: Any, *, queryable: bool = False) -> None:
    """Raise ``ConditionError`` unless the tree is well-formed, of bounded depth and size.

    ``queryable``: the database must be able to answer it, as a view's list needs.
    """
    if _validate(tree, 1) > MAX_LEAVES:
        raise ConditionError(_("Too many conditions."))
    if queryable and not is_queryable(tree):
        raise ConditionError(_("A list cannot be made by these conditions."))


def find(name: Any) -> Field | None:
    """The field of that name, registered or made from a custom one."""
    return FIELDS.get(str(name)) or dynamic.field(str(name))


def leaves(tree: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """All leaves of a tree, in order."""
    if not tree:
        return []
    group = tree.get("all", tree.get("any"))
    return [leaf for child in group for leaf in leaves(child)] if group is not None else [tree]


def fields_of(*trees: Mapping[str, Any]) -> set[str]:
    """The names of all fields that these trees ask about."""
    return {str(leaf["field"]) for tree in trees for leaf in leaves(tree)}


def _leaf_is_queryable(leaf: Mapping[str, Any]) -> bool:
    field = find(leaf["field"])
    return field is not None and field.is_queryable and leaf["op"] not in {"matches", "not_matches"}


def is_queryable(tree: Mapping[str, Any]) -> bool:
    """Whether ``to_q`` can answer all of it."""
    return all(_leaf_is_queryable(leaf) for leaf in leaves(tree))


def is_steady(tree: Mapping[str, Any]) -> bool:
    """Whether ``to_q`` makes the same of it at any time: no ages are in it, nothing that people define."""
    return all(_leaf_is_steady(leaf) for leaf in leaves(tree))


def _leaf_is_steady(leaf: Mapping[str, Any]) -> bool:
    field = FIELDS.get(str(leaf["field"]))
    if field is None or not (field.column or field.is_steady):
        return False
    return field.kind != "time" or leaf["op"] in {"empty", "not_empty"}


def narrowed(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    """A weaker tree that ``to_q`` can answer: whatever meets ``tree`` meets this too."""
    if not tree:
        return {}
    if "all" in tree:
        return {"all": [weaker for child in tree["all"] if (weaker := narrowed(child))]}
    if "any" in tree:
        children = [narrowed(child) for child in tree["any"]]
        return {"any": children} if all(children) else {}
    return tree if _leaf_is_queryable(tree) else {}


def _validate(node: Any, depth: int) -> int:
    if depth > MAX_DEPTH:
        raise ConditionError(_("Conditions are nested too deep."))
    if not isinstance(node, dict):
        raise ConditionError(_("A condition must be a group or name a field."))
    if not node:
        return 0
    if len(node) == 1 and (group := node.get("all", node.get("any"))) is not None:
        if not isinstance(group, list):
            raise ConditionError(_("A group must be a list of conditions."))
        return sum(_validate(child, depth + 1) for child in group)
    field = find(node.get("field"))
    if field is None:
        raise ConditionError(_("There is no field “%(name)s”.") % {"name": node.get("field")})
    op = node.get("op")
    known = isinstance(op, str) and op in OPERATORS[field.kind]
    if not known or (op in {"empty", "not_empty"} and not _can_be_empty(field)):
        raise ConditionError(_("“%(field)s” cannot be asked like that.") % {"field": field.label})
    if op not in {"empty", "not_empty"}:
        _check_value(field, str(op), node.get("value"))
    return 1


def _can_be_empty(field: Field) -> bool:
    return field.nullable or field.kind in {"set", "text"}


def _check_value(field: Field, op: str, value: Any) -> None:
    wrong = ConditionError(_("The value for “%(field)s” does not fit.") % {"field": field.label})
    values = value if op in {"in", "not_in"} else [value]
    if not isinstance(values, list) or len(values) > 500:
        raise wrong
    for item in values:
        fits: Callable[[Any], bool] = {
            "choice": lambda v: isinstance(v, str) and v in (field.choices or {}),
            "key": lambda v: (type(v) is int and 0 < v < 2**63) or v in ("me", "mine"),
            "number": lambda v: type(v) in {int, float} and abs(v) <= 2_000_000_000,
            "text": lambda v: isinstance(v, str) and 0 < len(v) <= MAX_PATTERN,
            "flag": lambda v: isinstance(v, bool),
            "time": lambda v: _time_fits(op, v),
            "set": lambda v: isinstance(v, str) and 0 < len(v) <= 60,
            "ids": lambda v: type(v) is int and 0 < v < 2**63,
        }[field.kind]
        if not fits(item) or (isinstance(item, str) and item != storable(item)):
            raise wrong
        if op in {"matches", "not_matches"}:
            _check_pattern(item)


def _check_pattern(pattern: str) -> None:
    try:
        patterns.check(pattern)
    except patterns.TooLarge as error:
        raise ConditionError(_("This regular expression repeats too much at once.")) from error
    except regex.error as error:
        raise ConditionError(_("This is no regular expression: %(why)s") % {"why": error}) from error


def _time_fits(op: str, value: Any) -> bool:
    """Ages are seconds, up to 100 years; instants are ISO 8601 with a zone."""
    if op in {"older_than", "newer_than"}:
        return type(value) is int and 0 <= value <= 3_200_000_000
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except (TypeError, ValueError):
        return False


def _values(field: Field, raw: Any, context: Context) -> list[Any]:
    """The stored values a condition means: words of choices translated, "me" and "mine" filled in."""
    items = raw if isinstance(raw, list) else [raw]
    if field.choices is not None:
        return [field.choices[item] for item in items]
    found: list[Any] = []
    for item in items:
        if item == "me":
            found += [context.user_id] if context.user_id is not None else []
        elif item == "mine":
            found += context.team_ids
        else:
            found.append(item)
    return found


def evaluate(tree: Mapping[str, Any], snapshot: Mapping[str, Any], context: Context) -> bool:
    """Whether a ticket, as plain data under the fields' names, meets the conditions. Pure.

    An empty group "all" is true, an empty "any" false. Tags are a set of folded names.
    """
    if not tree:
        return True
    if "all" in tree:
        return all(evaluate(child, snapshot, context) for child in tree["all"])
    if "any" in tree:
        return any(evaluate(child, snapshot, context) for child in tree["any"])
    return _met(tree, snapshot, context)


def _met(leaf: Mapping[str, Any], snapshot: Mapping[str, Any], context: Context) -> bool:
    """A leaf whose field is gone (a custom one, deleted) is not met: nothing acts on what nobody can see."""
    field = find(leaf["field"])
    if field is None:
        return False
    return _test(field, leaf["op"], leaf.get("value"), snapshot.get(field.name), context)


def explain(tree: Mapping[str, Any], snapshot: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The tree with a verdict on every node, and on leaves what was found: why a rule acted, or did not.

    Each leaf is looked at, also where ``evaluate`` would have stopped: {"all": […], "ok"} and
    {"field", "op", "value", "actual", "ok"}, as plain data for JSON.
    """
    if not tree:
        return {"all": [], "ok": True}
    for kind, verdict in (("all", all), ("any", any)):
        if kind in tree:
            children = [explain(child, snapshot, context) for child in tree[kind]]
            return {kind: children, "ok": verdict(child["ok"] for child in children)}
    actual = snapshot.get(tree["field"])
    if isinstance(actual, set | frozenset):
        actual = sorted(actual)
    elif isinstance(actual, datetime):
        actual = actual.isoformat()
    elif isinstance(actual, str):
        actual = actual[:400]
    return {**tree, "actual": actual, "ok": _met(tree, snapshot, context)}


def _test(field: Field, op: str, raw: Any, actual: Any, context: Context) -> bool:
    if op == "empty":
        return actual is None or actual == "" or actual == set()
    if op == "not_empty":
        return not _test(field, "empty", None, actual, context)
    if field.kind == "time":
        return _test_time(op, raw, actual, context)
    if field.kind == "ids":
        hit = bool(set(raw) & set(actual or ()))
        return hit if op == "in" else not hit
    if field.kind == "set":
        hit = bool({fold(item) for item in raw} & set(actual or ()))
        return hit if op == "in" else not hit
    if field.kind == "text":
        return _test_text(op, raw, actual, context)
    if field.kind == "flag":
        return bool(actual) == raw
    if field.kind == "number" and op in {"gte", "lte"}:
        return actual is not None and bool(actual >= raw if op == "gte" else actual <= raw)
    values = _values(field, raw, context)
    hit = bool(actual & set(values)) if isinstance(actual, frozenset) else actual in values
    return hit if op in {"is", "in"} else not hit


def _test_time(op: str, raw: Any, actual: datetime | None, context: Context) -> bool:
    """No time is neither before nor after anything."""
    if actual is None:
        return False
    if op == "older_than":
        return actual <= context.now - timedelta(seconds=raw)
    if op == "newer_than":
        return actual > context.now - timedelta(seconds=raw)
    limit = datetime.fromisoformat(raw)
    return actual < limit if op == "before" else actual >= limit


def _test_text(op: str, raw: Any, actual: str | None, context: Context) -> bool:
    """Case and ё do not matter."""
    if op in {"matches", "not_matches"}:
        # One that takes too long meets neither way of asking.
        return patterns.found(raw, actual or "", context.patience) is (op == "matches")
    text = fold(actual or "")
    if op == "starts_with":
        return text.startswith(fold(raw))
    if op in {"contains", "not_contains"}:
        hit = fold(raw) in text
        return hit if op == "contains" else not hit
    hit = text in {fold(item) for item in (raw if isinstance(raw, list) else [raw])}
    return hit if op in {"is", "in"} else not hit


def to_q(tree: Mapping[str, Any], context: Context) -> Q:
    """The same question for the database. The tree must have passed ``validate(…, queryable=True)``."""
    if not tree:
        return Q()
    if "all" in tree:
        result = Q()
        for child in tree["all"]:
            result &= to_q(child, context)
        return result
    if "any" in tree:
        if not tree["any"]:
            return Q(pk__in=[])
        result = to_q(tree["any"][0], context)
        for child in tree["any"][1:]:
            result = _either(result, to_q(child, context))
        return result
    field = find(tree["field"])
    if field is None:
        return Q(pk__in=[])
    return _ask(field, tree["op"], tree.get("value"), context)


def _either(left: Q, right: Q) -> Q:
    """``|`` treats an empty Q as nothing; here it means "always true"."""
    return Q() if not left or not right else left | right


def _ask(field: Field, op: str, raw: Any, context: Context) -> Q:
    if field.q is not None:
        return field.q(op, raw, context)
    column = field.column
    if op in {"empty", "not_empty"}:
        empty = Q(**{f"{column}__isnull": True})
        if field.kind == "text":
            empty |= Q(**{column: ""})
        return empty if op == "empty" else ~empty
    if field.kind == "time":
        return _ask_time(column, op, raw, context)
    if field.kind == "text":
        return _ask_text(column, op, raw)
    if field.kind == "flag":
        return Q(**{column: raw})
    if op in {"gte", "lte"}:
        return Q(**{f"{column}__{op}": raw})
    values = _values(field, raw, context)
    hit = Q(**{column: values[0]}) if len(values) == 1 else Q(**{f"{column}__in": values})
    if field.also:
        hit |= Q(**{f"{field.also}__in": values})
    return hit if op in {"is", "in"} else ~hit


def _ask_time(column: str, op: str, raw: Any, context: Context) -> Q:
    if op == "older_than":
        return Q(**{f"{column}__lte": context.now - timedelta(seconds=raw)})
    if op == "newer_than":
        return Q(**{f"{column}__gt": context.now - timedelta(seconds=raw)})
    limit = datetime.fromisoformat(raw)
    return Q(**{f"{column}__lt": limit}) if op == "before" else Q(**{f"{column}__gte": limit})


def _ask_text(column: str, op: str, raw: Any) -> Q:
    if op == "starts_with":
        return Q(**{f"{column}__folded__startswith": fold(raw)})
    if op in {"contains", "not_contains"}:
        hit = Q(**{f"{column}__folded__contains": fold(raw)})
        return hit if op == "contains" else ~hit
    hit = Q(**{f"{column}__folded__in": [fold(item) for item in (raw if isinstance(raw, list) else [raw])]})
    return hit if op in {"is", "in"} else ~hit
