"""From facts to runs: when each clock started and stopped, and under which plan. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sla import facts as f
from sla.facts import Fact, Plan


@dataclass
class Run:
    """One clock's life. ``stopped_at`` and ``voided_at`` are undone when the ticket is opened again."""

    target: str
    ordinal: int
    started_at: datetime
    stopped_at: datetime | None = None
    voided_at: datetime | None = None  # resolved before anybody replied
    withdrawn_at: datetime | None = None  # a promise taken back
    due_at: datetime | None = None  # by hand, or a promise's
    due_set_at: datetime | None = None
    plan: Plan | None = None  # in force when it ended
    plan_at: datetime | None = None
    message_id: int | None = None
    fired: set[tuple[str, datetime]] = field(default_factory=set)
    standing: set[datetime] = field(default_factory=set)  # breaches told and not taken back

    @property
    def is_open(self) -> bool:
        return self.stopped_at is None and self.voided_at is None and self.withdrawn_at is None


@dataclass
class History:
    """All runs, and what they need to be counted."""

    runs: list[Run] = field(default_factory=list)
    categories: list[tuple[datetime, int]] = field(default_factory=list)  # from when on, in order
    plan: Plan | None = None
    plan_at: datetime | None = None
    hidden_at: datetime | None = None  # None: shown
    is_merged_away: bool = False


def read(facts: Sequence[Fact]) -> History:
    """Walk through the facts of a family. Without an ``Opened`` there is nothing to tell."""
    openings = [fact for fact in facts if isinstance(fact, f.Opened)]
    if not openings:
        return History()
    first = min(openings, key=lambda opened: opened.at)
    walk = _Walk(first, _replies_that_count(facts), _is_begun_by_a_machine(facts))
    undone = {fact.message_id for fact in facts if isinstance(fact, f.ThanksUndone)}
    for index, fact in enumerate(facts):
        if isinstance(fact, f.CustomerMessage):
            if not fact.is_thanks or fact.message_id in undone:
                walk.customer_wrote(fact)
        elif isinstance(fact, (f.AgentReply, f.SentAgain)):
            if index in walk.replies:
                walk.agent_replied(fact)
        else:
            walk.take(fact)
    return walk.done()


def _replies_that_count(facts: Sequence[Fact]) -> frozenset[int]:
    """Where each reply counts: at its first sending that neither bounced nor was withdrawn.

    A bounce belongs to the sending before it, so that one sent again counts from then.
    """
    withdrawn = {fact.message_id for fact in facts if isinstance(fact, f.Withdrawn)}
    sendings: dict[int, list[int]] = {}
    bounced: set[int] = set()
    for index, fact in enumerate(facts):
        if isinstance(fact, f.AgentReply):
            if not fact.opens:
                sendings.setdefault(fact.message_id, []).append(index)
        elif isinstance(fact, f.SentAgain):
            if fact.message_id in sendings:
                sendings[fact.message_id].append(index)
        elif isinstance(fact, f.HardBounced) and fact.message_id in sendings:
            bounced.add(sendings[fact.message_id][-1])
    counted = set()
    for message_id, indexes in sendings.items():
        good = [index for index in indexes if index not in bounced]
        if good and message_id not in withdrawn:
            counted.add(good[0])
    return frozenset(counted)


def _is_begun_by_a_machine(facts: Iterable[Fact]) -> bool:
    for fact in facts:
        if isinstance(fact, f.CustomerMessage):
            return False
        if isinstance(fact, f.AutomaticMessage):
            return True
    return False


