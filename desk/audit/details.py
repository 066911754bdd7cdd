"""Old and new values of an entry, in the reader's words. What is secret is dots, whatever is stored."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from calendars.models import Calendar
from channels_in.models import BotFlow
from journal.models import Entry
from journal.settings_log import HIDDEN, is_secret
from people.models import Absence, Contact, Identity, Organization, Skill, Team, User
from routing.models import Rule, RuleVersion
from sla.models import PolicyVersion
from tickets.models import Brand, CustomField, Problem, Status

LONGEST = 2000  # characters of one value

FIELDS: dict[str, str | Promise] = {
    "name": pgettext_lazy("of a thing", "Name"),
    "labels": pgettext_lazy("of a thing", "Name"),
    "title": pgettext_lazy("problem", "Title"),
    "email": gettext_lazy("E-mail address"),
    "role": gettext_lazy("Role"),
    "access": gettext_lazy("Sees"),
    "is_active": gettext_lazy("In use"),
    "is_enabled": gettext_lazy("In use"),
    "is_public": gettext_lazy("In the catalogue"),
    "language": gettext_lazy("Language"),
    "spoken": gettext_lazy("Languages"),
    "time_zone": gettext_lazy("Time zone"),
    "signature": gettext_lazy("Signature"),
    "capacity": gettext_lazy("Capacity"),
    "teams": gettext_lazy("Teams"),
    "skills": gettext_lazy("Skills"),
    "members": gettext_lazy("Members"),
    "leads": gettext_lazy("Leads"),
    "team": gettext_lazy("Team"),
    "team_id": gettext_lazy("Team"),
    "brand": gettext_lazy("Brand"),
    "brand_id": gettext_lazy("Brand"),
    "owner": pgettext_lazy("problem", "Owner"),
    "owner_id": pgettext_lazy("problem", "Owner"),
    "calendar": gettext_lazy("Business calendar"),
    "organization": gettext_lazy("Organisation"),
    "domains": gettext_lazy("Domains"),
    "tier": gettext_lazy("Tier"),
    "notes": gettext_lazy("Notes"),
    "position": gettext_lazy("Place"),
    "order": gettext_lazy("Order"),
    "conditions": gettext_lazy("Conditions"),
    "actions": gettext_lazy("Actions"),
    "trigger": gettext_lazy("Trigger"),
    "targets": gettext_lazy("Targets"),
    "choices": gettext_lazy("Choices"),
    "columns": gettext_lazy("Columns"),
    "grouping": gettext_lazy("Grouping"),
    "texts": gettext_lazy("Texts"),
    "folder": gettext_lazy("Folder"),
    "colour": gettext_lazy("Colour"),
    "url": gettext_lazy("Address"),
    "address": gettext_lazy("Address"),
    "pattern": gettext_lazy("Address"),
    "password": gettext_lazy("Password"),
    "reason": gettext_lazy("Reason"),
    "kind": gettext_lazy("Kind"),
    "problem_kind": gettext_lazy("Kind"),
    "field_kind": gettext_lazy("Kind"),
    "identity_kind": gettext_lazy("Kind"),
    "absence_kind": gettext_lazy("Kind"),
    "stage": pgettext_lazy("problem", "Stage"),
    "key": gettext_lazy("Key"),
    "strategy": gettext_lazy("Who gets the next ticket"),
    "category": gettext_lazy("Category"),
    "filters": gettext_lazy("Filters"),
    "starts_at": gettext_lazy("From"),
    "ends_at": gettext_lazy("Until"),
    "valid_from": gettext_lazy("From"),
    "valid_until": gettext_lazy("Until"),
}
# What keys under a name stand for.
_NAMED: dict[str, type[Model]] = {
    "teams": Team, "team": Team, "team_id": Team, "escalates_to": Team, "hands_over_to": Team,
    "skills": Skill, "members": User, "leads": User, "owner": User, "owner_id": User,
    "brand": Brand, "brand_id": Brand, "calendar": Calendar, "calendar_id": Calendar, "bot": BotFlow,
    "organization": Organization, "custom_field": CustomField, "previous_id": Status,
    "merged_id": Contact, "into_id": Contact, "from_id": Contact, "other_id": Contact, "other": Contact,
}  # fmt: skip
# What a stored word is called: the choices of a model's field.
_CHOSEN: dict[str, tuple[type[Model], str]] = {
    "role": (User, "role"), "access": (User, "access"), "tier": (Organization, "tier"),
    "strategy": (Team, "strategy"), "category": (Status, "category"), "problem_kind": (Problem, "kind"),
    "stage": (Problem, "stage"), "field_kind": (CustomField, "kind"), "absence_kind": (Absence, "kind"),
    "identity_kind": (Identity, "kind"),
}  # fmt: skip
# What the sentence has said already, or is of no use to a reader.
_SAID = frozenset(
    {
        "changes", "name", "title", "version_id", "number", "version_number", "thing", "what", "count",
        "into_name", "into_title", "identity_id", "message_id", "attachment_id", "shift_id", "absence_id",
        "extra_id", "form_field_id", "broadcast_id", "total", "sent", "skipped", "failed", "most", "old",
        "new", "old_position", "new_position",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Detail:
    """``old`` is None where there is nothing to compare with."""

    field: str
    old: str | None
    new: str


class Details:
    """Of some entries, with the names of all that they mention: each kind of thing in one query."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)
        self._versions = _versions(self._entries)
        self._pairs = {entry.pk: list(self._read(entry)) for entry in self._entries}
        wanted: dict[type[Model], set[int]] = {}
        for entry in self._entries:
            for field, old, new in self._pairs[entry.pk]:
                if (model := _model_of(entry, field)) is not None:
                    wanted.setdefault(model, set()).update(_keys(old), _keys(new))
        self._names = {
            (model, pk): _name(row)
            for model, keys in wanted.items()
            if keys
            for pk, row in model._default_manager.in_bulk(keys).items()
        }

    def of(self, entry: Entry) -> list[Detail]:
        return [
            Detail(
                _label(entry, field),
                None if old is _NOTHING else self._words(entry, field, old),
                self._words(entry, field, new),
            )
            for field, old, new in self._pairs[entry.pk]
        ]

    def _read(self, entry: Entry) -> Iterable[tuple[str, Any, Any]]:
        """(field, old, new); old is ``_NOTHING`` for a value that is only told."""
        data = entry.data
        changes = data.get("changes")
        for field, pair in sorted(changes.items()) if isinstance(changes, dict) else ():
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
        yield from self._between(entry)

    def _between(self, entry: Entry) -> Iterable[tuple[str, Any, Any]]:
        """What a version says otherwise than the one before it."""
        newer = self._versions.get((entry.kind, entry.stream_id, _number(entry)))
        older = self._versions.get((entry.kind, entry.stream_id, _number(entry) - 1))
        if newer is not None:
            for field, new in newer.items():
                old = older.get(field) if older is not None else _NOTHING
                if old != new:
                    yield field, old, new

    def _words(self, entry: Entry, field: str, value: Any) -> str:
        if is_secret(field):
            return HIDDEN if value else "—"
        if isinstance(value, str | int) and (words := _chosen(field, value)):
            return words
        model = _model_of(entry, field)
        return _cut(self._value(model, value))

    def _value(self, model: type[Model] | None, value: Any) -> str:
        if value is None or value == "" or value == [] or value == {}:
            return "—"
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if model is not None and isinstance(value, list):
            return ", ".join(self._value(model, one) for one in value)
        if model is not None and isinstance(value, int):
            return self._names.get((model, value), f"#{value}")
        if (
            isinstance(value, dict)
            and set(value) <= {"en", "ru"}
            and all(isinstance(v, str) for v in value.values())
        ):
            return " · ".join(text for text in value.values() if text)
        if isinstance(value, dict | list):
            plain = isinstance(value, list) and all(isinstance(one, str | int) for one in value)
            if plain:
                return ", ".join(str(one) for one in value)
            return json.dumps(_hidden(value), ensure_ascii=False, indent=1)
        return str(value)


