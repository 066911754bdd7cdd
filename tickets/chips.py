"""Filters laid over a list: how they stand in an address, and what they ask. Pure.

    ?priority=high&priority=urgent&assignee=me&assignee=none&subject=invoice

A name may come several times: any of its values. All names must hold, and the view's own conditions too.

    ?-tag=spam&-assignee=none

What a name with a "-" before it says must not be so, as in the search. ``not=tag`` beside ``tag=spam`` means
the same: that is how a form without scripts can say it. ``order=due_at`` is another order than the view's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from common.text import fold, number, one_line, storable
from tickets.conditions import FIELDS
from tickets.orders import ORDERS

MOST = 20  # values of one filter
LONGEST = 100  # characters of the words that are looked for
LONGEST_TAG = 60
NOT = "not"
ORDER = "order"
NONE = "none"  # of those fields that may be empty

# The name in the address → the field of the condition language. In the order they are shown.
NAMES = {
    "status": "status",
    "priority": "priority",
    "assignee": "assignee",
    "team": "team",
    "channel": "channel",
    "tag": "tags",
    "organization": "organization",
    "subject": "subject",
}
_OWN = {"assignee": "me", "team": "mine"}  # the words that mean the reader


@dataclass(frozen=True)
class Chip:
    """One filter, its values as they stand in the address; ``is_not``: none of them may be so."""

    name: str
    values: tuple[str, ...]
    is_not: bool = False

    @property
    def key(self) -> str:
        """Its name in the address."""
        return f"-{self.name}" if self.is_not else self.name

    @property
    def leaves(self) -> list[dict[str, Any]]:
        """What it asks, as conditions that must all hold."""
        named = NAMES[self.name]
        if self.name == "subject":
            op = "not_contains" if self.is_not else "contains"
            return [{"field": named, "op": op, "value": self.values[0]}]
        is_key = FIELDS[named].kind == "key"
        given = [int(v) if is_key and v.isdigit() else v for v in self.values if v != NONE or not is_key]
        among, empty = ("not_in", "not_empty") if self.is_not else ("in", "empty")
        parts: list[dict[str, Any]] = [{"field": named, "op": among, "value": given}] if given else []
        if len(given) < len(self.values):
            parts.append({"field": named, "op": empty})
        return parts if len(parts) == 1 or self.is_not else [{"any": parts}]

    @property
    def turned(self) -> "Chip":
        """The same, to mean the opposite."""
        return replace(self, is_not=not self.is_not)


@dataclass(frozen=True)
class Filters:
    """``order``: instead of the view's, empty for that one. ``ignored``: what somebody asked for that means
    nothing, as (name, value)."""

    chips: tuple[Chip, ...] = ()
    order: str = ""
    ignored: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def query(self) -> str:
        """As they stand in an address; empty without any."""
        given = [(chip.key, value) for chip in self.chips for value in chip.values]
        return urlencode([*given, (ORDER, self.order)] if self.order else given)

    def without(self, key: str) -> "Filters":
        return Filters(tuple(chip for chip in self.chips if chip.key != key), self.order)

    def ordered(self, order: str) -> "Filters":
        """In another order; empty: in the view's own."""
        return Filters(self.chips, order)

    def turned(self, key: str) -> "Filters":
        """With this one to mean the opposite; what there was of that kind already takes its values in."""
        chip = next(chip for chip in self.chips if chip.key == key)
        return parse(_joined([*self.without(key).chips, chip.turned])).ordered(self.order)

    def over(self, tree: Mapping[str, Any]) -> dict[str, Any]:
        """The conditions of a view and these: both must hold."""
        leaves = [leaf for chip in self.chips for leaf in chip.leaves]
        if not leaves:
            return dict(tree)
        # At one level, where the list sees that a column is never empty, and no deeper than it must be.
        own = list(tree["all"]) if "all" in tree else [tree] if tree else []
        return {"all": [*own, *leaves]}


def parse(given: Mapping[str, Sequence[str]]) -> Filters:
    """The filters of an address. Whatever does not fit is left out and told; empty values are nothing."""
    chips: list[Chip] = []
    ignored: list[tuple[str, str]] = []
    turned = set(given.get(NOT, ()))
    for name in NAMES:
        plain, negated = list(given.get(name, ())), list(given.get(f"-{name}", ()))
        if name in turned:
            plain, negated = [], [*plain, *negated]
        for is_not, texts in ((False, plain), (True, negated)):
            kept = _kept(name, texts, ignored)
            if kept:
                chips.append(Chip(name, kept, is_not))
    order = next((name for name in given.get(ORDER, ()) if name in ORDERS), "")
    return Filters(tuple(chips), order, tuple(ignored[:MOST]))


def _kept(name: str, texts: Sequence[str], ignored: list[tuple[str, str]]) -> tuple[str, ...]:
    """The values that mean something, each once; the others are added to ``ignored``."""
    kept: dict[str, str] = {}
    for text in texts[: 2 * MOST]:
        typed = storable(text).strip()
        if not typed:
            continue
        value = _value(name, typed)
        if value is None or (len(kept) >= (1 if name == "subject" else MOST) and fold(value) not in kept):
            ignored.append((name, one_line(typed, 60)))
        else:
            kept.setdefault(fold(value), value)
    return tuple(kept.values())


def _joined(chips: Iterable[Chip]) -> dict[str, list[str]]:
    given: dict[str, list[str]] = {}
    for chip in chips:
        given.setdefault(chip.key, []).extend(chip.values)
    return given


def _value(name: str, text: str) -> str | None:
    """The value as it is written back; None for what is none of this filter's."""
    known = FIELDS[NAMES[name]]
    if known.choices is not None:
        return text if text in known.choices else None
    if known.kind == "key":
        if text == _OWN.get(name) or (text == NONE and known.nullable):
            return text
        key = number(text)
        return str(key) if key else None
    longest = LONGEST if name == "subject" else LONGEST_TAG
    line = one_line(text, 4 * longest)
    return line if 0 < len(line) <= longest else None
