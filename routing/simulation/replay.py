"""The replay itself: history, timers and rules in the order of time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any

from django.db import connection

from routing import engine
from routing.definitions import compiled, what_is_known
from routing.simulation import assigning
from routing.simulation.acting import Acting
from routing.simulation.copies import Copy
from routing.simulation.history import CHUNK, Act, Past, acts, facts, known, period
from routing.simulation.seeing import Seeing, is_seen
from routing.simulation.staff import Calendars, Change, Staff
from routing.simulation.timers import Timers, reach
from routing.simulation.world import Reference, World
from tickets import conditions
from tickets.models import CustomField, Service, Topic

_TURNS_BACK = timedelta(days=30)
# Whose turn it was last in each team, before the replay begins.
_TURNS = """
    SELECT (data ->> 'team_id')::bigint, (data ->> 'new_assignee_id')::bigint, max(id)
      FROM journal_entry
     WHERE kind IN ('ticket_assigned', 'ticket_opened') AND kind = 'ticket_assigned'
       AND happened_at >= %s AND happened_at < %s AND actor_kind = 'system'
       AND (actor_name LIKE 'rule:%%' OR actor_name LIKE 'assignment:%%')
       AND data ->> 'team_id' IS NOT NULL AND data ->> 'new_assignee_id' IS NOT NULL
     GROUP BY 1, 2 ORDER BY 3
"""

Report = Callable[[int, int], None]


@dataclass(frozen=True)
class Tried:
    """One rule of the draft; ``id`` is the rule's own, or a number below zero for a new one."""

    id: int
    name: str
    rule: engine.Rule
    left_out: str = ""  # why it cannot be tried, as a code


@dataclass
class Result:
    """``copies``: all that were replayed; ``tried``: the rules, those that were left out too."""

    copies: dict[int, Copy]
    tried: list[Tried]
    staff: Staff
    start: datetime
    entries: int = 0
    waiting: set[int] = field(default_factory=set)


def tried(definition: Sequence[dict[str, Any]]) -> list[Tried]:
    """The draft's rules, compiled, in their order."""
    what = what_is_known()
    found = []
    for position, one in enumerate(definition, start=1):
        rule_id = one.get("id") or -position
        rule = compiled(rule_id, 0, one["definition"], what)
        found.append(Tried(rule_id, one["name"], rule, _why_not(rule)))
    return found


def _why_not(rule: engine.Rule) -> str:
    """Why a replay cannot be exact about a rule, as a code; empty when it can."""
    if rule.trigger["on"] in {"sla_warned", "sla_breached", "promise_broken"}:
        return "clocks"
    names = sorted(name for name in conditions.fields_of(rule.conditions) if not is_seen(name))
    return f"field:{names[0]}" if names else ""


class Replay:
    """One replay of [start, end) with a draft."""

    def __init__(self, definition: Sequence[dict[str, Any]], start: datetime, end: datetime) -> None:
        self.start, self.end = start, end
        self.tried = tried(definition)
        rules = tuple(one.rule for one in self.tried if not one.left_out)
        calendars = Calendars()
        self.span = period(start, end, reach(rules, calendars, start))
        self.known, self.entries = known(self.span)
        self.tickets = len(self.known.tickets)
        what = what_is_known()
        reference = Reference(
            dict(what.categories),
            dict(what.defaults),
            dict(Topic.objects.values_list("pk", "brand_id")),
            frozenset(Service.objects.values_list("pk", flat=True)),
            {row.key: row for row in CustomField.objects.all()},
        )
        self.world = World(Staff.load(start, end), calendars, reference, rules, start)
        self.seeing = Seeing(self.world)
        self.acting = Acting(self.world, self.seeing)
        self.timers = Timers(self.world, self.seeing, self.settle, end)
        self.past = Past(self.world, self.known)

    def run(self, report: Report | None = None) -> Result:
        """Replay; ``report(done, all)`` is called now and then, and may raise to end it."""
        for step in self._steps(report):
            if not self.world.is_acting and step.at >= self.start:
                self._begin()
            self._take(step)
        if not self.world.is_acting:
            self._begin()
        self.timers.run_until(self.end, inclusive=True)
        result = Result(self.world.copies, self.tried, self.world.staff, self.start, self.entries)
        result.waiting = set(self.world.waiting)
        return result

    def _steps(self, report: Report | None) -> Iterator[Act | Change]:
        """Acts and changes of staff in order, a chunk at a time, with what rules are going to ask about."""
        every: Iterator[Act | Change] = merge(
            acts(facts(self.span)), self.world.staff.changes, key=lambda step: step.at
        )
        done = 0
        while chunk := list(islice(every, CHUNK)):
            self._prepare(chunk)
            for start in range(0, len(chunk), 50):
                part = chunk[start : start + 50]
                yield from part
                done += sum(len(step.facts) for step in part if isinstance(step, Act))
                if report is not None:
                    report(done, self.entries)

    def _prepare(self, chunk: list[Act | Change]) -> None:
        messages: dict[int, set[str]] = {}
        requesters: set[int] = set()
        for step in chunk:
            if not isinstance(step, Act) or step.at < self.start:
                continue
            kinds = {fact.kind for fact in step.facts}
            copy = self.world.copies.get(step.ticket_id)
            if copy is not None:
                requesters.add(copy.requester)
                if copy.last_message is not None:
                    messages.setdefault(copy.last_message, set())
            for fact in step.facts:
                if fact.kind == "ticket_opened":
                    requesters.add(fact.data["requester_id"])
                elif (pk := fact.data.get("message_id")) is not None:
                    messages.setdefault(pk, set()).update(kinds)
        self.seeing.prepare(messages, requesters)

    def _take(self, step: Act | Change) -> None:
        world = self.world
        if not world.is_acting:
            world.now = step.at
            if isinstance(step, Act):
                self.past.happen(step, whole=True)
            return
        self.timers.run_until(step.at)
        world.now = step.at
        if isinstance(step, Act):
            self.past.happen(step, whole=False)
        else:
            world.dirty |= world.staff.apply(step)
        self.settle()
        self.timers.look()

    def _begin(self) -> None:
        """The draft is in force from here on."""
        world = self.world
        world.now = self.start
        world.is_acting = True
        world.touched.clear()
        with connection.cursor() as cursor:
            cursor.execute(_TURNS, [self.start - _TURNS_BACK, self.start])
            for team_id, user_id, _last in cursor.fetchall():
                world.last_turn[team_id] += 1
                world.turns[team_id, user_id] = world.last_turn[team_id]
        for copy in world.copies.values():
            world.touch(copy)
        self.timers.begin()
        self.settle()
        self.timers.look()

    def settle(self) -> None:
        """Let rules and assignment hear of everything, and give out what waits, until nothing follows."""
        world = self.world
        while True:
            self._deliver()
            if not (world.dirty and assigning.drain(world)):
                break
        for ticket_id in world.touched:
            self.timers.note(world.copies[ticket_id])
        world.touched.clear()

    def _deliver(self) -> None:
        """As ``journal.drain``: stream by stream, rules first with what follows, until nothing is left."""
        world = self.world
        while world.pending:
            ticket_id = next(iter(world.pending))
            told, heard = world.told[ticket_id], world.heard[ticket_id]
            while told or heard:
                while told:
                    with world.because(told[0]):
                        self.acting.follow(told.popleft())
                for _ in range(len(heard)):
                    with world.because(heard[0]):
                        assigning.hear(world, heard.popleft())
            del world.pending[ticket_id], world.told[ticket_id], world.heard[ticket_id]
