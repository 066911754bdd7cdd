"""The worked examples of the metrics page, and calendars' whose seconds were worked out by hand."""

from datetime import timedelta
from itertools import pairwise

from calendars.arithmetic import ALWAYS, Definition
from sla import clock
from sla import facts as f
from tests.sla.story import HOUR, NINE_TO_SIX, at, clocks, due, hours, plan, seconds, week
from tickets.models import Category

# One ticket's week; the clocks of the page have no pauses, so that what they count is the plain duration.

NO_PAUSE = plan(
    first_response=4 * HOUR, next_response=4 * HOUR, resolution=f.Aim(16 * HOUR, True, frozenset(), 80)
)

FIRST = [
    f.Opened(at("2026-03-06 17:30")),
    f.PolicyApplied(at("2026-03-06 17:30"), NO_PAUSE),
    f.CustomerMessage(at("2026-03-06 17:30"), 1),
    f.AgentReply(at("2026-03-09 10:00"), 2),
    f.CategoryChanged(at("2026-03-09 10:00"), f.OPEN),
]

WAITED = [
    *FIRST,
    f.CategoryChanged(at("2026-03-09 10:00"), f.PENDING),
    f.CustomerMessage(at("2026-03-10 11:00"), 3),
    f.CategoryChanged(at("2026-03-10 11:00"), f.OPEN),
]

SOLVED = [
    *WAITED,
    f.AgentReply(at("2026-03-10 12:00"), 4),
    f.CategoryChanged(at("2026-03-10 12:00"), f.RESOLVED),
]

AGAIN = [
    f.CustomerMessage(at("2026-03-11 09:00"), 5),
    f.CategoryChanged(at("2026-03-11 09:00"), f.OPEN),
    f.AgentReply(at("2026-03-11 10:00"), 6),
    f.CategoryChanged(at("2026-03-11 10:00"), f.RESOLVED),
]


def test_the_categories_are_those_of_tickets():
    assert tuple(Category) == (f.NEW, f.OPEN, f.PENDING, f.ON_HOLD, f.RESOLVED, f.CLOSED)


# --- the page's examples ------------------------------------------------------------------------


def test_first_response():
    one = clocks(FIRST)["first_response"]
    assert (seconds(one.elapsed), seconds(one.counted)) == (232_200, 5_400)
    assert one.state == "met"


def test_resolution_and_next_responses():
    first = clocks(SOLVED)["resolution"]
    assert (seconds(first.elapsed), seconds(first.counted)) == (325_800, 45_000)
    assert first.state == "met"  # 16 h are 57,600 s

    now = clocks([*SOLVED, *AGAIN])
    last = now["resolution"]
    assert (seconds(last.elapsed), seconds(last.counted)) == (405_000, 70_200)
    assert last.state == "breached"
    assert last.due_at == at("2026-03-10 15:30")  # 0:30 + 9:00 + 6:30
    for ordinal, stop in ((1, "2026-03-10 12:00"), (2, "2026-03-11 10:00")):
        response = now[f"next_response {ordinal}"]
        assert (seconds(response.elapsed), response.stopped_at) == (3_600, at(stop))
    assert "next_response 3" not in now


def test_a_resolution_without_a_reply_leaves_one_next_response():
    silent = [*WAITED, f.CategoryChanged(at("2026-03-10 12:00"), f.RESOLVED)]
    void = clocks(silent)["next_response 1"]
    assert (void.state, void.due_at) == ("cancelled", None)
    now = clocks([*silent, *AGAIN])
    one = now["next_response 1"]
    assert (one.started_at, one.stopped_at) == (at("2026-03-10 11:00"), at("2026-03-11 10:00"))
    assert seconds(one.elapsed) == 82_800
    assert "next_response 2" not in now


def test_requester_wait():
    wait = clock.requester_wait([*SOLVED, *AGAIN], NINE_TO_SIX)
    assert [length.total_seconds() for length in wait] == [239_400, 12_600]
    assert clock.requester_wait(FIRST, NINE_TO_SIX) is None


