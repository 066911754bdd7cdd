"""What a list is drawn with beside its rows: the headings of its groups, the filters laid over it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from desk.settings import condition_values, sources
from desk.view_form import ORDER_WORDS
from people.models import User
from tickets.chips import NAMES, NONE, Chip, Filters
from tickets.conditions import FIELDS
from tickets.listing import ListPage, Row, group_of
from tickets.models import Grouping, Priority


@dataclass(frozen=True)
class Heading:
    """What stands before the first row of a group. ``key``: unique in the list."""

    key: str
    words: str


def headings(page: ListPage, grouping: str, language: str) -> dict[int, Heading]:
    """By the row before which it stands. A group that the page before has begun has none here."""
    if grouping not in Grouping.values:
        return {}
    found: dict[int, Heading] = {}
    last = page.before
    for row in page.rows:
        group = group_of(row, grouping)
        if (group,) != tuple(last):
            key = f"{grouping}-{'none' if group is None else group}"
            found[row.id] = Heading(key, group_words(row, grouping, language))
        last = (group,)
    return found


def group_words(row: Row, grouping: str, language: str) -> str:
    """What the group of a row is called."""
    match grouping:
        case Grouping.STATUS:
            labels = row.status_labels
            return labels.get(language) or labels.get("en") or next(iter(labels.values()), "")
        case Grouping.PRIORITY:
            return str(Priority(row.priority).label)
        case Grouping.ASSIGNEE:
            name, is_set, none = row.assignee_name, row.assignee_id, _("Nobody")
        case Grouping.TEAM:
            name, is_set, none = row.team_name, row.team_id, _("No team")
        case _:
            name, is_set, none = row.organization_name, row.organization_id, _("No organisation")
    return (name or "—") if is_set else none


@dataclass(frozen=True)
class ShownChip:
    """A filter as it is shown: what it asks, and the addresses of the list without it and with its opposite
    (after the "?")."""

    name: str
    label: str
    words: str
    is_not: bool
    without: str
    turned: str


def shown_chips(filters: Filters, reader: User) -> list[ShownChip]:
    """In words as far as ``reader`` may see what is named, one query for each kind of thing."""
    wanted = [
        (FIELDS[NAMES[chip.name]].source, value)
        for chip in filters.chips
        for value in chip.values
        if FIELDS[NAMES[chip.name]].source and value != NONE
    ]
    names = sources.names_of(wanted, reader)
    return [
        ShownChip(
            chip.name,
            label_of(chip.name),
            _words(chip, names),
            chip.is_not,
            filters.without(chip.key).query,
            filters.turned(chip.key).query,
        )
        for chip in filters.chips
    ]


@dataclass(frozen=True)
class Order:
    """An order to choose: the address of the list in it (after the "?"), and whether it is so now."""

    words: str
    query: str
    is_chosen: bool


def orders_of(filters: Filters, own: str) -> list[Order]:
    """All that a list may be ordered by; ``own``: the view's, which the address need not say."""
    now = filters.order or own
    return [
        Order(str(words), filters.ordered("" if name == own else name).query, name == now)
        for name, words in ORDER_WORDS.items()
    ]


def label_of(name: str) -> str:
    """What a filter is called."""
    return str(FIELDS[NAMES[name]].label)


def _words(chip: Chip, names: dict[tuple[str, str], str]) -> str:
    if chip.name == "subject":
        return f"“{chip.values[0]}”"
    return ", ".join(_value(chip.name, value, names) for value in chip.values)


def _value(name: str, value: str, names: dict[tuple[str, str], str]) -> str:
    known = FIELDS[NAMES[name]]
    if value == NONE and known.nullable:
        return none_words(name)
    if known.kind == "key" and (known.source, value) not in names:
        return _("%(name)s (gone)") % {"name": f"#{value}"}
    return condition_values.named(known, value, names)


def none_words(name: str) -> str:
    """What it is called when a field is empty."""
    return {"assignee": _("Nobody"), "team": _("No team")}.get(name, _("No organisation"))


def ignored_words(ignored: Iterable[tuple[str, str]]) -> str:
    """What of an address was not understood: "Priority: purple"."""
    return ", ".join(f"{label_of(name)}: {value}" for name, value in ignored)
