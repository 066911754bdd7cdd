"""What a rule says, as it is stored: checking it, and compiling it for the engine.

{"trigger": {"on", "field"?, "target"?, "since"?, "seconds"?, "business"?, "past"?},
 "conditions": a tree of tickets.conditions, "actions": [{"do", …}], "stop": false}

A time rule ("on": "time_since") acts once the ticket is ``seconds`` away from what ``since`` names, in
working time with ``business``; with ``past`` also on tickets for which that time had come before the rule
was switched on, which without it are left alone.
"""

import json
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.text import storable
from people.models import Team
from routing import engine, placeholders
from routing.actions import ACTIONS, OF_TICKET, PARTS, Parameter
from routing.triggers import CHANGING
from tickets import conditions, errors
from tickets.conditions.language import leaves
from tickets.models import Category, Priority, Status

MOST_ACTIONS = 20
MOST_TAGS = 20
MOST_PEOPLE = 50
MOST_SKILLS = 20
LONGEST_TEXT = 10_000
LONGEST = 100_000  # characters of the whole definition as JSON
SHORTEST_TIME = 60
LONGEST_TIME = 10 * 366 * 24 * 3600
MOST_KEY = 2**63 - 1

TRIGGERS = {
    "ticket_opened": gettext_lazy("A ticket was opened"),
    "message_received": gettext_lazy("The customer wrote"),
    "reply_sent": gettext_lazy("A reply was sent"),
    "field_changed": gettext_lazy("A field changed"),
    "sla_warned": gettext_lazy("A deadline is near"),
    "sla_breached": gettext_lazy("A deadline was missed"),
    "promise_broken": gettext_lazy("A promise was broken"),
    "time_since": gettext_lazy("Time has passed"),
    "manual": gettext_lazy("An agent asks for it"),
}
SINCE = {
    "opened": gettext_lazy("since the ticket was opened"),
    "customer_message": gettext_lazy("since the customer's last message"),
    "agent_reply": gettext_lazy("since our last reply"),
    "status_changed": gettext_lazy("since the status changed"),
    "updated": gettext_lazy("since the last activity, notes and assignments too"),
}
TARGETS = {
    "first_response": gettext_lazy("First response"),
    "next_response": gettext_lazy("Next response"),
    "resolution": gettext_lazy("Resolution"),
    "promise": gettext_lazy("Promise"),
}
STRATEGIES = ("round_robin", "least_loaded", "weighted")

_CATEGORIES = {category.name.lower(): category.value for category in Category}
_PRIORITIES = {priority.name.lower(): priority.value for priority in Priority}


class DefinitionError(errors.Invalid):
    """A definition that means nothing. ``field`` says where: "trigger", "conditions", "actions.2"."""


def checked(definition: Any) -> dict[str, Any]:
    """The definition with nothing in it but what it means; raises ``DefinitionError``.

    Whether the teams, people and so on that it names exist is ``routing.references``' business.
    """
    if not isinstance(definition, dict):
        raise DefinitionError("definition", _("A rule must say when it acts and what it does."))
    if unknown := set(definition) - {"trigger", "conditions", "actions", "stop"}:
        raise DefinitionError(
            "definition", _("A rule has no part “%(name)s”.") % {"name": min(map(str, unknown))}
        )
    tree = definition.get("conditions") or {}
    try:
        conditions.validate(tree)
    except conditions.ConditionError as error:
        raise DefinitionError("conditions", str(error)) from error
    except TypeError as error:  # a list where a word belongs
        raise DefinitionError("conditions", _("These conditions mean nothing.")) from error
    if "followed" in conditions.fields_of(tree) or _personal(tree):
        raise DefinitionError("conditions", _("A rule is nobody's: “me” and “mine” mean nothing in it."))
    stop = definition.get("stop", False)
    if not isinstance(stop, bool):
        raise DefinitionError("stop", _("Stopping is on or off."))
    found = {
        "trigger": _trigger(definition.get("trigger")),
        "conditions": tree,
        "actions": _actions(definition.get("actions"), stop),
        "stop": stop,
    }
    if len(json.dumps(found)) > LONGEST:
        raise DefinitionError("definition", _("This rule is too long."))
    return found


def _personal(tree: Mapping[str, Any]) -> bool:
    for leaf in leaves(tree):
        field, value = conditions.find(leaf["field"]), leaf.get("value")
        if field is not None and field.kind == "key":
            values = value if isinstance(value, list) else [value]
            if "me" in values or "mine" in values:
                return True
    return False


