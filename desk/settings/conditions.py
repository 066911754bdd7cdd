"""Condition trees as plain forms, both ways: what rules, SLA policies and their like are edited with.

    form = ConditionForm(tree=version.conditions)        # or ConditionForm(request.POST)
    if request.method == "POST" and form.edited:         # "add a condition" and so on, without JavaScript
        return the page again with ``form``, status 200  # nothing is saved, nothing typed is lost
    if form.is_valid(): form.tree                        # {} for "always"

In the template, inside the page's own <form method="post">:

    {% from "desk/settings/_conditions.html" import conditions with context %}
    {{ conditions(form.conditions) }}

and in its head block: <link rel="stylesheet" href="{{ static("css/conditions.css") }}">,
<script type="module" src="{{ static("js/elements/condition-builder.js") }}"></script>. The form's very
first submit button must be the one that saves (``controls.default_submit``), since Enter presses it. With
JavaScript the buttons fetch the builder anew from "condition_builder" and nothing else of the page changes;
the element sends "change" whenever its tree may be another.

How the form is written: ``c-node`` comes once for each node in the order of the page, "group:ID", "leaf:ID",
and "end" after a group's last child; beside it ``c-ID-join`` of a group, ``c-ID-field``, ``c-ID-op`` and
``c-ID-value`` (any number) of a leaf. ``c-ID-for`` says what the value's control was drawn for, so that a
value is never read as another field's. A lone leaf is put in a group, and ``{"all": []}`` is ``{}``; else a
tree comes back as it went.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from common.text import storable
from desk.settings import condition_values as values
from desk.settings import sources
from people.models import User
from sla.matching import may_ask
from tickets import conditions
from tickets.conditions import FIELDS, Field
from tickets.conditions.dynamic import custom_fields
from tickets.conditions.language import MAX_DEPTH, MAX_LEAVES

_ID = re.compile(r"[0-9]{1,9}\Z")
_NODES = 4 * MAX_LEAVES  # beyond that somebody is playing with us
_DEEPEST = 10
_PERSONAL = ("me", "mine")
# Fields whose names are made of a prefix and whatever a company's systems push.
PREFIXES = ("contact.", "company.")
# Who may ask about few fields only has a prefix of its own, under which no others are offered.
ALLOWED: dict[str, Callable[[str], bool]] = {"sla": may_ask}


@dataclass
class Leaf:
    """One condition as it stands in the form, right or not."""

    id: str
    field: str = ""
    op: str = ""
    texts: list[str] = made(default_factory=list)
    was: str = ""
    search: str = ""
    found: list[sources.Option] = made(default_factory=list)
    error: str = ""
    is_new: bool = False

    @property
    def known(self) -> Field | None:
        return conditions.find(self.field) if self.field not in PREFIXES else None

    @property
    def prefix(self) -> str:
        """ "contact." or "company." of a pushed attribute, whose key is typed."""
        return next((prefix for prefix in PREFIXES if self.field.startswith(prefix)), "")

    @property
    def control(self) -> values.Control:
        return values.control_of(self.known, self.op, self.texts) if self.known else "none"

    @property
    def mark(self) -> str:
        """What the value's control is drawn for."""
        return f"{self.field} {self.control}" if self.known else ""


@dataclass
class Group:
    id: str
    join: str = "all"
    children: "list[Leaf | Group]" = made(default_factory=list)
    error: str = ""

    def nodes(self) -> "Iterable[Leaf | Group]":
        """All that is in it, itself first."""
        yield self
        for child in self.children:
            yield from child.nodes() if isinstance(child, Group) else [child]

    @property
    def leaves(self) -> list[Leaf]:
        return [node for node in self.nodes() if isinstance(node, Leaf)]


