"""Clocks against a model that is slow and simple: it asks each minute of a ticket whether it counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from calendars.arithmetic import Definition, WorkingTime
from sla import clock
from sla import facts as f
from tests.sla.story import HOUR, at, hours, week

MINUTE = timedelta(minutes=1)
BEGIN = at("2026-03-06 08:00")  # a Friday
LONGEST = 12 * 24 * 60  # minutes; no target is longer than the days after the last event

DEFINITIONS = {
    None: None,
    1: Definition("UTC", week((9, 18))),
    2: Definition("UTC", (hours((22, 26)),) * 7, days={at("2026-03-09").date(): ()}),
    3: Definition("UTC", week((9, 12.5), (13, 17))),
}
WORKING = {
    number: WorkingTime(definition) for number, definition in DEFINITIONS.items() if definition is not None
} | {None: clock.ALWAYS}


def is_worked(number, instant):
    """Straight from the definition: the day's own hours, or yesterday's over midnight."""
    definition = DEFINITIONS[number]
    if definition is None:
        return True
    second = instant.hour * HOUR + instant.minute * 60
    today = definition.days.get(instant.date(), definition.week[instant.weekday()])
    before = instant - timedelta(days=1)
    yesterday = definition.days.get(before.date(), definition.week[before.weekday()])
    return any(a <= second < b for a, b in today) or any(a <= second + 86_400 < b for a, b in yesterday)


# --- random histories ---------------------------------------------------------------------------

pauses = st.frozensets(st.sampled_from([f.PENDING, f.ON_HOLD, f.RESOLVED]))
aims = st.builds(
    f.Aim,
    seconds=st.sampled_from([None, 1, 7, 60, 61, 240, 480, 900, 1500]).map(lambda m: m and m * 60),
    is_business=st.booleans(),
    pauses=pauses,
    warn_percent=st.sampled_from([None, 50]),
)
some_plan = st.builds(
    f.Plan,
    policy_version_id=st.just(1),
    calendar_version_id=st.sampled_from([1, 2, 3, None]),
    aims=st.fixed_dictionaries(dict.fromkeys(f.TARGETS, aims)),
)
plans = st.sampled_from([True, True, True, False]).flatmap(lambda some: some_plan if some else st.none())
WHYS = ["spam", "deleted"]
STEPS = [
    "customer", "customer", "thanks", "machine", "reply", "reply", "withdraw", "bounce", "again", "undo",
    "change", "change", "change", "plan", "due", "hide", "show", "promise", "keep", "take_back", "merge",
]  # fmt: skip


@st.composite
def histories(draw):
    """Facts in the order of the journal, as they could have happened."""
    begin = f.Opened(BEGIN, draw(st.sampled_from(["in", "in", "in", "out"])))
    story = Story(draw, [begin, f.PolicyApplied(BEGIN, draw(some_plan))])
    steps = st.lists(st.sampled_from(STEPS), min_size=draw(st.sampled_from([1, 6, 14])), max_size=25)
    for step in draw(steps):
        story.go_on(step)
    return story.facts


@dataclass
class Story:
    draw: object
    facts: list
    now: datetime = BEGIN
    number: int = 0
    category: int = f.NEW

    def go_on(self, step):
        self.now += self.draw(st.sampled_from([0, 1, 7, 60, 200, 900])) * MINUTE
        self.number += 1
        getattr(self, step)()

    def add(self, kind, *values):
        self.facts.append(kind(*values))

    def old(self):
        return self.draw(st.integers(1, max(self.number - 1, 1)))

    def customer(self):
        self.add(f.CustomerMessage, self.now, self.number)

    def thanks(self):
        self.add(f.CustomerMessage, self.now, self.number, True)

    def machine(self):
        self.add(f.AutomaticMessage, self.now, self.number)

    def reply(self):
        self.add(f.AgentReply, self.now, self.number)

    def withdraw(self):
        self.add(f.Withdrawn, self.old())

    def bounce(self):
        self.add(f.HardBounced, self.old())

    def again(self):
        self.add(f.SentAgain, self.now, self.old())

    def undo(self):
        self.add(f.ThanksUndone, self.old())

    def change(self):
        categories = {f.OPEN, f.PENDING, f.ON_HOLD, f.RESOLVED, f.CLOSED} - {self.category}
        self.category = self.draw(st.sampled_from(sorted(categories)))
        self.add(f.CategoryChanged, self.now, self.category)

    def plan(self):
        self.add(f.PolicyApplied, self.now, self.draw(plans))

    def due(self):
        due_at = self.draw(st.none() | st.just(self.now + 300 * MINUTE))
        self.add(f.DueSet, self.now, self.draw(st.sampled_from(f.TARGETS)), due_at)

    def hide(self):
        self.add(f.Hidden, self.now, self.draw(st.sampled_from(WHYS)))

    def show(self):
        self.add(f.Shown, self.now, self.draw(st.sampled_from(WHYS)))

    def promise(self):
        self.add(f.PromiseMade, self.now, self.number, self.now + 120 * MINUTE, self.old())

    def keep(self):
        self.add(f.PromiseKept, self.now, self.old())

    def take_back(self):
        self.add(f.PromiseWithdrawn, self.now, self.old())

    def merge(self):
        self.add(f.Opened, self.now)
        self.customer()


# --- the model ----------------------------------------------------------------------------------


@dataclass
class Expected:
    state: str
    start: object
    stop: object
    due: object
    counted: object


def replies_of(facts):
    """Position of each reply that reached somebody: of its first sending after which no bounce came."""
    found = set()
    for message_id in {fact.message_id for fact in facts if isinstance(fact, f.AgentReply)}:
        mine = [
            (index, fact)
            for index, fact in enumerate(facts)
            if getattr(fact, "message_id", None) == message_id and not isinstance(fact, f.PromiseMade)
        ]
        sent = next(place for place, (_index, fact) in enumerate(mine) if isinstance(fact, f.AgentReply))
        mine = mine[sent:]
        good = [
            index
            for place, (index, fact) in enumerate(mine)
            if isinstance(fact, (f.AgentReply, f.SentAgain)) and not _bounces_next(mine[place + 1 :])
        ]
        if good and not any(isinstance(fact, f.Withdrawn) for fact in facts if _is_of(fact, message_id)):
            found.add(good[0])
    return found


def _is_of(fact, message_id):
    return getattr(fact, "message_id", None) == message_id


def _bounces_next(rest):
    for _index, fact in rest:
        if isinstance(fact, f.HardBounced):
            return True
        if isinstance(fact, f.SentAgain):
            return False
    return False


def spoken(facts):
    """(position, time, who) of what was said in public and counts."""
    undone = {fact.message_id for fact in facts if isinstance(fact, f.ThanksUndone)}
    replies = replies_of(facts)
    for index, fact in enumerate(facts):
        if isinstance(fact, f.CustomerMessage) and (not fact.is_thanks or fact.message_id in undone):
            yield index, fact.at, "customer"
        elif index in replies:
            yield index, fact.at, "agent"


def responses(facts):
    """(target, ordinal, position and time of the start, position and time of the stop)."""
    said = list(spoken(facts))
    ours = facts[0].direction == "out"
    incoming = [fact for fact in facts if isinstance(fact, (f.CustomerMessage, f.AutomaticMessage))]
    by_machine = bool(incoming) and isinstance(incoming[0], f.AutomaticMessage)

    def stop_after(start):
        return next(
            ((index, when) for index, when, who in said if who == "agent" and index > start), (None, None)
        )

    if not ours and not by_machine:
        yield f.FIRST_RESPONSE, 0, 0, facts[0].at, *stop_after(0)
    ordinal = 0
    last = "agent" if ours else None if by_machine else "waiting"
    for index, when, who in said:
        if who == "customer" and last == "agent":
            ordinal += 1
            yield f.NEXT_RESPONSE, ordinal, index, when, *stop_after(index)
        elif who == "customer" and last is None:
            yield f.FIRST_RESPONSE, 0, index, when, *stop_after(index)
        last = who


def category_at(facts, position):
    changes = [fact.new for fact in facts[: position + 1] if isinstance(fact, f.CategoryChanged)]
    return changes[-1] if changes else f.NEW


def resolved_at(facts, after=-1):
    """Position and time of the resolution that holds, if it came after a position."""
    if category_at(facts, len(facts)) < f.RESOLVED:
        return None, None
    for index in range(len(facts) - 1, -1, -1):
        if isinstance(facts[index], f.CategoryChanged) and category_at(facts, index - 1) < f.RESOLVED:
            return (index, facts[index].at) if index > after else (None, None)
    return None, None


def plan_before(facts, position):
    applied = [fact for fact in facts[:position] if isinstance(fact, f.PolicyApplied)]
    return applied[-1].plan if applied else None


def hand_set(facts, target, start, end):
    """The due time set by hand on a clock of which ``start`` and ``end`` are the positions."""
    value = None
    for index in range(start, len(facts) if end is None else end):
        fact = facts[index]
        solved = category_at(facts, index) >= f.RESOLVED
        if isinstance(fact, f.CategoryChanged) and target == f.RESOLUTION:
            if category_at(facts, index - 1) >= f.RESOLVED > fact.new:
                value = None
        elif isinstance(fact, f.DueSet) and fact.target == target:
            began_before = any(
                isinstance(facts[i], f.CategoryChanged)
                and category_at(facts, i - 1) < f.RESOLVED <= facts[i].new
                for i in range(start, index)
            )
            if not solved or (target != f.RESOLUTION and not began_before):
                value = fact.due_at
    return value


def tick(facts, plan, target, start, until):
    """Minute by minute: when it is due (None while it pauses), and what was counted until ``until``."""
    aim = (plan.aims.get(target) if plan else None) or f.Aim()
    changes = [(fact.at, fact.new) for fact in facts if isinstance(fact, f.CategoryChanged)]
    calendar = plan.calendar_version_id if plan and aim.is_business else None
    counted, reached, due, now = 0, 0, None, start
    index, category = 0, f.NEW
    for _minute in range(LONGEST):
        while index < len(changes) and changes[index][0] <= now:
            category = changes[index][1]
            index += 1
        pausing = (f.RESOLVED if category == f.CLOSED else category) in aim.pauses
        over = until is not None and now >= until
        if over and (due is not None or aim.seconds is None):
            break
        now += MINUTE
        if (over or not pausing) and is_worked(calendar, now - MINUTE):
            reached += 1
            counted += not over
        if due is None and aim.seconds is not None and reached * 60 == aim.seconds:
            due = now
        if until is None and (due is not None or aim.seconds is None):
            break
    return due, timedelta(minutes=counted)


def paused_now(facts, plan, target):
    aim = (plan.aims.get(target) if plan else None) or f.Aim()
    category = category_at(facts, len(facts))
    return aim.seconds is not None and (f.RESOLVED if category == f.CLOSED else category) in aim.pauses


def expect(facts):
    hidden = set()
    since = {}
    for fact in facts:
        if isinstance(fact, f.Hidden) and fact.why not in hidden:
            hidden.add(fact.why)
            since[fact.why] = fact.at
        if isinstance(fact, f.Shown):
            hidden.discard(fact.why)
    hidden_at = min((since[why] for why in hidden), default=None)
    every = [*responses(facts), (f.RESOLUTION, 0, -1, facts[0].at, *resolved_at(facts))]
    found = {}
    for target, ordinal, start, began, stop, stopped in every:
        void, voided = (None, None) if stop is not None or start == -1 else resolved_at(facts, start)
        end, ended = (stop, stopped) if stop is not None else (void, voided)
        plan = plan_before(facts, len(facts) if end is None else end)
        due, counted = tick(facts, plan, target, began, ended)
        by_hand = hand_set(facts, target, max(start, 0), end)
        paused = end is None and paused_now(facts, plan, target) and (due is None or due > facts[-1].at)
        if paused and not by_hand:
            due = None
        due = by_hand or due
        if stop is not None:
            state = "met" if due is None or stopped <= due else "breached"
        elif void is not None:
            state = "breached" if due is not None and due < voided else "cancelled"
        else:
            state = "paused" if paused and not by_hand else "running"
        if hidden_at is not None and stop is None:
            state, ended = "cancelled", hidden_at
        if state == "cancelled":
            due = None
        found[target, ordinal] = Expected(state, began, ended, due, counted if end is not None else None)
    return found


def last_time(facts):
    return max(fact.at for fact in facts if hasattr(fact, "at"))


@settings(max_examples=400, deadline=None)
@given(histories())
def test_clocks_are_as_the_model_counts_them(facts):
    facts = [*facts, f.Hidden(last_time(facts), "never"), f.Shown(last_time(facts), "never")]
    found = {
        (one.target, one.ordinal): one
        for one in clock.derive(facts, WORKING.__getitem__)
        if one.target != f.PROMISE
    }
    expected = expect(facts)
    assert set(found) == set(expected)
    for key, want in expected.items():
        got = found[key]
        assert (key, got.state, got.started_at, got.stopped_at, got.due_at) == (
            key, want.state, want.start, want.stop, want.due,
        )  # fmt: skip
        if want.counted is not None and got.counted is not None:
            assert got.counted == want.counted


def ends_of(facts, index):
    """What ends the promise made at ``index``, in order: (time, the state it leads to)."""
    made = facts[index]
    replies = replies_of(facts)
    for later in range(index + 1, len(facts)):
        fact = facts[later]
        if later in replies and fact.message_id != made.message_id:
            yield fact.at, "met"
        elif getattr(fact, "promise_id", None) == made.promise_id:
            yield fact.at, "met" if isinstance(fact, f.PromiseKept) else "cancelled"


@settings(max_examples=200, deadline=None)
@given(histories())
def test_promises_end_by_what_comes_first(facts):
    found = {one.ordinal: one for one in clock.derive(facts, WORKING.__getitem__) if one.target == f.PROMISE}
    out_of_sight = any(
        [type(fact) for fact in facts if getattr(fact, "why", "") == why][-1:] == [f.Hidden] for why in WHYS
    )
    for index, made in enumerate(facts):
        if not isinstance(made, f.PromiseMade):
            continue
        got = found[made.promise_id]
        ended_at, state = next(ends_of(facts, index), (None, None))
        later = facts[index:]
        if any(isinstance(fact, f.Withdrawn) and fact.message_id == made.message_id for fact in later):
            assert got.state in {"cancelled", "met"}
        elif ended_at is not None and ended_at <= made.due_at:
            assert got.state == state
        elif ended_at is not None:
            assert (got.state, got.stopped_at) == ("breached", made.due_at)
        else:
            assert got.state == ("cancelled" if out_of_sight else "running")


@settings(max_examples=200, deadline=None)
@given(histories())
def test_what_was_told_once_is_not_told_again_for_the_same_time(facts):
    """Tell whatever is next, over and over: each telling is new, and it ends."""
    told = []
    for _round in range(30):
        known = {
            (one.target, one.ordinal): one
            for one in clock.derive([*facts, *told], WORKING.__getitem__)
            if one.next_at is not None
        }
        if not known:
            break
        for one in known.values():
            kind = f.WARNED if one.next_at == one.warn_at and one.warned_due is None else f.BREACHED
            if one.state == "breached":
                kind = f.BREACHED
            news = f.Fired(one.target, kind, one.next_at, one.ordinal)
            assert news not in told
            told.append(news)
    else:
        raise AssertionError("it never ends")