_NOTHING: Any = object()
# Old and new that an event has as fields of their own.
_PAIRS = {"stage": ("old", "new"), "position": ("old_position", "new_position")}


def _chosen(field: str, value: str | int) -> str:
    """What one of a model's choices is called; empty for what is none."""
    model, name = _CHOSEN.get(field, (None, ""))
    choices = getattr(model._meta.get_field(name), "flatchoices", ()) if model is not None else ()
    return str(dict(choices).get(value, ""))


def _number(entry: Entry) -> int:
    return int(entry.data.get("number") or entry.data.get("version_number") or 0)


def _versions(entries: list[Entry]) -> dict[tuple[str, int, int], dict[str, Any]]:
    """What rules and policies said in the versions that entries speak of, and in those before."""
    found: dict[tuple[str, int, int], dict[str, Any]] = {}
    asked = {kind: Q() for kind in ("rule_saved", "policy_saved")}
    for entry in entries:
        if entry.kind in asked:
            owner = "rule_id" if entry.kind == "rule_saved" else "policy_id"
            number = _number(entry)
            asked[entry.kind] |= Q(**{owner: entry.stream_id, "number__in": [number - 1, number]})
    if asked["rule_saved"]:
        for rule in RuleVersion.objects.filter(asked["rule_saved"]):
            found["rule_saved", rule.rule_id, rule.number] = rule.definition
    if asked["policy_saved"]:
        for policy in PolicyVersion.objects.filter(asked["policy_saved"]):
            found["policy_saved", policy.policy_id, policy.number] = {
                "conditions": policy.conditions, "calendar": policy.calendar_id, "targets": policy.targets,
            }  # fmt: skip
    return found


def _model_of(entry: Entry, field: str) -> type[Model] | None:
    """What the keys under a field are of; ``*_id`` of a merge says so only for customers."""
    if field == "order" and entry.stream_type == "rule":
        return Rule
    model = _NAMED.get(field)
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
    return str(FIELDS.get(field) or field.removesuffix("_id").replace("_", " "))


def _hidden(value: Any) -> Any:
    """The same with dots for what is secret, however deep."""
    if isinstance(value, dict):
        return {key: HIDDEN if is_secret(str(key)) and one else _hidden(one) for key, one in value.items()}
    return [_hidden(one) for one in value] if isinstance(value, list) else value


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