class ConditionForm:
    """``reader``: whose list it is to be. Then "me", "mine" and "followed by me" mean somebody, only what the
    database can answer is offered, and people are found among those the reader may see.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        tree: Mapping[str, Any] | None = None,
        prefix: str = "c",
        reader: User | None = None,
    ) -> None:
        self.prefix, self.reader = prefix, reader
        self.asked = ""
        self._tree: dict[str, Any] | None = None
        if data is None:
            self.root = _grown(tree or {})
        else:
            self.root = _read(data, prefix)
            self._obey(data.get(f"{prefix}-do", ""))
        self._named: dict[tuple[str, str], str] | None = None

    @property
    def builder(self) -> str:
        """The name of the address that draws the builder anew."""
        return "condition_builder" if self.reader is None else "view_builder"

    @property
    def options(self) -> str:
        """The name of the address that has suggestions for its boxes."""
        return "setting_options" if self.reader is None else "view_options"

    @property
    def edited(self) -> bool:
        """Whether a button of the builder was pressed, so that nothing is to be saved."""
        return bool(self.asked)

    def is_valid(self) -> bool:
        """Check each condition; what is wrong is said beside it."""
        for leaf in self.root.leaves:
            leaf.error = self._wrong(leaf)
        if len(self.root.leaves) > MAX_LEAVES:
            self.root.error = _("Too many conditions.")
        right = not self.root.error and not any(leaf.error for leaf in self.root.leaves)
        if right:
            self._tree = _tree_of(self.root) if self.root.children or self.root.join == "any" else {}
            try:
                conditions.validate(self._tree, queryable=self.reader is not None)
            except conditions.ConditionError as error:
                self.root.error, self._tree, right = str(error), None, False
        return right

    @property
    def tree(self) -> dict[str, Any]:
        """The conditions; only after ``is_valid``."""
        if self._tree is None:
            raise ValueError("ask is_valid() first")
        return self._tree

    @property
    def has_errors(self) -> bool:
        return bool(self.root.error) or any(leaf.error for leaf in self.root.leaves)

    def fail(self, words: str) -> None:
        """Say under the conditions what somebody else found wrong with them."""
        self.root.error = words

    def choices(self, leaf: Leaf) -> list[tuple[str, list[tuple[str, str]]]]:
        """Fields to choose from, by group; one that is gone is still there for its own condition."""
        if leaf.field and not leaf.prefix and leaf.known is None:
            return [("", [(leaf.field, _("%(name)s (gone)") % {"name": leaf.field})]), *self.fields]
        return self.fields

    @property
    def fields(self) -> list[tuple[str, list[tuple[str, str]]]]:
        found: dict[str, list[tuple[str, str]]] = {group: [] for group in values.GROUPS}
        for one in FIELDS.values():
            if one.is_queryable if self.reader else one.name != "followed":
                found.setdefault(one.group, []).append((one.name, str(one.label)))
        found["customer"] += [
            ("contact.", _("Attribute of the customer …")),
            ("company.", _("Attribute of the organisation …")),
        ]
        found["custom"] += [
            (f"field.{key}", row.label) for key, row in custom_fields().items() if row.is_active
        ]
        allowed = ALLOWED.get(self.prefix)
        offered = {
            group: [row for row in rows if allowed is None or allowed(row[0])]
            for group, rows in found.items()
        }
        return [
            (str(values.GROUPS.get(group, group)), sorted(rows, key=lambda row: row[1].lower()))
            for group, rows in offered.items()
            if rows
        ]

    def operators(self, leaf: Leaf) -> list[tuple[str, str]]:
        offered = values.operators(leaf.known) if leaf.known else []
        return [row for row in offered if self.reader is None or row[0] not in {"matches", "not_matches"}]

    def picks(self, leaf: Leaf) -> list[tuple[str, str]]:
        """The choices of a field that has few."""
        known = leaf.known
        return [(name, values.named(known, name, {})) for name in known.choices or {}] if known else []

    def chosen(self, leaf: Leaf) -> list[sources.Option]:
        """What was chosen by type-ahead, with names."""
        known = leaf.known
        if known is None:
            return []
        names = self._names()
        texts = leaf.texts if leaf.control == "looks" else leaf.texts[-1:]
        return [sources.Option(text, values.named(known, text, names)) for text in texts if text]

    def _names(self) -> dict[tuple[str, str], str]:
        if self._named is None:
            wanted = [
                (leaf.known.source, text)
                for leaf in self.root.leaves
                if leaf.known and leaf.known.source and leaf.control in {"look", "looks"}
                for text in leaf.texts
            ]
            self._named = sources.names_of(wanted, self.reader)
        return self._named

    def takes_words(self, leaf: Leaf) -> bool:
        return leaf.known is not None and values.takes_words(leaf.known)

    def can_nest(self, depth: int) -> bool:
        """Whether a group at this depth (the outermost is at 1) may hold groups with conditions in them."""
        return depth + 2 <= MAX_DEPTH

    @property
    def is_full(self) -> bool:
        return len(self.root.leaves) >= MAX_LEAVES

    def _wrong(self, leaf: Leaf) -> str:
        if not leaf.field or leaf.field in PREFIXES:
            return _("Name the attribute.") if leaf.field else _("Choose what to look at.")
        known = leaf.known
        if known is None:
            return _("There is no field “%(name)s”.") % {"name": leaf.field}
        is_personal = known.name == "followed" or (known.kind == "key" and set(_PERSONAL) & set(leaf.texts))
        if is_personal and self.reader is None:
            return _("This is nobody's own list: “me” and “mine” mean nothing here.")
        try:
            conditions.validate(_leaf_of(leaf))
        except ValueError as error:
            return str(error)
        return ""

    def _obey(self, order: str) -> None:
        """Do what a button of the builder says: add:ID, group:ID, remove:ID, find:ID, again."""
        what, _colon, where = order.partition(":")
        self.asked = what if what in {"add", "group", "remove", "find", "again"} else ""
        ids = [int(node.id) for node in self.root.nodes()]
        fresh = str(max(ids) + 1)
        for group in [node for node in self.root.nodes() if isinstance(node, Group)]:
            if what == "remove":
                group.children = [child for child in group.children if child.id != where]
            elif what in {"add", "group"} and group.id == where and len(ids) < _NODES:
                leaf = Leaf(fresh if what == "add" else str(int(fresh) + 1), is_new=True)
                group.children.append(leaf if what == "add" else Group(fresh, "any", [leaf]))
        for leaf in self.root.leaves:
            if what == "find" and leaf.id == where and leaf.known:
                found = sources.offered(leaf.known.source, leaf.search, self.reader)
                leaf.found = [option for option in found if option.value not in leaf.texts]


def _leaf_of(leaf: Leaf) -> dict[str, Any]:
    known = leaf.known
    if known is None:
        raise ValueError(_("Choose what to look at."))
    found: dict[str, Any] = {"field": leaf.field, "op": leaf.op}
    if leaf.control != "none":
        found["value"] = values.from_texts(known, leaf.op, leaf.texts, leaf.was)
    return found


def _tree_of(group: Group) -> dict[str, Any]:
    children = [_tree_of(child) if isinstance(child, Group) else _leaf_of(child) for child in group.children]
    return {group.join: children}


def _grown(tree: Mapping[str, Any]) -> Group:
    """The nodes of a stored tree, numbered in order."""
    numbers = iter(range(1, 1_000_000))

    def grow(node: Mapping[str, Any]) -> Leaf | Group:
        own = str(next(numbers))
        for join in ("all", "any"):
            if join in node:
                return Group(own, join, [grow(child) for child in node[join]])
        if not node:
            return Group(own)
        leaf = Leaf(own, str(node["field"]), str(node["op"]))
        if leaf.known and leaf.op in dict(values.operators(leaf.known)) and leaf.control != "none":
            leaf.texts = values.to_texts(leaf.known, leaf.op, node.get("value"))
            leaf.was = str(node.get("value")) if leaf.control == "moment" else ""
        return leaf

    root = grow(tree)
    return root if isinstance(root, Group) else Group(str(next(numbers)), "all", [root])


def _read(data: QueryDict, prefix: str) -> Group:
    """The nodes that were posted. What makes no sense is left out; nesting beyond all bounds is flattened."""
    root: Group | None = None
    open_: list[Group] = []
    seen: set[str] = set()
    for mark in data.getlist(f"{prefix}-node")[: 3 * _NODES]:
        kind, _colon, own = mark.partition(":")
        if mark == "end":
            if len(open_) > 1:
                open_.pop()
            continue
        if not _ID.match(own) or own in seen or kind not in {"group", "leaf"} or len(seen) > _NODES:
            continue
        seen.add(own)
        if kind == "leaf" and open_:
            open_[-1].children.append(_read_leaf(data, prefix, own))
        elif kind == "group":
            group = Group(own, "any" if data.get(f"{prefix}-{own}-join") == "any" else "all")
            if root is None:
                root = group
                open_.append(group)
                continue
            if len(open_) < _DEEPEST:
                open_[-1].children.append(group)
                open_.append(group)
            else:
                open_.append(open_[-1])  # its conditions join the group round it
    return root or Group("1")


def _read_leaf(data: QueryDict, prefix: str, own: str) -> Leaf:
    name = f"{prefix}-{own}"
    chosen = storable(data.get(f"{name}-field", ""))[:80]
    if chosen in PREFIXES:
        chosen += storable(data.get(f"{name}-key", "")).strip()[:60]
    leaf = Leaf(own, chosen, data.get(f"{name}-op", ""), was=data.get(f"{name}-was", "")[:64])
    leaf.search = storable(data.get(f"{name}-search", ""))[:100]
    known = leaf.known
    if known is None:
        return leaf
    allowed = [op for op, _words in values.operators(known)]
    if leaf.op not in allowed:
        leaf.op = allowed[0]
    texts = [storable(text).replace("\r\n", "\n") for text in data.getlist(f"{name}-value")[:500]]
    drawn_for, _blank, control = data.get(f"{name}-for", "").rpartition(" ")
    leaf.texts = [text for text in texts if text]
    if not _carries(drawn_for, control, leaf, known):
        leaf.texts, leaf.was = [], ""
    return leaf


def _carries(drawn_for: str, control: str, leaf: Leaf, known: Field) -> bool:
    """Whether what stood in the control that was drawn is a value of what is asked now."""
    if drawn_for == leaf.field:
        return leaf.control == control or not {"duration", "moment"} & {leaf.control, control}
    plain = {"text", "area", "pattern"}
    return control in plain and leaf.control in plain
