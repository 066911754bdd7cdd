"""A rule's actions as a plain form, both ways.

Written as the conditions are: ``a-node`` comes once for each action in the order of the page with its ID;
beside it ``a-ID-do``, ``a-ID-NAME`` of each parameter, and ``a-ID-for``: what their controls were drawn for.
``a-do`` is what a button wants: add, remove:ID, up:ID, down:ID, find:ID-NAME, again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from dataclasses import field as made
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _

from common.text import number, storable
from desk.settings import condition_values, durations, sources
from routing.actions import ACTIONS, PARTS, ActionKind, Parameter
from routing.definitions import MOST_ACTIONS
from tickets.conditions.dynamic import choice_label, custom_fields
from tickets.models import CustomField

_ID = re.compile(r"[0-9]{1,9}\Z")
LOOKED_UP = {
    "team": "teams",
    "topic": "topics",
    "service": "services",
    "user": "staff",
    "webhook": "webhooks",
    "tags": "tags",
    "skills": "skills",
    "people": "staff",
}
MANY = {"tags", "skills", "people"}
_KEYS = {"team", "topic", "service", "user", "webhook"}


@dataclass
class Row:
    """One action as it stands in the form. ``texts``: by parameter; "text.ru" is the Russian of a text."""

    id: str
    do: str = ""
    texts: dict[str, list[str]] = made(default_factory=dict)
    found: dict[str, list[sources.Option]] = made(default_factory=dict)
    error: str = ""
    is_new: bool = False

    @property
    def kind(self) -> ActionKind | None:
        return ACTIONS.get(self.do)

    @property
    def mark(self) -> str:
        """What its parameters' controls are drawn for."""
        return f"{self.do}.{self.text('key')}" if self.do == "set_field" else self.do

    def text(self, name: str) -> str:
        return (self.texts.get(name) or [""])[-1]

    @property
    def custom(self) -> CustomField | None:
        """The custom field whose value is set."""
        return custom_fields().get(self.text("key")) if self.do == "set_field" else None

    @property
    def choices(self) -> list[tuple[str, str]]:
        """Of that field."""
        row = self.custom
        return [(one["value"], choice_label(row, one["value"])) for one in row.choices] if row else []


class ActionForm:
    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        actions: list[Mapping[str, Any]] | None = None,
        prefix: str = "a",
    ) -> None:
        self.prefix, self.asked = prefix, ""
        if data is None:
            self.rows = [_row(str(place), action) for place, action in enumerate(actions or [], 1)]
        else:
            self.rows = _read(data, prefix)
            self._obey(data.get(f"{prefix}-do", ""))
        self._named: dict[tuple[str, str], str] | None = None

    @property
    def edited(self) -> bool:
        """Whether a button of the builder was pressed, so that nothing is to be saved."""
        return bool(self.asked)

    @property
    def has_errors(self) -> bool:
        return any(row.error for row in self.rows)

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= MOST_ACTIONS

    @property
    def definition(self) -> list[dict[str, Any]]:
        """What is in the form as ``routing.definitions`` has it, right or not; what is no time is -1."""
        return [{"do": row.do, **{p.name: _value(row, p) for p in _parameters(row)}} for row in self.rows]

    def chosen(self, row: Row, parameter: Parameter) -> list[sources.Option]:
        """What was chosen by type-ahead, with names."""
        if self._named is None:
            self._named = sources.names_of(
                (LOOKED_UP[p.kind], text)
                for each in self.rows
                for p in _parameters(each)
                if p.kind in LOOKED_UP
                for text in each.texts.get(p.name, [])
            )
        source = LOOKED_UP[parameter.kind]
        texts = [text for text in row.texts.get(parameter.name, []) if text and text not in PARTS]
        return [
            sources.Option(text, self._named.get((source, text), _("gone: %(key)s") % {"key": text}))
            for text in (texts if parameter.kind in MANY else texts[-1:])
        ]

    def source(self, parameter: Parameter) -> str:
        return LOOKED_UP.get(parameter.kind, "")

    def is_many(self, parameter: Parameter) -> bool:
        return parameter.kind in MANY

    def _obey(self, order: str) -> None:
        what, _colon, where = order.partition(":")
        self.asked = what if what in {"add", "remove", "up", "down", "find", "again"} else ""
        place = next((at for at, row in enumerate(self.rows) if row.id == where), None)
        if what == "add" and not self.is_full:
            fresh = str(max([0, *(int(row.id) for row in self.rows)]) + 1)
            self.rows.append(Row(fresh, is_new=True))
        elif what == "remove" and place is not None:
            del self.rows[place]
        elif what in {"up", "down"} and place is not None:
            row = self.rows.pop(place)
            self.rows.insert(max(0, place + (-1 if what == "up" else 1)), row)
        elif what == "find":
            own, _dash, name = where.partition("-")
            for row in self.rows:
                for parameter in _parameters(row):
                    if row.id == own and parameter.name == name and parameter.kind in LOOKED_UP:
                        found = sources.offered(LOOKED_UP[parameter.kind], row.text(f"{name}-search"))
                        row.found[name] = [one for one in found if one.value not in row.texts.get(name, [])]


