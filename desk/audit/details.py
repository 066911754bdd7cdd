"""Old and new values of an entry, in the reader's words. What is secret is dots, whatever is stored."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Model
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from calendars.models import Calendar
from desk.audit.fields import NAMED, SETS, chosen, label_of
from desk.audit.versions import Versions
from desk.presentation import language_name
from desk.settings.forms.staff import GROUPS as CHANNELS
from desk.settings.rule_changes import differing_conditions
from desk.settings.rule_words import RuleWords
from journal.models import Entry
from journal.settings_log import HIDDEN, is_secret
from people.models import Contact
from routing.models import Rule
from tickets.macros import actions as macro_actions

LONGEST = 2000  # characters of one value

# What the sentence has said already, or is of no use to a reader.
_SAID = frozenset(
    {
        "changes", "name", "title", "version_id", "number", "version_number", "thing", "what", "count",
        "into_name", "into_title", "identity_id", "message_id", "attachment_id", "shift_id", "absence_id",
        "extra_id", "form_field_id", "broadcast_id", "total", "sent", "skipped", "failed", "most", "old",
        "new", "old_position", "new_position",
    }
)  # fmt: skip
_DAYS = frozenset({"valid_from", "valid_until"})
_MOMENTS = frozenset({"starts_at", "ends_at", "since"})


@dataclass(frozen=True)
class Detail:
    """``old`` is None where a value is only told; either is empty where nothing was, or is."""

    field: str
    old: str | None
    new: str


class Details:
    """Of some entries, with the names of all that they mention: each kind of thing in one query."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)
        self._versions = Versions(self._entries)
        self._pairs = {entry.pk: list(_pairs(entry)) for entry in self._entries}
        said = [(entry, *pair) for entry in self._entries for pair in self._pairs[entry.pk]]
        self._names = _names(said)
        trees = [tree for _entry, field, *both in said if field == "conditions" for tree in both]
        self._words = RuleWords(trees=[tree for tree in trees if isinstance(tree, dict)], whole=True)

    def of(self, entry: Entry) -> list[Detail]:
        """What its values were and are; of a new version of something what it says otherwise."""
        found: list[Detail] = []
        for field, old, new in self._pairs[entry.pk]:
            if field == "conditions" and isinstance(old, dict) and isinstance(new, dict):
                lines = differing_conditions(self._words, old, new)
                found += [Detail(one.what, one.old, one.new) for one in lines]
            else:
                found += self._compared(entry, field, old, new)
        return found + self._of_version(entry)

    def _compared(self, entry: Entry, field: str, old: Any, new: Any) -> list[Detail]:
        label = _label(entry, field)
        if old is _NOTHING:
            return [Detail(label, None, self._said(entry, field, new) or "—")]
        if field in SETS and isinstance(old, list) and isinstance(new, list):
            gone = self._said(entry, field, [one for one in old if one not in new])
            come = self._said(entry, field, [one for one in new if one not in old])
            return [Detail(label, *pair) for pair in ((gone, ""), ("", come)) if any(pair)]
        return [Detail(label, self._said(entry, field, old), self._said(entry, field, new))]

    def _of_version(self, entry: Entry) -> list[Detail]:
        lines, note = self._versions.differences(entry), self._versions.note(entry)
        is_first = self._versions.is_first(entry)
        found = [Detail(one.what, None if is_first else _cut(one.old), _cut(one.new)) for one in lines]
        return [*found, Detail(label_of("note"), None, note)] if note else found

    def _said(self, entry: Entry, field: str, value: Any) -> str:
        if is_secret(field):
            return HIDDEN if value else ""
        return _cut(self._value(field, _model_of(entry, field), value))

    def _value(self, field: str, model: type[Model] | None, value: Any) -> str:
        if value is None or value == "" or value == [] or value == {}:
            return ""
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if isinstance(value, list):
            return self._listed(field, model, value)
        if field == "capacity" and isinstance(value, dict):
            return ", ".join(f"{words}: {value[key]}" for key, words in CHANNELS.items() if key in value)
        if isinstance(value, dict):
            return _of_dict(value)
        if model is not None and isinstance(value, int):
            return self._names.get((model, value), f"#{value}")
        if field in _DAYS | _MOMENTS:
            return _when(field, str(value))
        return chosen(field, value) or str(value)

    def _listed(self, field: str, model: type[Model] | None, values: list[Any]) -> str:
        if field == "actions":
            return _of_macro(values)
        words = [self._value(field, model, one) for one in values]
        return ("\n" if any(isinstance(one, dict) for one in values) else ", ").join(words)


