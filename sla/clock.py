"""Clocks: how much of each target has been used, and when it is due. Pure, over plain facts.

An open clock, also one past its due time and unmet, is counted from its start under the plan in force now,
with the pauses of its history; one that has stopped keeps the plan it stopped under. Definitions and worked
examples: the metrics page ("Words", "Clocks").

Where the table leaves room:

- Resolved without a reply makes a first or next response void; opened again, it runs on from its old start,
  since the customer has waited all the while. If its due time had passed by then, it is breached, not void.
- A due time set by hand is absolute: pauses, policy and priority do not move it. It ends with the outcome
  it was set for, or when it is taken back.
- A promise of a ticket merged away is the survivor's to count: what becomes of it is told there, once.
- Time out of sight (spam, deleted, merged away) counts as if it had never been, once it is undone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from calendars.arithmetic import ALWAYS, WorkingTime
from sla import facts as f
from sla import runs
from sla.facts import Aim, Fact, Plan
from sla.runs import History, Run

RUNNING, PAUSED, MET, MISSED, VOID = "running", "paused", "met", "breached", "cancelled"

MOST_STRETCHES = 24  # of a bar: more can neither be told apart nor read

WARN_PERCENT = 80  # of promises, and of a due time set by hand where no policy holds

Calendars = Callable[[int | None], WorkingTime]  # by the version's id; None is all time


@dataclass(frozen=True)
class Segment:
    """A stretch of one category. ``end`` None: it goes on."""

    start: datetime
    end: datetime | None
    category: int
    counts: bool


@dataclass(frozen=True)
class Clock:
    """``ordinal``: 0; of a next response 1, 2, 3 …; of a promise its id.

    ``due_at`` of one that has stopped is when it would have been due. ``remaining`` is told while paused,
    ``counted`` and ``elapsed`` once it has ended. ``lost`` are breaches that were told and hold no longer.
    """

    target: str
    ordinal: int
    state: str
    started_at: datetime
    stopped_at: datetime | None
    due_at: datetime | None
    warn_at: datetime | None
    remaining: timedelta | None
    counted: timedelta | None
    elapsed: timedelta | None
    by_hand: bool
    aim: Aim
    plan: Plan | None
    segments: tuple[Segment, ...]
    fired: frozenset[tuple[str, datetime]]
    standing: frozenset[datetime]
    lost: frozenset[datetime]
    is_taken_back: bool = False  # a promise; void for another reason it is still promised
    is_handed_on: bool = False  # a promise of a ticket merged away: the survivor's clock speaks for it

    @property
    def is_open(self) -> bool:
        return self.state in {RUNNING, PAUSED}

    @property
    def warned_due(self) -> datetime | None:
        """The time of the warning, if the one now in force has been told."""
        return self.warn_at if self.warn_at is not None and (f.WARNED, self.warn_at) in self.fired else None

    @property
    def breached_due(self) -> datetime | None:
        """The breach that was told and covers this clock: none is told on top of it."""
        if self.due_at is not None and (f.BREACHED, self.due_at) in self.fired:
            return self.due_at
        return max(self.standing - self.lost, default=None)

    @property
    def next_at(self) -> datetime | None:
        """When the sweep has something to tell: the warning, then the breach; each once for its time."""
        if self.due_at is None or self.breached_due is not None or self.is_handed_on:
            return None
        if self.state == MISSED:
            return self.due_at
        if self.state != RUNNING:
            return None
        return self.warn_at if self.warn_at is not None and self.warned_due is None else self.due_at


def derive(facts: Sequence[Fact], calendars: Calendars) -> list[Clock]:
    """All clocks of a ticket, in the order they started; those without a target have no due time."""
    history = runs.read(facts)
    return [_count(run, history, calendars) for run in history.runs]


def _count(run: Run, history: History, calendars: Calendars) -> Clock:
    if run.target == f.PROMISE:
        return _promise(run, history)
    ended_at = run.stopped_at or run.voided_at
    plan, plan_at = (run.plan, run.plan_at) if ended_at else (history.plan, history.plan_at)
    aim = (plan.aims.get(run.target) if plan else None) or Aim()
    working = calendars(plan.calendar_version_id) if plan and aim.is_business else ALWAYS
    segments = _segments(run.started_at, ended_at, history.categories, aim)
    by_hand = run.due_at is not None
    warn_at: datetime | None
    if by_hand:
        due_at, remaining = run.due_at, None
        warn_at = _warning(run, aim.warn_percent if plan else WARN_PERCENT)
    else:
        due_at, remaining = _reach(segments, aim.seconds, ended_at, working)
        warn_at = None
        if aim.seconds is not None and aim.warn_percent:
            warn_at, _left = _reach(segments, aim.seconds * aim.warn_percent / 100, ended_at, working)
        if due_at is None or (plan_at is not None and due_at <= plan_at):
            warn_at = None  # nobody is warned of what has happened
    state, stopped_at = _state(run, due_at, remaining)
    if history.hidden_at is not None and run.stopped_at is None:
        state, stopped_at = VOID, history.hidden_at
    lost = frozenset() if state == VOID else _lost(run.standing, state, due_at)
    if state == VOID:
        due_at = warn_at = remaining = None
    counted = _worked(segments, working) if ended_at and stopped_at else None
    return Clock(
        target=run.target,
        ordinal=run.ordinal,
        state=state,
        started_at=run.started_at,
        stopped_at=stopped_at,
        due_at=due_at,
        warn_at=warn_at,
        remaining=remaining if state == PAUSED else None,
        counted=counted,
        elapsed=ended_at - run.started_at if counted is not None and ended_at else None,
        by_hand=by_hand,
        aim=aim,
        plan=plan,
        segments=segments,
        fired=frozenset(run.fired),
        standing=frozenset(run.standing),
        lost=lost,
    )


def _state(run: Run, due_at: datetime | None, remaining: timedelta | None) -> tuple[str, datetime | None]:
    if run.stopped_at is not None:
        return (MET if due_at is None or run.stopped_at <= due_at else MISSED), run.stopped_at
    if run.voided_at is not None:
        late = due_at is not None and due_at < run.voided_at
        return (MISSED if late else VOID), run.voided_at
    return (PAUSED if remaining is not None else RUNNING), None


def _lost(standing: set[datetime], state: str, due_at: datetime | None) -> frozenset[datetime]:
    """Breaches that the recount contradicts: due later now, or never, or met after all."""
    return frozenset(told for told in standing if state == MET or due_at is None or due_at > told)


def _promise(run: Run, history: History) -> Clock:
    """A promise counts on the wall clock and never pauses; past its time it is broken, whatever follows."""
    assert run.due_at is not None  # PromiseMade always has one
    due_at: datetime | None = run.due_at
    stopped_at = run.stopped_at
    told = (f.BREACHED, run.due_at) in run.fired
    if run.withdrawn_at is not None and run.withdrawn_at <= run.due_at:
        state, stopped_at = VOID, run.withdrawn_at
    elif stopped_at is not None and stopped_at <= run.due_at:
        state = MET
    elif stopped_at is not None or run.withdrawn_at is not None or told:
        state, stopped_at = MISSED, run.due_at
    elif history.hidden_at is not None:
        state, stopped_at = VOID, history.hidden_at
    else:
        state = RUNNING
    if state == VOID:
        due_at = None
    span = stopped_at - run.started_at if stopped_at is not None and state != VOID else None
    return Clock(
        target=run.target,
        ordinal=run.ordinal,
        state=state,
        started_at=run.started_at,
        stopped_at=stopped_at,
        due_at=due_at,
        warn_at=_warning(run, WARN_PERCENT) if due_at is not None else None,
        remaining=None,
        counted=span,
        elapsed=span,
        by_hand=True,
        aim=Aim(seconds=round((run.due_at - run.started_at).total_seconds()), is_business=False),
        plan=None,
        segments=(Segment(run.started_at, stopped_at, f.OPEN, True),),
        fired=frozenset(run.fired),
        standing=frozenset(run.standing),
        lost=_lost(run.standing, state, due_at)
        if state == MET and not history.is_merged_away
        else frozenset(),
        is_taken_back=state == VOID and run.withdrawn_at is not None,
        is_handed_on=history.is_merged_away,
    )


def _warning(run: Run, percent: int | None) -> datetime | None:
    """Of a due time that was set: so far into the time from then on."""
    if not percent or run.due_at is None or run.due_set_at is None or run.due_at <= run.due_set_at:
        return None
    return run.due_set_at + (run.due_at - run.due_set_at) * percent / 100


def _segments(
    start: datetime, end: datetime | None, categories: Sequence[tuple[datetime, int]], aim: Aim
) -> tuple[Segment, ...]:
    """The time from start to end (None: on and on), cut where the category changed."""
    found: list[Segment] = []
    for index, (since, category) in enumerate(categories):
        until = categories[index + 1][0] if index + 1 < len(categories) else None
        begins = max(since, start) if index else start
        ends = until if end is None else end if until is None else min(until, end)
        if ends is not None and ends <= begins:
            continue
        pausing = f.RESOLVED if category == f.CLOSED else category
        found.append(Segment(begins, ends, category, pausing not in aim.pauses))
    return tuple(found)


def _reach(
    segments: Sequence[Segment], seconds: float | None, ended_at: datetime | None, working: WorkingTime
) -> tuple[datetime | None, timedelta | None]:
    """When so much has been counted; while it pauses, None and what is left.

    One that has ended is counted on from its end, to tell when it would have been due.
    """
    if seconds is None:
        return None, None
    left = timedelta(seconds=seconds)
    for segment in segments:
        if not segment.counts:
            if segment.end is None:
                return None, left
            continue
        if segment.end is None:
            return working.add(segment.start, left), None
        worked = working.between(segment.start, segment.end)
        if worked >= left:
            return working.add(segment.start, left), None
        left -= worked
    return (working.add(ended_at, left) if ended_at is not None else None), None


def _worked(segments: Sequence[Segment], working: WorkingTime) -> timedelta:
    return sum(
        (working.between(one.start, one.end) for one in segments if one.counts and one.end is not None),
        timedelta(0),
    )


@dataclass(frozen=True)
class Stretch:
    """A piece of the clock's bar: counted, or not and why: a category's number, or "closed".

    Of a piece whose parts are not told one by one ``worked`` is what was counted in it; ``why`` is "earlier"
    where it was paused in between.
    """

    start: datetime
    end: datetime
    counted: bool
    why: int | str | None
    worked: timedelta | None = None

    @property
    def spent(self) -> timedelta:
        """What was counted in it."""
        if self.worked is not None:
            return self.worked
        return self.end - self.start if self.counted else timedelta(0)


_Cut = tuple[Segment, datetime]  # and where it ends, at the latest where the bar does


def stretches(
    segments: Sequence[Segment], until: datetime, working: WorkingTime, *, most: int = MOST_STRETCHES
) -> list[Stretch]:
    """The bar of a clock up to ``until``: each category's time, cut where the calendar opens and closes.

    A bar of more than ``most`` pieces, two at least, is cut by categories alone, and tells how much was
    worked between two pauses; of still more, the earliest are one.
    """
    ends = [(one, until if one.end is None else min(one.end, until)) for one in segments]
    cuts = [(one, end) for one, end in ends if end > one.start]
    found = list(islice(_joined(_by_calendar(cuts, working)), most + 1))
    if len(found) > most:
        found = list(_joined(_by_category(cuts, working)))
    if len(found) > most:
        early, late = found[: 1 - most], found[1 - most :]
        worked = sum((one.spent for one in early), timedelta(0))
        found = [Stretch(early[0].start, early[-1].end, bool(worked), "earlier", worked), *late]
    return found


def _by_calendar(cuts: Sequence[_Cut], working: WorkingTime) -> Iterator[Stretch]:
    for segment, end in cuts:
        if not segment.counts:
            yield Stretch(segment.start, end, False, segment.category)
            continue
        at = segment.start
        while at < end:
            if working is ALWAYS or working.is_working(at):
                stop = end if working is ALWAYS else min(working.next_end(at, until=end) or end, end)
                yield Stretch(at, stop, True, None)
            else:
                stop = min(working.next_start(at) or end, end)
                yield Stretch(at, stop, False, "closed")
            at = stop


def _by_category(cuts: Sequence[_Cut], working: WorkingTime) -> Iterator[Stretch]:
    for segment, end in cuts:
        if not segment.counts:
            yield Stretch(segment.start, end, False, segment.category)
        elif worked := working.between(segment.start, end):
            yield Stretch(segment.start, end, True, None, worked)
        else:
            yield Stretch(segment.start, end, False, "closed")


def _joined(found: Iterable[Stretch]) -> Iterator[Stretch]:
    """Neighbours of one reason as one."""
    last: Stretch | None = None
    for one in found:
        if last and (last.counted, last.why, last.end) == (one.counted, one.why, one.start):
            worked = None if last.worked is None else last.worked + one.spent
            last = Stretch(last.start, one.end, one.counted, one.why, worked)
            continue
        if last:
            yield last
        last = one
    if last:
        yield last


def requester_wait(facts: Sequence[Fact], working: WorkingTime) -> tuple[timedelta, timedelta] | None:
    """Time in categories that wait on us (new, open, on hold) up to the last resolution, while it holds.

    (elapsed, business); None while the ticket is not resolved.
    """
    history = runs.read(facts)
    resolution = next((run for run in history.runs if run.target == f.RESOLUTION), None)
    if resolution is None or resolution.stopped_at is None:
        return None
    ours = Aim(pauses=frozenset({f.PENDING, f.RESOLVED}))
    segments = _segments(resolution.started_at, resolution.stopped_at, history.categories, ours)
    return _worked(segments, ALWAYS), _worked(segments, working)


def spent(start: datetime, end: datetime, working: WorkingTime) -> tuple[timedelta, timedelta]:
    """(elapsed, business): every duration exists as both, pauses not taken off."""
    return end - start, working.between(start, end)