def _parameters(row: Row) -> tuple[Parameter, ...]:
    return row.kind.parameters if row.kind else ()


def _read(data: QueryDict, prefix: str) -> list[Row]:
    rows: list[Row] = []
    for own in dict.fromkeys(data.getlist(f"{prefix}-node")):
        if not _ID.match(own) or len(rows) > MOST_ACTIONS:
            continue
        row = Row(own, data.get(f"{prefix}-{own}-do", ""))
        if row.do not in ACTIONS:
            row.do = ""
        start = f"{prefix}-{own}-"
        for name in data:
            if name.startswith(start):
                texts = [storable(text).replace("\r\n", "\n") for text in data.getlist(name)[:200]]
                row.texts[name.removeprefix(start)] = [text for text in texts if text]
        if data.get(f"{start}for", row.mark) != row.mark:  # drawn for another action, or for another field
            kept = {"key"} if row.do == "set_field" else {"seconds", "business"}
            row.texts = {
                name: texts for name, texts in row.texts.items() if name in kept or name.startswith("text")
            }
        rows.append(row)
    return rows


def _row(own: str, action: Mapping[str, Any]) -> Row:
    row = Row(own, str(action.get("do")))
    for parameter in _parameters(row):
        value = action.get(parameter.name)
        if parameter.kind == "texts":
            for language, text in (value or {}).items():
                row.texts[f"{parameter.name}.{language}"] = [text]
        elif parameter.kind == "seconds":
            row.texts[parameter.name] = [durations.words(value)] if type(value) is int else []
        elif parameter.kind == "flag" or isinstance(value, bool):
            row.texts[parameter.name] = [] if value is None else ["yes" if value else "no"]
        elif isinstance(value, list):
            row.texts[parameter.name] = [str(one) for one in value]
        else:
            row.texts[parameter.name] = [] if value is None or value == "" else [str(value)]
    return row


def languages(row: Row, name: str) -> list[tuple[str, str]]:
    """The product's languages, and those a text was written in by other means."""
    known = dict(settings.LANGUAGES)
    more = {key.partition(".")[2] for key in row.texts if key.startswith(f"{name}.")}
    return [*known.items(), *((code, code) for code in sorted(more - set(known)))]


def _value(row: Row, parameter: Parameter) -> Any:
    """One parameter's value of what was typed. What is wrong stays as it is, for the checks to refuse."""
    texts = [text for text in row.texts.get(parameter.name, []) if text]
    if parameter.kind == "texts":
        return {code: row.text(f"{parameter.name}.{code}") for code, _name in languages(row, parameter.name)}
    if parameter.kind == "flag":
        return bool(texts)
    if parameter.kind == "people":
        return [text if text in PARTS else number(text) for text in texts]
    if parameter.kind == "skills":
        return [number(text) for text in texts]
    if parameter.kind == "tags":
        return list(dict.fromkeys(texts))
    if not texts:
        return None
    if parameter.kind == "seconds":
        seconds = durations.parse(texts[-1])
        return -1 if seconds is None else seconds
    if parameter.kind in _KEYS or (parameter.kind == "status" and texts[-1].isdigit()):
        return number(texts[-1])
    return _of_field(row, texts[-1]) if parameter.kind == "value" else texts[-1]


def _of_field(row: Row, text: str) -> Any:
    kind = row.custom.kind if row.custom else ""
    if kind == CustomField.Kind.FLAG:
        return text == "yes"
    if kind == CustomField.Kind.NUMBER:
        try:
            return condition_values.as_number(text)
        except ValueError:
            return text
    return text
