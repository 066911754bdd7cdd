"""The rule engine: what rules would do to a ticket, and why. Pure: plain data in, plain data out.

Rules are asked in their order. Each sees the ticket as the ones before it would have left it. A rule that
stops ends it. What the effects then cause is a run of its own; a rule acts once for everything that goes back
to the same first event (``ran``), and nothing acts further than ``MAX_DEPTH`` causes away from it, so that
rules which answer each other come to an end.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from common.text import fold
from tickets.conditions import Context, explain, find
from tickets.conditions.patterns import Patience

MAX_DEPTH = 5
# In a snapshot: somebody whom a strategy is going to choose.
CHOSEN = -1
_RESOLVED = 50  # tickets.models.Category.RESOLVED; what is below is open work

Action = Mapping[str, Any]
Decide = Callable[[Action, Mapping[str, Any]], int | None]


@dataclass(frozen=True)
class Rule:
    """One version of a rule, compiled: values are as they are stored (``routing.definitions.compiled``).

    ``lines`` tells which team each one escalates to, where an action needs to know.
    """

    id: int
    version_id: int
    trigger: Mapping[str, Any]
    conditions: Mapping[str, Any]
    actions: tuple[Action, ...]
    stop: bool = False
    lines: Mapping[int, int | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Trigger:
    """What has happened. ``rule_id``: it concerns this rule alone (its time has come, or somebody asked)."""

    on: str
    field: str = ""
    target: str = ""
    rule_id: int | None = None


@dataclass(frozen=True)
class Effect:
    """One action to be done, with the rule that wants it."""

    rule_id: int
    version_id: int
    action: Action


@dataclass(frozen=True)
class Trace:
    """What became of one rule that heard the trigger; ``conditions`` is the tree with every verdict."""

    rule_id: int
    version_id: int
    matched: bool
    conditions: Mapping[str, Any]
    effects: tuple[Effect, ...] = ()
    ran_before: bool = False


@dataclass(frozen=True)
class Outcome:
    """``snapshot`` is the ticket as the effects would leave it."""

    effects: tuple[Effect, ...]
    traces: tuple[Trace, ...]
    snapshot: Mapping[str, Any]
    stopped_by: int | None = None


def hears(rule: Rule, trigger: Trigger) -> bool:
    """Whether the trigger is this rule's. A rule that names no field (no target) hears of all of them."""
    if rule.trigger["on"] != trigger.on:
        return False
    if trigger.rule_id is not None:
        return rule.id == trigger.rule_id
    return (rule.trigger.get("field") or trigger.field) == trigger.field and (
        rule.trigger.get("target") or trigger.target
    ) == trigger.target


def run(
    rules: Iterable[Rule],
    snapshot: Mapping[str, Any],
    trigger: Trigger,
    context: Context,
    *,
    ran: Collection[int] = (),
    decide: Decide | None = None,
) -> Outcome:
    """What ``rules``, in their order, want done after ``trigger``.

    ``ran``: rules that have acted for the same first event already. ``decide`` tells whom a strategy
    chooses, for later rules to see (a simulation knows); without it they see that somebody will be chosen.
    All patterns of a run share one budget of time: it is spent while the ticket is locked.
    """
    context = replace(context, patience=Patience())
    seen = dict(snapshot)
    effects: list[Effect] = []
    traces: list[Trace] = []
    for rule in rules:
        if not hears(rule, trigger):
            continue
        if rule.id in ran:
            traces.append(Trace(rule.id, rule.version_id, False, {}, ran_before=True))
            continue
        explained = explain(rule.conditions, seen, context)
        if not explained["ok"]:
            traces.append(Trace(rule.id, rule.version_id, False, explained))
            continue
        wanted, stops = _wanted(rule)
        for effect in wanted:
            _apply(effect.action, seen, context, decide, rule.lines)
        effects += wanted
        traces.append(Trace(rule.id, rule.version_id, True, explained, tuple(wanted)))
        if stops:
            return Outcome(tuple(effects), tuple(traces), seen, rule.id)
    return Outcome(tuple(effects), tuple(traces), seen)


def _wanted(rule: Rule) -> tuple[list[Effect], bool]:
    """A rule's effects up to its action "stop", if it has one, and whether the run ends with it."""
    wanted: list[Effect] = []
    for action in rule.actions:
        if action["do"] == "stop":
            return wanted, True
        wanted.append(Effect(rule.id, rule.version_id, action))
    return wanted, rule.stop


def _apply(
    action: Action,
    seen: dict[str, Any],
    context: Context,
    decide: Decide | None,
    lines: Mapping[int, int | None],
) -> None:
    """Change the snapshot as the action would the ticket; what conditions cannot see changes nothing."""
    match action["do"]:
        case "set_priority" | "set_team" | "set_topic" | "set_service" as name:
            seen[name.removeprefix("set_")] = action["value"]
        case "set_status":
            _set_status(action, seen, context)
        case "set_field":
            seen[f"field.{action['key']}"] = _as_compared(f"field.{action['key']}", action["value"])
        case "add_tags":
            seen["tags"] = set(seen.get("tags") or ()) | {fold(name) for name in action["value"]}
        case "remove_tags":
            seen["tags"] = set(seen.get("tags") or ()) - {fold(name) for name in action["value"]}
        case "assign":
            if action.get("team"):
                seen["team"] = action["team"]
            seen["assignee"] = decide(action, seen) if decide else CHOSEN
        case "assign_to":
            seen["assignee"] = action["user"]
        case "unassign":
            seen["assignee"] = None
        case "escalate":
            team = action["team"] or lines.get(seen.get("team") or 0)
            if team is not None and team != seen.get("team"):
                seen["team"], seen["assignee"] = team, None
        case "snooze":
            seen["snoozed"] = True


def _as_compared(name: str, value: Any) -> Any:
    """A custom field's stored value as conditions compare it: days are instants there."""
    known = find(name)
    if known is not None and known.kind == "time" and isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value


def _set_status(action: Action, seen: dict[str, Any], context: Context) -> None:
    old, new = seen.get("category", 0), action["category"]
    seen["status"], seen["category"] = action["value"], new
    if new < _RESOLVED:
        seen["resolved"] = None
        return
    if old < _RESOLVED:
        seen["resolved"] = context.now
    seen["waiting"], seen["waiting_since"], seen["snoozed"] = False, None, False
