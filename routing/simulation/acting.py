"""Rules on copies: ``routing.executor`` and ``routing.performing`` with the verbs of this package."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from routing import engine, rulebook
from routing.actions import OF_TICKET
from routing.scheduled import reason_to_cancel
from routing.simulation import assigning, verbs
from routing.simulation.copies import Copy, Happening, Plan
from routing.simulation.seeing import Seeing
from routing.simulation.timers import PLANNED
from routing.simulation.world import Refused, World
from routing.triggers import trigger_of
from tickets import conditions

Act = Callable[[World, Copy, Mapping[str, Any], "Doing"], None]


class Doing:
    """Which rule does it, and because of what."""

    __slots__ = ("one", "rule_id")

    def __init__(self, rule_id: int, one: Happening) -> None:
        self.rule_id = rule_id
        self.one = one


class Acting:
    """The rules of one replay."""

    def __init__(self, world: World, seeing: Seeing) -> None:
        self.world = world
        self.seeing = seeing
        self._names: dict[tuple[int, ...], set[str]] = {}

    def follow(self, one: Happening) -> None:
        """As ``routing.subscribers``: first what this cancels, then what rules make of it."""
        copy = self.world.copies[one.ticket_id]
        if copy.plans:
            cancel_for(copy, one)
        trigger = trigger_of(one.kind, one.data)
        if trigger is not None and (rules := self.world.hearing(trigger)):
            self._react(copy, one, trigger, rules)

    def _react(
        self, copy: Copy, one: Happening, trigger: engine.Trigger, rules: tuple[engine.Rule, ...]
    ) -> None:
        if copy.is_hidden or one.depth > engine.MAX_DEPTH:
            return
        key = tuple(rule.id for rule in rules)
        names = self._names.get(key)
        if names is None:
            names = self._names[key] = rulebook.fields_needed(rules)
        snapshot = self.seeing.snapshot(copy, names, one.data.get("message_id"))
        ran = one.root.ran
        context = conditions.Context(self.world.now)
        outcome = engine.run(rules, snapshot, trigger, context, ran=ran)
        for trace in outcome.traces:
            if trace.matched:
                ran.add(trace.rule_id)
                copy.acted[trace.rule_id] = None
        for effect in outcome.effects:
            try:
                ACTS[effect.action["do"]](self.world, copy, effect.action, Doing(effect.rule_id, one))
            except Refused:
                continue


def cancel_for(copy: Copy, one: Happening) -> None:
    """As ``routing.scheduled.cancel_for``."""
    if not reason_to_cancel(one.kind, one.data):
        return
    for rule_id, plan in list(copy.plans.items()):
        if plan.after < one.number and plan.because is not one.cause:
            plan.is_over = True
            del copy.plans[rule_id]


# --- actions ------------------------------------------------------------------------------------


def _set_team(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    verbs.set_team(world, copy, action["value"])


def _set_status(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    verbs.set_status(world, copy, action["value"])


def _set_field(name: str, world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    verbs.set_field(world, copy, name, action["value"])


def _set_attribute(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    verbs.set_attribute(world, copy, action["key"], action["value"])


def _tag(verb: Any, world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    for name in action["value"]:
        verb(world, copy, name)


def _assign(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    if action["team"] is not None:
        verbs.set_team(world, copy, action["team"])
    language = copy.language if action["language"] == OF_TICKET else action["language"]
    assigning.assign_by_strategy(
        world,
        copy,
        team=action["team"],
        strategy=action["strategy"] or "",
        skills=action["skills"],
        language=language or "",
    )


def _assign_to(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    verbs.assign(world, copy, action["user"])


def _unassign(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    verbs.assign(world, copy, None)


def _note(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    verbs.add_message(world, copy, "note_posted", {}, verbs.begin(world, copy, None))


def _reply(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    if not copy.is_test:
        verbs.add_message(world, copy, "automatic_posted", {}, verbs.begin(world, copy, None))


def _promise(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    if copy.assignee is None:
        raise Refused
    at = verbs.begin(world, copy, None)
    due_at = later(world, copy, action)
    world.promises += 1
    data = {"promise_id": -world.promises, "due_at": due_at.isoformat(), "message_id": None}
    world.emit(copy, "promise_made", data, at)


def _snooze(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    verbs.snooze(world, copy, later(world, copy, action))


def later(world: World, copy: Copy, action: Mapping[str, Any]) -> datetime:
    """As ``routing.hours.later``, from now on, in the calendar of the ticket's team."""
    length = timedelta(seconds=action["seconds"])
    if not action["business"]:
        return world.now + length
    team = world.staff.teams.get(copy.team) if copy.team is not None else None
    due_at = world.calendars.of_team(team).add(world.now, length)
    if due_at is None:
        raise Refused
    return due_at


def _close_after(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    due_at = later(world, copy, action)
    if (old := copy.plans.get(doing.rule_id)) is not None:
        old.is_over = True
    plan = Plan(doing.rule_id, doing.one, world.last_number, due_at)
    copy.plans[doing.rule_id] = plan
    world.at(due_at, PLANNED, plan.after, (copy, plan))


def _escalate(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    team_id = action["team"]
    if team_id is None and copy.team is not None:
        team_id = world.staff.teams[copy.team].escalates_to
    if team_id is None:
        raise Refused
    verbs.escalate(world, copy, team_id)


def _nothing(world: World, copy: Copy, action: Mapping[str, Any], doing: Doing) -> None:
    """What leaves the ticket as it is: notices, webhooks, followers."""


ACTS: dict[str, Act] = {
    "set_priority": partial(_set_field, "priority"),
    "set_topic": partial(_set_field, "topic"),
    "set_service": partial(_set_field, "service"),
    "set_status": _set_status,
    "set_team": _set_team,
    "set_field": _set_attribute,
    "add_tags": partial(_tag, verbs.add_tag),
    "remove_tags": partial(_tag, verbs.remove_tag),
    "assign": _assign,
    "assign_to": _assign_to,
    "unassign": _unassign,
    "note": _note,
    "reply": _reply,
    "promise": _promise,
    "snooze": _snooze,
    "close_after": _close_after,
    "escalate": _escalate,
    "follow": _nothing,
    "notify": _nothing,
    "webhook": _nothing,
}
