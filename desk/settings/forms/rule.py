"""A rule as its editor has it: when it acts, on what, what it does."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from common.text import storable
from desk import seen
from desk.settings import durations
from desk.settings.action_rows import ActionForm
from desk.settings.conditions import ConditionForm
from routing.definitions import DefinitionError, checked
from routing.references import check_references

LONGEST_NAME = 120
_PARTS = {
    "field_changed": ("field",),
    "sla_warned": ("target",),
    "sla_breached": ("target",),
    "time_since": ("since", "time", "business", "past"),
}
_NEW = {"on": "ticket_opened"}


class RuleForm:
    """Reads only; ``routing.commands`` writes. ``errors``: words by "name", "trigger", "actions" and
    "definition"; those of a condition or an action are with it.
    """

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        name: str = "",
        definition: Mapping[str, Any] | None = None,
    ) -> None:
        self.errors: dict[str, str] = {}
        self.definition: dict[str, Any] = {}
        self.seen = str(data.get("seen", "")) if data is not None else ""
        definition = definition or {}
        if data is None:
            self.name, self.stop, self.note = name, bool(definition.get("stop")), ""
            trigger: Mapping[str, Any] = definition.get("trigger") or _NEW
            self.trigger = {key: str(value) if value else "" for key, value in trigger.items()}
            self.trigger["time"] = durations.words(trigger["seconds"]) if trigger.get("seconds") else ""
            self.conditions = ConditionForm(tree=definition.get("conditions"))
            self.actions = ActionForm(actions=definition.get("actions"))
        else:
            self.name = storable(data.get("name", "")).strip()
            self.stop, self.note = "stop" in data, storable(data.get("note", ""))[:400]
            self.trigger = {
                key: storable(data.get(f"trigger-{key}", ""))[:100]
                for key in ("on", "field", "target", "since", "time", "business", "past")
            }
            self.conditions = ConditionForm(data)
            self.actions = ActionForm(data)
        self.is_new_trigger = data is not None and data.get("trigger-do") == "again"

    @property
    def edited(self) -> bool:
        """Whether a button inside the form was pressed, so that nothing is to be saved."""
        return self.conditions.edited or self.actions.edited or self.is_new_trigger

    @property
    def parts(self) -> tuple[str, ...]:
        """Which controls the trigger that is chosen has."""
        return _PARTS.get(self.trigger.get("on", ""), ())

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or self.conditions.has_errors or self.actions.has_errors

    def is_valid(self) -> bool:
        """Check everything, so that all that is wrong is said at once, each in its place."""
        if not self.name:
            self.errors["name"] = _("Give the rule a name.")
        elif len(self.name) > LONGEST_NAME:
            self.errors["name"] = _("At most %(most)d characters.") % {"most": LONGEST_NAME}
        trigger = self._part("trigger", {"trigger": self._trigger(), "stop": True, "actions": []})
        tree = self.conditions.tree if self.conditions.is_valid() else None
        if tree is not None:
            self._part("conditions", {"trigger": _NEW, "conditions": tree, "stop": True, "actions": []})
        for row, action in zip(self.actions.rows, self.actions.definition, strict=True):
            row.error = self._refusal(action)
        if not self.actions.rows and not self.stop:
            self.errors["actions"] = _("Choose what the rule does.")
        if self.has_errors or trigger is None or tree is None:
            return False
        whole = {
            "trigger": trigger["trigger"],
            "conditions": tree,
            "actions": self.actions.definition,
            "stop": self.stop,
        }
        found = self._part("definition", whole)
        self.definition = found or {}
        return found is not None

    def begins_from(self, now: str) -> bool:
        """Whether whoever typed has seen what there is ``now`` (desk/seen.py); if not, that is said."""
        if self.seen in {"", now}:
            return True
        self.errors["definition"], self.seen = str(seen.CHANGED), now
        return False

    def refuse(self, error: DefinitionError) -> None:
        """Say what a verb refused where it belongs."""
        part, _dot, place = error.field.partition(".")
        if part == "conditions":
            self.conditions.fail(error.message)
        elif part == "actions" and place.isdigit() and int(place) < len(self.actions.rows):
            self.actions.rows[int(place)].error = error.message
        else:
            self.errors[part if part in {"name", "trigger", "actions"} else "definition"] = error.message

    def _part(self, name: str, definition: dict[str, Any]) -> dict[str, Any] | None:
        """The definition as it is stored; None once its refusal is said."""
        try:
            return checked(definition)
        except DefinitionError as error:
            if error.field.partition(".")[0] == name or name == "definition":
                self.refuse(error)
            return None

    def _refusal(self, action: dict[str, Any]) -> str:
        if not action["do"]:
            return _("Choose what is to be done.")
        try:
            check_references(checked({"trigger": _NEW, "actions": [action]}))
        except DefinitionError as error:
            return error.message
        return ""

    def _trigger(self) -> dict[str, Any]:
        found: dict[str, Any] = {"on": self.trigger["on"]}
        for part in self.parts:
            if part == "time":
                found["seconds"] = durations.parse(self.trigger["time"])
            elif part in {"business", "past"}:
                found[part] = bool(self.trigger[part])
            else:
                found[part] = self.trigger[part]
        return found