def test_pauses_are_not_counted():
    """Fri 0:30, Mon 9-10; pending; Tue 11-12: 9,000 s; solved until Wed 9; 9-10: 12,600 s in all."""
    pausing = plan(resolution=16 * HOUR)
    facts = [FIRST[0], f.PolicyApplied(at("2026-03-06 17:30"), pausing), *[*SOLVED, *AGAIN][2:]]
    one = clocks(facts)["resolution"]
    assert (seconds(one.elapsed), seconds(one.counted), one.state) == (405_000, 12_600, "met")
    paused = clocks(facts[:6])["resolution"]
    assert (paused.state, paused.due_at, seconds(paused.remaining)) == ("paused", None, 57_600 - 5_400)


# --- calendars ----------------------------------------------------------------------------------


BERLIN_NIGHTS = Definition("Europe/Berlin", (hours((22, 30)),) * 7)


def test_the_night_in_which_an_hour_is_missing():
    """Sat 28 to Sun 29 March 2026, 22:00 to 6:00 in Berlin: 21:00 to 4:00 UTC, seven hours."""
    one = due("2026-03-28 21:00", 7 * HOUR, BERLIN_NIGHTS)
    assert one.due_at == at("2026-03-29 04:00")
    later = due("2026-03-28 21:00", 7 * HOUR + 1, BERLIN_NIGHTS)
    assert later.due_at == at("2026-03-29 20:00:01")  # 22:00 of summer time, and a second


def test_the_night_in_which_an_hour_comes_twice():
    """Sat 24 to Sun 25 October 2026: 20:00 to 5:00 UTC, nine hours."""
    one = due("2026-10-24 20:00", 9 * HOUR, BERLIN_NIGHTS)
    assert one.due_at == at("2026-10-25 05:00")
    later = due("2026-10-24 20:00", 9 * HOUR + 1, BERLIN_NIGHTS)
    assert later.due_at == at("2026-10-25 21:00:01")


def test_a_saturday_that_works_and_a_shortened_day():
    """The Russian calendar's way: Sat 21 February 2026 works, Fri 20 February ends at 17:00."""
    moscow = Definition(
        "Europe/Moscow",
        week((9, 18)),
        days={at("2026-02-20").date(): hours((9, 17)), at("2026-02-21").date(): hours((9, 18))},
    )
    # Fri 16:30 Moscow (13:30 UTC): half an hour until 17:00, then Sat 9:00 to 10:30.
    assert due("2026-02-20 13:30", 2 * HOUR, moscow).due_at == at("2026-02-21 07:30")
    # Nine and a half hours more: all of Saturday, half an hour of Monday the 23rd.
    assert due("2026-02-20 13:30", 10 * HOUR, moscow).due_at == at("2026-02-23 06:30")


def test_lunch():
    lunch = Definition("UTC", week((9, 13), (14, 18)))
    one = due("2026-03-09 12:15", HOUR, lunch)
    assert one.due_at == at("2026-03-09 14:15")
    assert one.warn_at == at("2026-03-09 14:03")  # 80 %: 45 min before lunch, 3 after
    assert due("2026-03-09 12:00", HOUR, lunch).due_at == at("2026-03-09 13:00")


def test_the_wall_clock():
    facts = [
        f.Opened(at("2026-03-06 17:30")),
        f.PolicyApplied(
            at("2026-03-06 17:30"), plan(first_response=f.Aim(8 * HOUR, False, frozenset(), None))
        ),
    ]
    one = clocks(facts)["first_response"]
    assert (one.due_at, one.warn_at) == (at("2026-03-07 01:30"), None)