class _Walk:
    def __init__(self, first: f.Opened, replies: frozenset[int], by_a_machine: bool) -> None:
        self.replies = replies
        self.history = History(categories=[(first.at, f.NEW)])
        self.resolution = self._begin(f.RESOLUTION, 0, first.at)
        self.response: Run | None = (
            None  # the first or next response that somebody waits for, or the last one
        )
        self.next_responses = 0
        self.has_first = first.direction != "out"
        self.hidden: dict[str, datetime] = {}
        self.promises: dict[int, Run] = {}
        self.told: list[f.Fired] = []
        self.withdrawn: set[tuple[str, datetime]] = set()
        if self.has_first and not by_a_machine:
            self.response = self._begin(f.FIRST_RESPONSE, 0, first.at)

    def _begin(self, target: str, ordinal: int, at: datetime) -> Run:
        run = Run(target, ordinal, at)
        self.history.runs.append(run)
        return run

    def _end(self, run: Run) -> None:
        run.plan, run.plan_at = self.history.plan, self.history.plan_at

    def customer_wrote(self, fact: f.CustomerMessage) -> None:
        if self.response is not None and self.response.stopped_at is None:
            return  # a run goes on, also one that a resolution without a reply has made void
        if self.response is None and self.has_first:
            self.response = self._begin(f.FIRST_RESPONSE, 0, fact.at)
            return
        self.next_responses += 1
        self.response = self._begin(f.NEXT_RESPONSE, self.next_responses, fact.at)

    def agent_replied(self, fact: f.AgentReply | f.SentAgain) -> None:
        run = self.response
        if run is not None and run.stopped_at is None:
            run.stopped_at = max(fact.at, run.started_at)
            run.voided_at = None
            self._end(run)
        self.has_first = False
        for promise in self.promises.values():
            if promise.is_open and promise.message_id != fact.message_id:
                promise.stopped_at = max(fact.at, promise.started_at)

    def take(self, fact: Fact) -> None:
        match fact:
            case f.CategoryChanged():
                self._change_category(fact)
            case f.PolicyApplied():
                self.history.plan, self.history.plan_at = fact.plan, fact.at
            case f.DueSet():
                run = self._current(fact.target)
                if run is not None and run.is_open:
                    run.due_at, run.due_set_at = fact.due_at, fact.at
            case f.PromiseMade():
                run = self._begin(f.PROMISE, fact.promise_id, fact.at)
                run.due_at, run.due_set_at, run.message_id = fact.due_at, fact.at, fact.message_id
                self.promises[fact.promise_id] = run
            case f.PromiseKept():
                promise = self.promises.get(fact.promise_id)
                if promise is not None and promise.is_open:
                    promise.stopped_at = max(fact.at, promise.started_at)
            case f.PromiseWithdrawn():
                promise = self.promises.get(fact.promise_id)
                if promise is not None and promise.is_open:
                    promise.withdrawn_at = fact.at
            case f.Withdrawn():
                for promise in self.promises.values():  # said in a reply that never was
                    if promise.message_id == fact.message_id:
                        promise.withdrawn_at = promise.withdrawn_at or promise.started_at
            case f.Hidden():
                self.hidden.setdefault(fact.why, fact.at)
            case f.Shown():
                self.hidden.pop(fact.why, None)
            case f.Fired():
                self.told.append(fact)
            case f.BreachWithdrawn():
                self.withdrawn.add((fact.target, fact.at))

    def _current(self, target: str) -> Run | None:
        """The clock of this target that runs now, else the one that ran last."""
        if target == f.RESOLUTION:
            return self.resolution
        return next((run for run in reversed(self.history.runs) if run.target == target), None)

    def _change_category(self, fact: f.CategoryChanged) -> None:
        """A mail is received before it is read, so a change may come with an earlier time than the last."""
        last_at, old = self.history.categories[-1]
        at = max(fact.at, last_at)
        self.history.categories.append((at, fact.new))
        if old < f.RESOLVED <= fact.new:
            self.resolution.stopped_at = at
            self._end(self.resolution)
            if self.response is not None and self.response.is_open:
                self.response.voided_at = at
                self._end(self.response)
        elif fact.new < f.RESOLVED <= old:
            run = self.resolution
            run.stopped_at = run.due_at = run.due_set_at = None  # a date set by hand was for that resolution
            if self.response is not None:
                self.response.voided_at = None

    def _attach(self, told: f.Fired) -> None:
        """Give what was told to the clock that ran then; of two, to the one of its number."""
        runs = [run for run in self.history.runs if run.target == told.target]
        if told.target == f.PROMISE:
            runs = [run for run in runs if run.ordinal == told.ordinal]
        begun = [run for run in runs if run.started_at <= told.at]
        ran = [run for run in begun if run.stopped_at is None or run.stopped_at >= told.at]
        numbered = [run for run in ran if run.ordinal == told.ordinal]
        for run in (numbered or ran or begun or runs)[-1:]:
            run.fired.add((told.kind, told.at))
            if told.kind == f.BREACHED and (told.target, told.at) not in self.withdrawn:
                run.standing.add(told.at)

    def done(self) -> History:
        for told in self.told:
            self._attach(told)
        if self.hidden:
            self.history.hidden_at = min(self.hidden.values())
        self.history.is_merged_away = f.MERGED in self.hidden
        return self.history
