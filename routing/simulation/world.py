"""The state of a replay: copies of tickets, who has how much, who waits, what has to be heard of."""

import heapq
from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from routing import engine
from routing.choosing import Need
from routing.simulation.copies import Copy, Happening
from routing.simulation.staff import Calendars, Staff
from tickets import events
from tickets.models import CustomField

LineKey = tuple[str, Need]
LineItem = tuple[int, datetime, int]  # -priority, since, ticket: in the order they are served

# What assignment hears of, as routing.hearing does.
ASSIGNMENT = frozenset(
    event.kind
    for event in (
        events.StatusChanged, events.TicketAssigned, events.TeamChanged, events.TicketEscalated,
        events.MessageReceived, events.TicketWoken, events.SpamUnmarked, events.TicketRestored,
    )
)  # fmt: skip
# What rules hear of, as routing.subscribers; the clocks' events too.
RULES = frozenset(
    {
        "ticket_opened", "message_received", "thanks_undone", "reply_posted", "field_changed",
        "attribute_changed", "status_changed", "team_changed", "ticket_assigned", "tag_added", "tag_removed",
        "sla_warned", "sla_breached", "promise_broken", "rule_time_reached", "rule_requested",
    }
)  # fmt: skip


class Refused(Exception):
    """A verb would have refused this; whatever wanted it goes on without."""


@dataclass(frozen=True)
class Reference:
    """What rules can name, as it is now."""

    statuses: dict[int, int]  # category by status
    defaults: dict[int, int]  # status by category
    topics: dict[int, int | None]  # brand by topic
    services: frozenset[int]
    fields: dict[str, CustomField]


class World:
    """Everything of one replay. ``verbs`` and ``assigning`` change copies, and ``touch`` what they change."""

    def __init__(
        self,
        staff: Staff,
        calendars: Calendars,
        reference: Reference,
        rules: tuple[engine.Rule, ...],
        start: datetime,
    ) -> None:
        self.staff = staff
        self.calendars = calendars
        self.reference = reference
        self.rules = rules
        self.start = start
        self.now = start
        self.is_acting = False  # from ``start`` on
        self.copies: dict[int, Copy] = {}
        self.merged: dict[int, set[int]] = defaultdict(set)
        self.load: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.holds: dict[int, set[int]] = defaultdict(set)  # the tickets that are somebody's load
        self.waiting: dict[int, Copy] = {}
        self.lines: dict[int, dict[LineKey, list[LineItem]]] = defaultdict(lambda: defaultdict(list))
        self.dirty: set[int] = set()  # teams that may have got room, or somebody new in line
        self.turns: dict[tuple[int, int], int] = {}
        self.last_turn: dict[int, int] = defaultdict(int)
        self.touched: dict[int, None] = {}
        self.cause: Happening | None = None
        self.heard: dict[int, deque[Happening]] = defaultdict(deque)
        self.told: dict[int, deque[Happening]] = defaultdict(deque)
        self.pending: dict[int, None] = {}
        self.timers: list[tuple[datetime, int, int, int, Any]] = []
        self.listeners: list[Any] = []  # told of every happening at once: the clocks
        self.promises = 0
        self.survivors: dict[int, int] = {}  # of merged contacts, as far as rules ask for a requester
        self.last_number = 0
        self._timer_numbers = count()
        self._hearing: dict[engine.Trigger, tuple[engine.Rule, ...]] = {}

    # --- the journal ----------------------------------------------------------------------------

    def emit(
        self, copy: Copy, kind: str, data: dict[str, Any], at: datetime, cause: Happening | None = None
    ) -> Happening:
        """What a verb would have recorded."""
        self.last_number += 1
        one = Happening(self.last_number, copy.id, kind, data, at, cause or self.cause)
        copy.last_at = max(copy.last_at, at)
        if kind == "message_received":
            one.was_asleep, copy.asleep = copy.asleep, False
        elif kind in {"ticket_snoozed", "ticket_woken"}:
            copy.asleep = kind == "ticket_snoozed"
        for listen in self.listeners:
            listen(copy, one)
        if not self.is_acting:
            return one
        if kind in ASSIGNMENT:
            self.heard[copy.id].append(one)
            self.pending[copy.id] = None
        if kind in RULES:
            self.told[copy.id].append(one)
            self.pending[copy.id] = None
        return one

    @contextmanager
    def because(self, cause: Happening | None) -> Iterator[None]:
        before, self.cause = self.cause, cause
        try:
            yield
        finally:
            self.cause = before

    def moment(self, copy: Copy) -> datetime:
        """As ``journal.record.moment``."""
        return max(self.now, copy.last_at)

    def hearing(self, trigger: engine.Trigger) -> tuple[engine.Rule, ...]:
        if trigger.rule_id is not None:
            return tuple(rule for rule in self.rules if engine.hears(rule, trigger))
        found = self._hearing.get(trigger)
        if found is None:
            found = tuple(rule for rule in self.rules if engine.hears(rule, trigger))
            self._hearing[trigger] = found
        return found

    # --- load and line --------------------------------------------------------------------------

    def touch(self, copy: Copy) -> None:
        """Bring load and waiting list up to date with a copy that has changed."""
        self.touched[copy.id] = None
        is_active = copy.is_active(self.now)
        counted = (copy.assignee, copy.group) if is_active and copy.assignee is not None else None
        if counted != copy.counted:
            if copy.counted is not None:
                user_id, group = copy.counted
                self.load[user_id][group] -= 1
                self.holds[user_id].discard(copy.id)
                self.dirty.update(self.staff.teams_of(user_id))
            if counted is not None:
                self.load[counted[0]][counted[1]] += 1
                self.holds[counted[0]].add(copy.id)
            copy.counted = counted
        place = copy.place
        lined = None
        if place is not None and is_active and copy.assignee is None:
            lined = place.team, (place.strategy, copy.need), (-copy.priority, place.since, copy.id)
        if lined != copy.lined:
            self._leave_line(copy)
            if lined is not None:
                insort(self.lines[lined[0]][lined[1]], lined[2])
                self.dirty.add(lined[0])
            copy.lined = lined
        if place is not None:
            self.waiting[copy.id] = copy
        else:
            self.waiting.pop(copy.id, None)

    def _leave_line(self, copy: Copy) -> None:
        if copy.lined is None:
            return
        team, key, item = copy.lined
        line = self.lines[team][key]
        del line[bisect_left(line, item)]
        if not line:
            del self.lines[team][key]

    # --- time -----------------------------------------------------------------------------------

    def at(self, at: datetime, kind: int, order: int, what: Any) -> None:
        """Have ``what`` looked at then; of one instant and kind, in ``order``."""
        heapq.heappush(self.timers, (at, kind, order, next(self._timer_numbers), what))

    def pop_timer(self) -> tuple[datetime, int, int, int, Any]:
        return heapq.heappop(self.timers)