def test_a_pause_across_a_weekend():
    """Fri 17:00 opened, pending 17:20 to Mon 9:50: 20 min counted. Two hours: Mon 9:50 + 1:40 = 11:30."""
    facts = [
        f.Opened(at("2026-03-06 17:00")),
        f.PolicyApplied(at("2026-03-06 17:00"), plan(resolution=2 * HOUR)),
        f.CategoryChanged(at("2026-03-06 17:20"), f.PENDING),
    ]
    paused = clocks(facts)["resolution"]
    assert (paused.state, seconds(paused.remaining), paused.next_at) == ("paused", 6_000, None)
    one = clocks([*facts, f.CategoryChanged(at("2026-03-09 09:50"), f.OPEN)])["resolution"]
    assert (one.state, one.due_at) == ("running", at("2026-03-09 11:30"))
    assert one.warn_at == at("2026-03-09 11:06")  # 96 min: 20, then 76 from 9:50
    bar = clock.stretches(one.segments, at("2026-03-09 10:00"), NINE_TO_SIX)
    assert [(piece.start, piece.end, piece.counted, piece.why) for piece in bar] == [
        (at("2026-03-06 17:00"), at("2026-03-06 17:20"), True, None),
        (at("2026-03-06 17:20"), at("2026-03-09 09:50"), False, f.PENDING),
        (at("2026-03-09 09:50"), at("2026-03-09 10:00"), True, None),
    ]


def test_a_long_bar_is_cut_by_pauses_alone():
    """Three weeks of nine to six with Wednesday to Monday pending: 12 working days, then 7 more."""
    segments = [
        clock.Segment(at("2026-03-02 09:00"), at("2026-03-10 09:00"), f.NEW, True),
        clock.Segment(at("2026-03-10 09:00"), at("2026-03-18 18:00"), f.OPEN, True),
        clock.Segment(at("2026-03-18 18:00"), at("2026-03-23 09:00"), f.PENDING, False),
        clock.Segment(at("2026-03-23 09:00"), None, f.OPEN, True),
    ]
    bar = clock.stretches(segments, at("2026-04-01 09:00"), NINE_TO_SIX, most=24)
    assert [(piece.start, piece.end, piece.counted, piece.why, piece.spent) for piece in bar] == [
        (at("2026-03-02 09:00"), at("2026-03-18 18:00"), True, None, timedelta(hours=13 * 9)),
        (at("2026-03-18 18:00"), at("2026-03-23 09:00"), False, f.PENDING, timedelta(0)),
        (at("2026-03-23 09:00"), at("2026-04-01 09:00"), True, None, timedelta(hours=7 * 9)),
    ]
    # As many pieces as may be are told one by one, nights and weekends too.
    told = clock.stretches(segments, at("2026-04-01 09:00"), NINE_TO_SIX, most=100)
    assert len(told) > 24
    assert {piece.worked for piece in told} == {None}
    assert sum((piece.spent for piece in told), timedelta(0)) == timedelta(hours=20 * 9)


def test_of_too_many_pauses_the_earliest_are_told_as_one():
    """Ten hours open, ten pending by turns, around the clock: nothing is left out or lost."""
    start = at("2026-03-02 00:00")
    hours = [start + timedelta(hours=10 * turn) for turn in range(101)]
    segments = [
        clock.Segment(hours[turn], hours[turn + 1], f.PENDING if turn % 2 else f.OPEN, turn % 2 == 0)
        for turn in range(100)
    ]
    bar = clock.stretches(segments, hours[-1], ALWAYS, most=24)
    assert len(bar) == 24
    assert (bar[0].start, bar[0].why, bar[0].counted) == (start, "earlier", True)
    assert all(one.end == following.start for one, following in pairwise(bar))
    assert bar[-1].end == hours[-1]
    assert sum((piece.spent for piece in bar), timedelta(0)) == timedelta(hours=500)


def test_the_bar_tells_when_the_office_was_closed():
    one = clocks(FIRST[:2])["resolution"]
    bar = clock.stretches(one.segments, at("2026-03-09 09:30"), NINE_TO_SIX)
    assert [(piece.start, piece.end, piece.counted, piece.why) for piece in bar] == [
        (at("2026-03-06 17:30"), at("2026-03-06 18:00"), True, None),
        (at("2026-03-06 18:00"), at("2026-03-09 09:00"), False, "closed"),
        (at("2026-03-09 09:00"), at("2026-03-09 09:30"), True, None),
    ]
    assert len(clock.stretches(one.segments, at("2026-03-09 09:30"), ALWAYS)) == 1
