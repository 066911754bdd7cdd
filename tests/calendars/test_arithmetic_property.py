"""Working time against a brute force that asks the definition about one minute after the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calendars.arithmetic import DAY, Definition, Span, WorkingTime, union

MINUTE = timedelta(minutes=1)
MICROSECOND = timedelta(microseconds=1)
ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/Moscow",
    "America/New_York",
    "America/Sao_Paulo",  # until 2019 its clock moved at midnight
    "Australia/Lord_Howe",  # half an hour
    "Africa/Casablanca",  # moves twice round Ramadan
    "Asia/Kolkata",  # half an hour off
    "Asia/Kathmandu",  # a quarter
    "Pacific/Apia",  # had no 30 December 2011
    "America/Scoresbysund",
]
# Near these instants something happens somewhere: changes of clocks, New Year, a leap day, a lost date.
MOMENTS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 2, 15, 2, tzinfo=UTC),
    datetime(2026, 3, 22, 2, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC),
    datetime(2018, 2, 18, 2, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    datetime(2014, 10, 25, 22, tzinfo=UTC),  # Moscow gave up summer time
    datetime(2027, 1, 1, tzinfo=UTC),
    datetime(2028, 2, 29, 12, tzinfo=UTC),
]


# --- the definition, read aloud -------------------------------------------------------------------


def starts_on(definition: Definition, day: date):
    if definition.valid_from and day < definition.valid_from:
        return ()
    if definition.valid_until and day > definition.valid_until:
        return ()
    return definition.days.get(day, definition.week[day.weekday()])


def is_working(definition: Definition, at: datetime, zone: ZoneInfo) -> bool:
    wall = at.astimezone(zone)
    seconds = wall.hour * 3600 + wall.minute * 60 + wall.second
    day = wall.date()
    verdict = any(start <= seconds < end for start, end in starts_on(definition, day)) or any(
        start <= seconds + DAY < end for start, end in starts_on(definition, day - timedelta(days=1))
    )
    for span in definition.spans:
        if span.start <= at < span.end:
            verdict = span.adds
    return verdict


def minutes_worked(definition: Definition, start: datetime, steps: int, step: timedelta = MINUTE):
    """For each step from ``start`` on, whether it is worked."""
    zone = ZoneInfo(definition.zone)
    return [is_working(definition, start + step * number, zone) for number in range(steps)]


# --- calendars drawn by lot -----------------------------------------------------------------------


def intervals_of_a_day(grid: int):
    """Up to three intervals on a grid of seconds; nights, whole days and overlaps among them."""
    start = st.integers(0, DAY // grid - 1).map(lambda number: number * grid)
    length = st.one_of(st.integers(1, DAY // grid), st.just(DAY // grid)).map(lambda number: number * grid)
    one = st.tuples(start, length).map(lambda pair: (pair[0], pair[0] + pair[1]))
    usual = st.sampled_from([(), ((9 * 3600, 18 * 3600),), ((22 * 3600, 30 * 3600),), ((0, DAY),)])
    return st.one_of(usual, st.lists(one, max_size=3).map(tuple))


@st.composite
def definitions(draw, around: datetime, days: int = 12, grid: int = 60):
    near = st.integers(-2, days + 1).map(lambda number: (around + timedelta(days=number)).date())
    steps = days * DAY // grid
    spans = []
    for _ in range(draw(st.integers(0, 4))):
        begin, length = draw(st.integers(-steps // 4, steps)), draw(st.integers(1, steps // 2))
        start = around + timedelta(seconds=begin * grid)
        spans.append(Span(start, start + timedelta(seconds=length * grid), adds=draw(st.booleans())))
    return Definition(
        zone=draw(st.sampled_from(ZONES)),
        week=tuple(draw(intervals_of_a_day(grid)) for _ in range(7)),
        days=draw(st.dictionaries(near, intervals_of_a_day(grid), max_size=4)),
        spans=tuple(spans),
        valid_from=draw(st.one_of(st.none(), near)),
        valid_until=draw(st.one_of(st.none(), near)),
    )


@st.composite
def windows(draw, days: int = 12):
    """A definition and the start of a time in which it is looked at."""
    moment = draw(st.sampled_from(MOMENTS))
    start = moment - timedelta(minutes=draw(st.integers(0, days * 24 * 60)))
    return draw(definitions(start, days)), start


FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(windows(), st.data())
def test_every_minute_is_as_defined(window, data):
    definition, start = window
    steps = 12 * 24 * 60
    worked = minutes_worked(definition, start, steps)
    working = WorkingTime(definition)
    assert [working.is_working(start + MINUTE * number) for number in range(steps)] == worked

    # intervals: sorted, apart from each other, and made of the very same minutes
    end = start + MINUTE * steps
    found = working.intervals(start, end)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    from_intervals = [False] * steps
    for begin, finish in found:
        assert start <= begin < finish <= end
        for number in range((begin - start) // MINUTE, (finish - start) // MINUTE):
            from_intervals[number] = True
    assert from_intervals == worked

    # between any two minutes
    for _ in range(10):
        a, b = sorted((data.draw(st.integers(0, steps)), data.draw(st.integers(0, steps))))
        assert working.between(start + MINUTE * a, start + MINUTE * b) == MINUTE * sum(worked[a:b])

    # what is due after any number of minutes: the end of the minute that completes them
    running = [number for number, is_worked in enumerate(worked) if is_worked]
    for _ in range(10):
        wanted = data.draw(st.integers(1, steps))
        expected = start + MINUTE * (running[wanted - 1] + 1) if wanted <= len(running) else None
        due = working.add(start, MINUTE * wanted)
        assert due == expected if expected else due is None or due > end

    # the next start and end seen from any minute
    for _ in range(10):
        number = data.draw(st.integers(1, steps - 1))
        at = start + MINUTE * number
        changes = range(number, steps)
        begins = [one for one in changes if worked[one] and not worked[one - 1]]
        ends = [one for one in changes if one > number and worked[one - 1] and not worked[one]]
        next_start, next_end = working.next_start(at), working.next_end(at)
        if begins:
            assert next_start == start + MINUTE * begins[0]
        else:
            assert next_start is None or next_start >= end
        if ends:
            assert next_end == start + MINUTE * ends[0]
        else:
            assert next_end is None or next_end >= end
        until = start + MINUTE * data.draw(st.integers(0, steps))
        asked = working.next_end(at, until=until)
        assert min(asked or until, until) == min(next_end or until, until)


@st.composite
def instants(draw):
    moment = draw(st.sampled_from(MOMENTS))
    ten_days = 10 * DAY * 1_000_000
    return moment + timedelta(microseconds=draw(st.integers(-ten_days, ten_days)))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(MOMENTS).flatmap(lambda moment: definitions(moment, grid=1)),
    instants(),
    st.one_of(
        st.integers(1, 30 * DAY * 1_000_000),
        st.integers(1, 3 * 365 * DAY * 1_000_000),
    ).map(lambda number: timedelta(microseconds=number)),
)
def test_add_and_between_are_inverse(definition, start, duration):
    working = WorkingTime(definition)
    due = working.add(start, duration)
    if due is not None:
        assert working.between(start, due) == duration
        assert working.between(start, due - MICROSECOND) == duration - MICROSECOND  # none earlier
        assert working.is_working(due - MICROSECOND)
    end = start + duration
    worked = working.between(start, end)
    back = working.add(start, worked)
    assert back is not None
    assert start <= back <= end
    if worked and working.is_working(end - MICROSECOND):
        assert back == end
    middle = start + duration / 2
    assert working.between(start, middle) + working.between(middle, end) == worked


@settings(max_examples=30, deadline=None)
@given(windows(days=5), st.data())
def test_a_union_works_when_any_of_them_does(window, data):
    definition, start = window
    others = [definition, data.draw(definitions(start, 5)), data.draw(definitions(start, 5))]
    both = union(*(WorkingTime(one) for one in others))
    steps = 5 * 24 * 60
    alone = [minutes_worked(one, start, steps) for one in others]
    expected = [any(minute) for minute in zip(*alone, strict=True)]
    assert [both.is_working(start + MINUTE * number) for number in range(steps)] == expected
    assert both.between(start, start + MINUTE * steps) == MINUTE * sum(expected)


def ten_years(definition: Definition, step: timedelta, data) -> None:
    start = datetime(2019, 6, 1, tzinfo=UTC)
    steps = 10 * 366 * 24 * 3600 // int(step.total_seconds())
    worked = minutes_worked(definition, start, steps, step)
    sums = [0]
    for is_worked in worked:
        sums.append(sums[-1] + is_worked)
    working = WorkingTime(definition)
    for _ in range(50):
        a, b = sorted((data.draw(st.integers(0, steps)), data.draw(st.integers(0, steps))))
        assert working.between(start + step * a, start + step * b) == step * (sums[b] - sums[a])
        if sums[b] > sums[a]:
            due = working.add(start + step * a, step * (sums[b] - sums[a]))
            assert due == start + step * sums.index(sums[b])
    assert working.between(start, start + step * steps) == step * sums[-1]


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(datetime(2024, 3, 20, tzinfo=UTC), days=400, grid=900), st.data())
def test_ten_years_in_quarters_of_an_hour(definition, data):
    """Clocks have moved at whole quarters since 2012, so a grid of them is exact."""
    ten_years(definition, timedelta(minutes=15), data)


@pytest.mark.slow
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(definitions(datetime(2024, 3, 20, tzinfo=UTC), days=400), st.data())
def test_ten_years_minute_by_minute(definition, data):
    ten_years(definition, MINUTE, data)
