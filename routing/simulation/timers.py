"""Due times: snoozes that end, shifts, time rules, planned closings. What sweeps find, to the microsecond."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from routing import engine, hours
from routing.simulation import assigning, verbs
from routing.simulation.copies import Copy, Plan
from routing.simulation.seeing import Seeing
from routing.simulation.staff import Calendars
from routing.simulation.world import Refused, World
from tickets import conditions
from tickets.conditions.language import leaves
from tickets.models import Category

# In the order in which those of one instant are seen to.
WAKES, SHIFTS, PLANNED, TIMED, CLOCKS = range(5)
KINDS = (WAKES, SHIFTS, PLANNED, TIMED, CLOCKS)

Settle = Callable[[], None]


class Timers:
    """The timers of one replay. ``settle`` lets everything follow that follows."""

    def __init__(self, world: World, seeing: Seeing, settle: Settle, end: datetime) -> None:
        self.world = world
        self.seeing = seeing
        self.settle = settle
        self.end = end
        self.rules = {
            rule.id: (order, rule)
            for order, rule in enumerate(world.rules)
            if rule.trigger["on"] == "time_since"
        }
        self._names = {
            rule.id: conditions.fields_of(rule.conditions) | {"category"}
            for _order, rule in self.rules.values()
        }
        self._unmet: dict[int, None] = {}  # copies with a time rule whose conditions may come to hold
        self.sees = {SHIFTS: self._shift, WAKES: self._wake, PLANNED: self._close}

    def begin(self) -> None:
        """Shifts within the replay; called when it begins."""
        for person in self.world.staff.people.values():
            for start, end in person.work:
                for turn in (start, end):
                    if self.world.start < turn <= self.end:
                        self.world.at(turn, SHIFTS, person.id, (person.id, False))
            if not person.has_times:
                continue
            for _start, end in person.days:
                planned = person.planned_at is None or end >= person.planned_at
                if self.world.start < end <= self.end and planned:
                    self.world.at(end, SHIFTS, person.id, (person.id, True))

    def run_until(self, until: datetime, *, inclusive: bool = False) -> None:
        """See to all that is due before ``until``, in order."""
        timers = self.world.timers
        while timers and (timers[0][0] < until or (inclusive and timers[0][0] == until)):
            self.world.now = timers[0][0]
            self.look()

    def look(self) -> None:
        """See to all that is due now, kind by kind, and let it settle; until nothing more is due."""
        while True:
            found: dict[int, list[Any]] = {}
            timers = self.world.timers
            while timers and timers[0][0] <= self.world.now:
                _at, kind, _order, _number, what = self.world.pop_timer()
                found.setdefault(kind, []).append(what)
            for kind in KINDS:
                if kind == TIMED:
                    busy = self._timed(found.get(kind, ()))
                else:
                    busy = bool(found.get(kind))
                    for what in found.get(kind, ()):
                        self.sees[kind](what)
                    if kind == SHIFTS:
                        busy = bool(assigning.follow_the_sun(self.world)) or busy
                if busy:
                    self.settle()
            if not self._unmet and not (timers and timers[0][0] <= self.world.now):
                return

    def _wake(self, what: tuple[Copy, datetime]) -> None:
        copy, until = what
        if copy.snoozed_until == until and copy.merged_into is None:
            verbs.wake(self.world, copy)

    def _shift(self, what: tuple[int, bool]) -> None:
        """Somebody comes, goes for a break, or has gone home."""
        user_id, is_end = what
        person = self.world.staff.people[user_id]
        if is_end and person.works_at_desk:
            assigning.end_shift(self.world, user_id)
        self.world.dirty.update(self.world.staff.teams_of(user_id))

    def _close(self, what: tuple[Copy, Plan]) -> None:
        """As ``routing.scheduled.run_due``."""
        copy, plan = what
        if plan.is_over:
            return
        plan.is_over = True
        copy.plans.pop(plan.rule_id, None)
        if copy.is_hidden:
            return
        world = self.world
        due = world.emit(copy, "action_due", {}, world.moment(copy), cause=plan.because)
        copy.acted[plan.rule_id] = None
        with world.because(due):
            try:
                verbs.set_status(world, copy, verbs.default_status(world, Category.CLOSED))
            except Refused:
                return

    # --- time rules -----------------------------------------------------------------------------

    def note(self, copy: Copy) -> None:
        """A copy has changed: when do its snooze and its time rules come due?"""
        if copy.snoozed_until is not None and copy.snoozed_until > self.world.start:
            self.world.at(copy.snoozed_until, WAKES, copy.id, (copy, copy.snoozed_until))
        for rule_id, (order, rule) in self.rules.items():
            anchor = anchor_of(copy, rule.trigger["since"])
            if anchor is None:
                copy.timed.pop(rule_id, None)
                continue
            due_at = self._due(copy, rule, anchor)
            if copy.timed.get(rule_id) != (anchor, due_at):
                copy.timed[rule_id] = anchor, due_at
                if due_at is not None and (due_at > self.world.start or rule.trigger["past"]):
                    self.world.at(max(due_at, self.world.now), TIMED, order, (copy, rule, anchor))
            elif due_at is not None and due_at <= self.world.now:
                self._unmet[copy.id] = None

    def _due(self, copy: Copy, rule: engine.Rule, anchor: datetime) -> datetime | None:
        length = timedelta(seconds=rule.trigger["seconds"])
        if not rule.trigger["business"]:
            return anchor + length
        team = self.world.staff.teams.get(copy.team) if copy.team is not None else None
        return self.world.calendars.of_team(team).add(anchor, length)

    def _timed(self, due: Any) -> bool:
        """As ``routing.timed.sweep``: rule by rule, ticket by ticket."""
        asked = {(self.rules[rule.id][0], copy.id): (copy, rule) for copy, rule, _anchor in due}
        for copy_id in self._unmet:
            for order, rule in self.rules.values():
                asked[order, copy_id] = self.world.copies[copy_id], rule
        self._unmet.clear()
        fired = False
        for order, copy_id in sorted(asked):
            fired = self._fire(*asked[order, copy_id]) or fired
        return fired

    def _fire(self, copy: Copy, rule: engine.Rule) -> bool:
        """As ``routing.timed.fire``, whose time has come for a copy as it is now."""
        world = self.world
        anchor, due_at = copy.timed.get(rule.id, (None, None))
        if anchor is None or due_at is None or due_at > world.now or copy.is_hidden:
            return False
        if due_at <= world.start and not rule.trigger["past"]:
            return False
        anchors, last = copy.fired.get(rule.id, (set(), None))
        if anchor in anchors:
            return False
        snapshot = self.seeing.snapshot(copy, self._names[rule.id])
        if not conditions.evaluate(rule.conditions, snapshot, conditions.Context(world.now)):
            self._look_again(copy, rule, anchor, snapshot)
            return False
        anchors.add(anchor)
        copy.fired[rule.id] = anchors, world.now
        if last is not None and not (copy.person_at is not None and copy.person_at > last):
            return False
        world.emit(copy, "rule_time_reached", {"rule_id": rule.id}, world.moment(copy))
        return True

    def _look_again(
        self, copy: Copy, rule: engine.Rule, anchor: datetime, snapshot: Mapping[str, Any]
    ) -> None:
        """Conditions on time may come to hold while nothing happens to the ticket: look again then."""
        turns = [turn for leaf in leaves(rule.conditions) if (turn := self._turn(leaf, snapshot)) is not None]
        if turns and min(turns) <= self.end:
            self.world.at(min(turns), TIMED, self.rules[rule.id][0], (copy, rule, anchor))

    def _turn(self, leaf: Mapping[str, Any], snapshot: Mapping[str, Any]) -> datetime | None:
        """The next instant after now at which time alone may change what a leaf says."""
        now, field = self.world.now, conditions.find(leaf["field"])
        if field is None:
            return None
        if field.kind == "ids":
            return self.world.calendars.turns_at(now)
        value = snapshot.get(field.name)
        if field.kind != "time" or value is None or leaf["op"] not in {"older_than", "newer_than"}:
            return None
        turn: datetime = value + timedelta(seconds=leaf["value"])
        return turn if turn > now else None


def reach(rules: Iterable[engine.Rule], calendars: Calendars, start: datetime) -> datetime:
    """The earliest instant from which a time rule may count and come due after ``start``.

    Rules that are for the past too reach no further back: what was done with before is not tried again.
    """
    found = [start]
    for rule in rules:
        if rule.trigger["on"] != "time_since":
            continue
        seconds = rule.trigger["seconds"]
        if rule.trigger["business"]:
            for working_time in calendars.every():
                since = hours.latest_start(working_time, start, seconds)
                found += [since] if since is not None else []
        else:
            found.append(start - timedelta(seconds=seconds))
    return min(found)


def anchor_of(copy: Copy, since: str) -> datetime | None:
    """As ``routing.timed``: the latest such instant of the ticket's own life."""
    if since == "opened":
        return copy.opened_at
    if since == "updated":
        return max(copy.active_at, copy.touched_at or copy.active_at)
    if since == "status_changed":
        return copy.status_at
    is_reply = since == "agent_reply"
    return max(
        (
            one.at
            for one in copy.spoken
            if one.is_reply is is_reply and not one.is_withdrawn and not one.is_thanks
        ),
        default=None,
    )