_NOTHING: Any = object()
# Old and new that an event has as fields of their own.
_PAIRS = {"stage": ("old", "new"), "position": ("old_position", "new_position")}


def _pairs(entry: Entry) -> Iterable[tuple[str, Any, Any]]:
    """(field, old, new); old is ``_NOTHING`` for a value that is only told."""
    data = entry.data
    changes = data.get("changes")
    for field, pair in sorted(changes.items()) if isinstance(changes, dict) else ():
        if field == "number":  # of a version: the sentence has it
            continue
        if isinstance(pair, list) and len(pair) == 2:
            yield field, pair[0], pair[1]
        else:  # only that it changed
            yield field, _NOTHING, _("changed")
    for field, (old, new) in _PAIRS.items():
        if old in data and new in data:
            yield field, data[old], data[new]
    for field, value in data.items():
        if field not in _SAID and value not in (None, "", [], {}):
            yield field, _NOTHING, value


def _names(said: Iterable[tuple[Entry, str, Any, Any]]) -> dict[tuple[type[Model], int], str]:
    wanted: dict[type[Model], set[int]] = {}
    for entry, field, old, new in said:
        if (model := _model_of(entry, field)) is not None:
            wanted.setdefault(model, set()).update(_keys(old), _keys(new))
    return {
        (model, pk): _name(row)
        for model, keys in wanted.items()
        if keys
        for pk, row in model._default_manager.in_bulk(keys).items()
    }


def _model_of(entry: Entry, field: str) -> type[Model] | None:
    """What the keys under a field are of; ``*_id`` of a merge says so only for customers."""
    if field == "order" and entry.stream_type == "rule":
        return Rule
    model = NAMED.get(field)
    if model is Contact and entry.stream_type != "contact":
        return None
    if field == "previous_id" and entry.stream_type == "calendar":
        return Calendar
    return model


def _keys(value: Any) -> set[int]:
    if isinstance(value, bool):
        return set()
    if isinstance(value, list):
        return {key for one in value for key in _keys(one)}
    return {value} if isinstance(value, int) else set()


def _name(row: Any) -> str:
    return str(row.label if hasattr(row, "labels") else getattr(row, "name", "") or row)


def _label(entry: Entry, field: str) -> str:
    if field == "name" and (entry.stream_type in {"user", "contact"} or entry.data.get("thing") == "profile"):
        return _("Name")  # a person's
    return label_of(field)


def _of_dict(value: Mapping[str, Any]) -> str:
    """Texts by language beside each other; of a choice its name; of anything else a line for each part."""
    for part in ("labels", "texts"):
        if isinstance(value.get(part), dict):
            return _of_dict(value[part])
    if set(value) <= {"en", "ru"} and all(isinstance(one, str) for one in value.values()):
        own = get_language() or "en"
        texts = sorted(value.items(), key=lambda item: item[0] != own)
        return " · ".join(dict.fromkeys(text for _code, text in texts if text))
    return "\n".join(
        f"{_part(str(key))}: {HIDDEN if is_secret(str(key)) and one else _plain(one)}"
        for key, one in value.items()
    )


def _part(key: str) -> str:
    return language_name(key) if key in {"en", "ru"} else label_of(key)


def _plain(value: Any) -> str:
    """A part of a value, on one line."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return _of_dict(value).replace("\n", "; ") or "—"
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value) or "—"
    return "—" if value is None or value == "" else str(value)


def _of_macro(rows: list[Any]) -> str:
    """What a macro does with the ticket, a line for each."""
    known = [
        macro_actions.Action(row["do"], row["value"])
        for row in rows
        if isinstance(row, dict) and row.get("do") in macro_actions.ICONS and "value" in row
    ]
    return "\n".join(one.words for one in macro_actions.named(known))


def _when(field: str, text: str) -> str:
    """A day, or a moment by the reader's clock."""
    try:
        if field in _DAYS:
            return date_format(date.fromisoformat(text), "SHORT_DATE_FORMAT")
        return date_format(timezone.localtime(datetime.fromisoformat(text)), "SHORT_DATETIME_FORMAT")
    except (ValueError, OverflowError):
        return text


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