def _trigger(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict) or str(given.get("on")) not in TRIGGERS:
        raise DefinitionError("trigger", _("Choose when the rule acts."))
    on = given["on"]
    extra = {
        "field_changed": {"field"},
        "sla_warned": {"target"},
        "sla_breached": {"target"},
        "time_since": {"since", "seconds", "business", "past"},
    }.get(on, set())
    # What belongs to another kind of trigger may be left over in a form; only a value of it is wrong.
    if stray := {name for name, value in given.items() if value and name not in extra | {"on"}}:
        raise DefinitionError(
            "trigger", _("This trigger has no “%(name)s”.") % {"name": min(map(str, stray))}
        )
    if on == "field_changed":
        return {"on": on, "field": _changing(given.get("field"))}
    if on in {"sla_warned", "sla_breached"}:
        target = str(given.get("target") or "")
        if target not in {"", *TARGETS}:
            raise DefinitionError("trigger", _("There is no such target."))
        return {"on": on, "target": target}
    if on != "time_since":
        return {"on": on}
    if str(given.get("since")) not in SINCE:
        raise DefinitionError("trigger", _("Choose since when the time is counted."))
    return {
        "on": on,
        "since": given["since"],
        "seconds": _seconds(given.get("seconds"), "trigger"),
        "business": _flag(given.get("business"), "trigger"),
        "past": _flag(given.get("past"), "trigger"),
    }


def _changing(name: Any) -> str:
    """A field whose change a rule can wait for; empty for any."""
    if not name:
        return ""
    is_custom = isinstance(name, str) and name.startswith("field.") and conditions.find(name) is not None
    if name not in CHANGING and not is_custom:
        raise DefinitionError("trigger", _("There is no field “%(name)s”.") % {"name": name})
    return str(name)


def _seconds(value: Any, where: str) -> int:
    if type(value) is not int or not SHORTEST_TIME <= value <= LONGEST_TIME:
        raise DefinitionError(where, _("Give a time from one minute to ten years."))
    return value


def _flag(value: Any, where: str) -> bool:
    if value is not None and not isinstance(value, bool):
        raise DefinitionError(where, _("This is yes or no."))
    return bool(value)


def _actions(given: Any, stop: bool) -> list[dict[str, Any]]:
    if not isinstance(given, list) or not (given or stop):
        raise DefinitionError("actions", _("Choose what the rule does."))
    if len(given) > MOST_ACTIONS:
        raise DefinitionError("actions", _("A rule has at most %(most)d actions.") % {"most": MOST_ACTIONS})
    return [_action(action, f"actions.{position}") for position, action in enumerate(given)]


def _action(given: Any, where: str) -> dict[str, Any]:
    kind = ACTIONS.get(str(given.get("do"))) if isinstance(given, dict) else None
    if kind is None:
        raise DefinitionError(where, _("There is no such action."))
    names = {parameter.name for parameter in kind.parameters}
    if stray := set(given) - names - {"do"}:
        raise DefinitionError(
            where,
            _("“%(action)s” has no “%(name)s”.") % {"action": kind.label, "name": min(map(str, stray))},
        )
    found: dict[str, Any] = {"do": kind.do}
    for parameter in kind.parameters:
        value = given.get(parameter.name)
        if parameter.optional and _is_nothing(value, parameter):
            found[parameter.name] = _NOTHING.get(parameter.kind)
            continue
        try:
            found[parameter.name] = _CHECKS[parameter.kind](value, parameter, where)
        except errors.Invalid as error:
            raise DefinitionError(where, f"{kind.label}: {error.message}") from error
    return found


def _is_nothing(value: Any, parameter: Parameter) -> bool:
    """Zero and "no" are values of a custom field."""
    return value is None or value == "" or (parameter.kind != "value" and value in ([], False))


# What an optional parameter is without a value, where that is not null.
_NOTHING: dict[str, Any] = {"skills": [], "text": "", "flag": False, "language": "", "strategy": ""}


def _wrong(parameter: Parameter, where: str) -> DefinitionError:
    return DefinitionError(where, _("Choose a value for “%(name)s”.") % {"name": parameter.label})


def _one_of(*allowed: str) -> Callable[[Any, Parameter, str], str]:
    def check(value: Any, parameter: Parameter, where: str) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise _wrong(parameter, where)
        return value

    return check


def _key(value: Any, parameter: Parameter, where: str) -> int:
    if type(value) is not int or not 0 < value <= MOST_KEY:
        raise _wrong(parameter, where)
    return value


def _keys(most: int, *words: str) -> Callable[[Any, Parameter, str], list[Any]]:
    def check(value: Any, parameter: Parameter, where: str) -> list[Any]:
        if not isinstance(value, list) or not 0 < len(value) <= most:
            raise _wrong(parameter, where)
        found = [one if one in words else _key(one, parameter, where) for one in value]
        return list(dict.fromkeys(found))

    return check


