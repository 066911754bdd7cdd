"""Filters laid over a list: how they stand in an address, and what they ask. Pure.

    ?priority=high&priority=urgent&assignee=me&assignee=none&subject=invoice

A name may come several times: any of its values. All names must hold, and the view's own conditions too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from common.text import fold, number, one_line, storable
from tickets.conditions import FIELDS

MOST = 20  # values of one filter
LONGEST = 100  # characters of the words that are looked for
LONGEST_TAG = 60
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
    """One filter, its values as they stand in the address."""

    name: str
    values: tuple[str, ...]

    @property
    def leaf(self) -> dict[str, Any]:
        """What it asks, as a condition."""
        named = NAMES[self.name]
        if self.name == "subject":
            return {"field": named, "op": "contains", "value": self.values[0]}
        is_key = FIELDS[named].kind == "key"
        given = [int(v) if is_key and v.isdigit() else v for v in self.values if v != NONE or not is_key]
        parts: list[dict[str, Any]] = [{"field": named, "op": "in", "value": given}] if given else []
        if len(given) < len(self.values):
            parts.append({"field": named, "op": "empty"})
        return parts[0] if len(parts) == 1 else {"any": parts}


@dataclass(frozen=True)
class Filters:
    """``ignored``: what somebody asked for that means nothing, as (name, value)."""

    chips: tuple[Chip, ...] = ()
    ignored: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    @property
    def query(self) -> str:
        """As they stand in an address; empty without any."""
        return urlencode([(chip.name, value) for chip in self.chips for value in chip.values])

    def without(self, name: str) -> "Filters":
        return Filters(tuple(chip for chip in self.chips if chip.name != name))

    def over(self, tree: Mapping[str, Any]) -> dict[str, Any]:
        """The conditions of a view and these: both must hold."""
        leaves = [chip.leaf for chip in self.chips]
        if not leaves:
            return dict(tree)
        # At one level, where the list sees that a column is never empty, and no deeper than it must be.
        own = list(tree["all"]) if "all" in tree else [tree] if tree else []
        return {"all": [*own, *leaves]}


def parse(given: Mapping[str, Sequence[str]]) -> Filters:
    """The filters of an address. Whatever does not fit is left out and told; empty values are nothing."""
    chips: list[Chip] = []
    ignored: list[tuple[str, str]] = []
    for name in NAMES:
        kept: dict[str, str] = {}
        for text in given.get(name, ())[: 2 * MOST]:
            typed = storable(text).strip()
            if not typed:
                continue
            value = _value(name, typed)
            if value is None or (len(kept) >= (1 if name == "subject" else MOST) and fold(value) not in kept):
                ignored.append((name, one_line(typed, 60)))
            else:
                kept.setdefault(fold(value), value)
        if kept:
            chips.append(Chip(name, tuple(kept.values())))
    return Filters(tuple(chips), tuple(ignored[:MOST]))


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