def _status(value: Any, parameter: Parameter, where: str) -> int | str:
    """One status, or by a category's word its default one: such a rule works in every installation."""
    return value if isinstance(value, str) and value in _CATEGORIES else _key(value, parameter, where)


def _tags(value: Any, parameter: Parameter, where: str) -> list[str]:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_TAGS:
        raise _wrong(parameter, where)
    for name in value:
        if not isinstance(name, str) or not name.strip() or len(name) > 60:
            raise _wrong(parameter, where)
    return [storable(name).strip() for name in value]


def _text(value: Any, parameter: Parameter, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise DefinitionError(where, _("Write the text."))
    if len(value) > LONGEST_TEXT:
        raise DefinitionError(where, _("This is longer than %(limit)d characters.") % {"limit": LONGEST_TEXT})
    if unknown := placeholders.unknown(value):
        raise DefinitionError(where, _("There is no variable {{%(name)s}}.") % {"name": unknown[0]})
    return storable(value)


def _texts(value: Any, parameter: Parameter, where: str) -> dict[str, str]:
    """A text for each language; those left empty are none."""
    if not isinstance(value, dict):
        raise _wrong(parameter, where)
    found = {
        language: _text(text, parameter, where)
        for language, text in value.items()
        if not (isinstance(text, str) and not text.strip())
    }
    if not found or not all(isinstance(language, str) and len(language) <= 8 for language in found):
        raise DefinitionError(where, _("Write the text."))
    return found


def _field_key(value: Any, parameter: Parameter, where: str) -> str:
    if not isinstance(value, str) or conditions.find(f"field.{value}") is None:
        raise _wrong(parameter, where)
    return value


def _language(value: Any, parameter: Parameter, where: str) -> str:
    fits = isinstance(value, str) and (value == OF_TICKET or (value.isalpha() and len(value) in {2, 3}))
    if not fits:
        raise _wrong(parameter, where)
    return str(value)


def _value(value: Any, parameter: Parameter, where: str) -> Any:
    """A custom field's; whether it fits the field is looked up with the field."""
    if not isinstance(value, str | int | float | bool):
        raise _wrong(parameter, where)
    return storable(value) if isinstance(value, str) else value


_CHECKS: dict[str, Callable[[Any, Parameter, str], Any]] = {
    "priority": _one_of(*_PRIORITIES),
    "status": _status,
    "team": _key,
    "topic": _key,
    "service": _key,
    "user": _key,
    "webhook": _key,
    "field": _field_key,
    "value": _value,
    "tags": _tags,
    "strategy": _one_of(*STRATEGIES),
    "skills": _keys(MOST_SKILLS),
    "people": _keys(MOST_PEOPLE, *PARTS),
    "language": _language,
    "texts": _texts,
    "text": _text,
    "seconds": lambda value, parameter, where: _seconds(value, where),
    "flag": lambda value, parameter, where: _flag(value, where),
}


def compiled(rule_id: int, version_id: int, definition: Mapping[str, Any], known: "Known") -> engine.Rule:
    """The definition with words turned into what is stored; ``known`` from ``what_is_known()``."""
    actions = tuple(_compiled(action, known) for action in definition["actions"])
    return engine.Rule(
        rule_id,
        version_id,
        definition["trigger"],
        definition["conditions"],
        actions,
        definition["stop"],
        known.lines if any(action["do"] == "escalate" for action in actions) else {},
    )


@dataclass(frozen=True)
class Known:
    """What rules rest on: statuses' categories, those switched ``off``, each category's default status, each
    team's next line."""

    categories: Mapping[int, int]
    off: Container[int]
    defaults: Mapping[int, int]
    lines: Mapping[int, int | None]


def what_is_known() -> Known:
    """As it is now; two queries."""
    rows = list(Status.objects.all())
    return Known(
        {row.pk: row.category for row in rows},
        {row.pk for row in rows if not row.is_active},
        {row.category: row.pk for row in rows if row.is_default},
        dict(Team.objects.values_list("pk", "escalates_to_id")),
    )


def _compiled(action: Mapping[str, Any], known: Known) -> dict[str, Any]:
    if action["do"] == "set_priority":
        return {**action, "value": _PRIORITIES[action["value"]]}
    if action["do"] == "set_status":
        value = action["value"]
        category = _CATEGORIES[value] if isinstance(value, str) else known.categories.get(value, 0)
        # As ``tickets.status.in_use``: for one that is switched off the default of its category.
        named = isinstance(value, int) and value not in known.off
        pk = value if named else known.defaults.get(category, 0)
        return {**action, "value": pk, "category": category}
    return dict(action)
