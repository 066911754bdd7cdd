"""The worked examples of the metrics page, and others whose seconds were worked out by hand."""

from calendars.arithmetic import ALWAYS, Definition, Span, WorkingTime
from sla import clock
from sla import facts as f
from tests.sla.story import HOUR, NINE_TO_SIX, at, clocks, hours, plan, seconds, week
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


def due(opened, aim, definition_or_time, target="first_response"):
    calendar = definition_or_time
    if isinstance(calendar, Definition):
        calendar = WorkingTime(calendar)
    facts = [
        f.Opened(at(opened)),
        f.PolicyApplied(at(opened), plan(2, **{target: aim})),
        f.CustomerMessage(at(opened), 1),
    ]
    return clocks(facts, {2: calendar})[target]


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


def test_the_bar_tells_when_the_office_was_closed():
    one = clocks(FIRST[:2])["resolution"]
    bar = clock.stretches(one.segments, at("2026-03-09 09:30"), NINE_TO_SIX)
    assert [(piece.start, piece.end, piece.counted, piece.why) for piece in bar] == [
        (at("2026-03-06 17:30"), at("2026-03-06 18:00"), True, None),
        (at("2026-03-06 18:00"), at("2026-03-09 09:00"), False, "closed"),
        (at("2026-03-09 09:00"), at("2026-03-09 09:30"), True, None),
    ]
    assert len(clock.stretches(one.segments, at("2026-03-09 09:30"), ALWAYS)) == 1


# --- what changes afterwards --------------------------------------------------------------------


def test_a_policy_changed_in_the_middle():
    """Opened Mon 9:00 under 8 h; pending 10:00 to 12:00; at 13:00 the policy says 4 h: two hours were
    counted by then, so it is due at 15:00. What had stopped keeps its plan."""
    old = plan(first_response=HOUR, resolution=8 * HOUR)
    new = plan(version=2, first_response=600, resolution=4 * HOUR)
    facts = [
        f.Opened(at("2026-03-09 09:00")),
        f.PolicyApplied(at("2026-03-09 09:00"), old),
        f.CustomerMessage(at("2026-03-09 09:00"), 1),
        f.AgentReply(at("2026-03-09 09:45"), 2),
        f.CategoryChanged(at("2026-03-09 10:00"), f.PENDING),
        f.CategoryChanged(at("2026-03-09 12:00"), f.OPEN),
    ]
    before = clocks(facts)
    assert before["resolution"].due_at == at("2026-03-10 10:00")  # 1 h, 12 to 18, 1 h of Tuesday
    after = clocks([*facts, f.PolicyApplied(at("2026-03-09 13:00"), new)])
    assert after["resolution"].due_at == at("2026-03-09 15:00")
    assert after["resolution"].plan == new
    first = after["first_response"]
    assert (first.state, first.plan, first.due_at) == ("met", old, at("2026-03-09 10:00"))


def test_a_reply_taken_back_is_counted_under_the_policy_in_force_now():
    facts = [
        f.Opened(at("2026-03-09 09:00")),
        f.PolicyApplied(at("2026-03-09 09:00"), plan(first_response=HOUR)),
        f.CustomerMessage(at("2026-03-09 09:00"), 1),
        f.AgentReply(at("2026-03-09 09:45"), 2),
        f.PolicyApplied(at("2026-03-09 09:50"), plan(version=2, first_response=2 * HOUR)),
    ]
    one = clocks([*facts, f.Withdrawn(2)])["first_response"]
    assert (one.state, one.due_at) == ("running", at("2026-03-09 11:00"))


def test_a_calendar_edited_after_the_breach():
    """Due at 13:00 and told; then Monday becomes a holiday: due Tue 13:00, the breach is lost, and told
    again only for its new time."""
    base = [
        f.Opened(at("2026-03-09 09:00")),
        f.PolicyApplied(at("2026-03-09 09:00"), plan(first_response=4 * HOUR)),
        f.CustomerMessage(at("2026-03-09 09:00"), 1),
    ]
    told = [*base, f.Fired("first_response", f.BREACHED, at("2026-03-09 13:00"))]
    one = clocks(told)["first_response"]
    assert (one.due_at, one.next_at, one.lost) == (at("2026-03-09 13:00"), None, frozenset())

    holiday = WorkingTime(Definition("UTC", week((9, 18)), days={at("2026-03-09").date(): ()}))
    edited = [*told, f.PolicyApplied(at("2026-03-09 15:00"), plan(2, first_response=4 * HOUR))]
    one = clocks(edited, {2: holiday})["first_response"]
    assert one.due_at == at("2026-03-10 13:00")
    assert one.lost == {at("2026-03-09 13:00")}
    assert one.breached_due is None
    assert one.next_at == one.warn_at == at("2026-03-10 12:12")

    withdrawn = [*edited, f.BreachWithdrawn("first_response", at("2026-03-09 13:00"))]
    one = clocks(withdrawn, {2: holiday})["first_response"]
    assert (one.lost, one.standing) == (frozenset(), frozenset())
    # Taken back: the old time counts again, and is not told twice.
    back = [*withdrawn, f.PolicyApplied(at("2026-03-09 16:00"), plan(first_response=4 * HOUR))]
    one = clocks(back, {2: holiday})["first_response"]
    assert (one.due_at, one.next_at) == (at("2026-03-09 13:00"), None)


def test_a_one_off_closing_moves_the_due_time():
    closed = WorkingTime(
        Definition("UTC", week((9, 18)), spans=(Span(at("2026-03-09 10:00"), at("2026-03-09 12:30"), False),))
    )
    assert due("2026-03-09 09:00", 4 * HOUR, closed).due_at == at("2026-03-09 15:30")


def test_an_earlier_due_time_is_not_told_twice():
    facts = [
        f.Opened(at("2026-03-09 09:00")),
        f.PolicyApplied(at("2026-03-09 09:00"), plan(first_response=4 * HOUR)),
        f.Fired("first_response", f.BREACHED, at("2026-03-09 13:00")),
        f.PolicyApplied(at("2026-03-09 14:00"), plan(first_response=HOUR)),
    ]
    one = clocks(facts)["first_response"]
    assert (one.due_at, one.next_at, one.lost) == (at("2026-03-09 10:00"), None, frozenset())


# --- merging ------------------------------------------------------------------------------------


def test_a_merge_and_its_undoing():
    """#1 from Tue 10:00, #2 from Mon 9:00: merged, the first contact is Monday's. Replied Tue 11:00."""
    rule = plan(first_response=9 * HOUR, resolution=27 * HOUR)
    one = [
        f.Opened(at("2026-03-10 10:00")),
        f.PolicyApplied(at("2026-03-10 10:00"), rule),
        f.CustomerMessage(at("2026-03-10 10:00"), 10),
    ]
    alone = clocks(one)
    assert alone["first_response"].due_at == at("2026-03-11 10:00")
    other = [f.Opened(at("2026-03-09 09:00")), f.CustomerMessage(at("2026-03-09 09:00"), 20)]
    reply = f.AgentReply(at("2026-03-10 11:00"), 11)

    merged = clocks([*other, *one, reply])
    first = merged["first_response"]
    assert (first.started_at, first.due_at) == (at("2026-03-09 09:00"), at("2026-03-09 18:00"))
    assert (first.state, seconds(first.counted), seconds(first.elapsed)) == ("breached", 39_600, 93_600)
    assert merged["resolution"].due_at == at("2026-03-11 18:00")

    # The ticket that was merged away: void, and after the undoing as if nothing had been.
    away = [other[0], f.PolicyApplied(at("2026-03-09 09:00"), rule), other[1]]
    hidden = [*away, f.Hidden(at("2026-03-10 10:30"), "merged")]
    assert {state.state for state in clocks(hidden).values()} == {"cancelled"}
    assert all(state.next_at is None for state in clocks(hidden).values())
    shown = clocks([*hidden, f.Shown(at("2026-03-10 15:00"), "merged")])
    assert shown == clocks(away)
    assert shown["first_response"].due_at == at("2026-03-09 18:00")
    apart = clocks([*one, reply])["first_response"]
    assert (apart.state, seconds(apart.counted)) == ("met", 3_600)


# --- what counts as a reply and as a message ----------------------------------------------------

OPENED = [
    f.Opened(at("2026-03-09 09:00")),
    f.PolicyApplied(at("2026-03-09 09:00"), plan(first_response=HOUR, next_response=HOUR)),
    f.CustomerMessage(at("2026-03-09 09:00"), 1),
]


def test_a_bounced_reply_counts_from_when_it_was_sent_again():
    bounced = [*OPENED, f.AgentReply(at("2026-03-09 09:10"), 2), f.HardBounced(2)]
    assert clocks(bounced)["first_response"].state == "running"
    again = [*bounced, f.SentAgain(at("2026-03-09 09:40"), 2)]
    assert seconds(clocks(again)["first_response"].counted) == 2_400
    assert clocks([*again, f.HardBounced(2)])["first_response"].state == "running"


def test_a_thank_you_waits_for_nothing_until_somebody_says_otherwise():
    facts = [
        *OPENED,
        f.AgentReply(at("2026-03-09 09:10"), 2),
        f.CategoryChanged(at("2026-03-09 09:10"), f.RESOLVED),
        f.CustomerMessage(at("2026-03-09 09:20"), 3, is_thanks=True),
    ]
    assert "next_response 1" not in clocks(facts)
    undone = [*facts, f.ThanksUndone(3), f.CategoryChanged(at("2026-03-09 09:50"), f.OPEN)]
    one = clocks(undone)["next_response 1"]
    assert (one.started_at, one.due_at) == (at("2026-03-09 09:20"), at("2026-03-09 10:20"))


def test_a_ticket_we_opened_has_no_first_response():
    facts = [
        f.Opened(at("2026-03-09 09:00"), "out"),
        f.PolicyApplied(at("2026-03-09 09:00"), plan(first_response=HOUR, next_response=HOUR)),
        f.AgentReply(at("2026-03-09 09:00"), 1, opens=True),
    ]
    assert set(clocks(facts)) == {"resolution"}
    answered = clocks([*facts, f.CustomerMessage(at("2026-03-09 11:00"), 2)])
    assert "first_response" not in answered
    assert answered["next_response 1"].due_at == at("2026-03-09 12:00")


def test_a_machines_mail_opens_no_first_response():
    facts = [*OPENED[:2], f.AutomaticMessage(at("2026-03-09 09:00"), 1)]
    assert set(clocks(facts)) == {"resolution"}
    later = clocks([*facts, f.CustomerMessage(at("2026-03-09 15:00"), 2)])["first_response"]
    assert (later.started_at, later.due_at) == (at("2026-03-09 15:00"), at("2026-03-09 16:00"))


def test_resolved_late_without_a_reply_is_a_breach_and_in_time_is_none():
    def end(time):
        return clocks([*OPENED, f.CategoryChanged(at(f"2026-03-09 {time}"), f.RESOLVED)])["first_response"]

    assert (end("09:30").state, end("09:30").due_at) == ("cancelled", None)
    assert (end("10:30").state, end("10:30").next_at) == ("breached", at("2026-03-09 10:00"))


def test_to_the_second():
    assert clocks([*OPENED, f.AgentReply(at("2026-03-09 10:00:00"), 2)])["first_response"].state == "met"
    late = clocks([*OPENED, f.AgentReply(at("2026-03-09 10:00:01"), 2)])["first_response"]
    assert (late.state, late.next_at) == ("breached", at("2026-03-09 10:00"))


# --- by hand, and promises ----------------------------------------------------------------------


def test_a_due_time_set_by_hand_stands_until_taken_back():
    by_hand = f.DueSet(at("2026-03-09 10:00"), "resolution", at("2026-03-12 20:00"))
    facts = [
        f.Opened(at("2026-03-09 09:00")),
        f.PolicyApplied(at("2026-03-09 09:00"), plan(resolution=2 * HOUR)),
        by_hand,
        f.CategoryChanged(at("2026-03-09 10:30"), f.PENDING),
        f.PolicyApplied(at("2026-03-09 11:00"), plan(resolution=HOUR)),
    ]
    one = clocks(facts)["resolution"]
    assert (one.state, one.by_hand, one.due_at) == ("running", True, at("2026-03-12 20:00"))
    assert one.warn_at == at("2026-03-12 03:36")  # 82 h from Mon 10:00, of which 80 % are 65:36
    back = clocks([*facts, f.DueSet(at("2026-03-09 12:00"), "resolution", None)])["resolution"]
    assert (back.state, back.by_hand, back.due_at) == ("running", False, at("2026-03-09 10:00"))
    opened_again = clocks(
        [
            *facts[:4],
            f.CategoryChanged(at("2026-03-09 12:00"), f.RESOLVED),
            f.CategoryChanged(at("2026-03-13 09:00"), f.OPEN),
        ]
    )["resolution"]
    assert (opened_again.by_hand, opened_again.due_at) == (False, at("2026-03-13 09:30"))


def promised(*more):
    made = [
        *OPENED,
        f.AgentReply(at("2026-03-09 10:00"), 2),
        f.PromiseMade(at("2026-03-09 10:00"), 7, at("2026-03-09 15:00"), 2),
    ]
    return clocks([*made, *more])["promise 7"]


def test_a_promise_is_kept_by_the_next_reply_and_broken_at_its_time():
    open_one = promised()
    assert (open_one.state, open_one.due_at, open_one.warn_at) == (
        "running", at("2026-03-09 15:00"), at("2026-03-09 14:00"),
    )  # fmt: skip
    assert promised(f.CategoryChanged(at("2026-03-09 11:00"), f.PENDING)).state == "running"
    assert promised(f.AgentReply(at("2026-03-09 15:00"), 3)).state == "met"
    late = promised(f.AgentReply(at("2026-03-09 15:00:01"), 3))
    assert (late.state, late.stopped_at, late.next_at) == (
        "breached", at("2026-03-09 15:00"), at("2026-03-09 15:00"),
    )  # fmt: skip
    assert promised(f.PromiseKept(at("2026-03-09 14:00"), 7)).state == "met"
    assert promised(f.PromiseWithdrawn(at("2026-03-09 14:00"), 7)).state == "cancelled"
    broken = promised(f.Fired("promise", f.BREACHED, at("2026-03-09 15:00"), 7))
    assert (broken.state, broken.next_at) == ("breached", None)


def test_a_promise_goes_with_the_reply_it_was_made_in_and_outlives_one_taken_back():
    assert promised(f.Withdrawn(2)).state == "cancelled"
    taken_back = promised(f.AgentReply(at("2026-03-09 14:00"), 3), f.Withdrawn(3))
    assert taken_back.state == "running"


def test_a_promise_of_a_ticket_merged_away_is_told_by_the_survivor():
    late = [f.AgentReply(at("2026-03-09 16:00"), 3)]
    merged = [*late, f.Hidden(at("2026-03-09 17:00"), f.MERGED)]
    away = promised(*merged)
    assert (away.state, away.next_at, away.is_handed_on) == ("breached", None, True)
    back = promised(*merged, f.Shown(at("2026-03-09 18:00"), f.MERGED))
    assert back == promised(*late)
    spam = promised(*late, f.Hidden(at("2026-03-09 17:00"), "spam"))
    assert (spam.next_at, spam.is_handed_on) == (at("2026-03-09 15:00"), False)


def test_warned_once_for_its_time_however_often_it_pauses():
    """80 % of two hours are reached at 10:36; pending and open again move the due time, not the warning."""
    facts = [
        f.Opened(at("2026-03-09 09:00")),
        f.PolicyApplied(at("2026-03-09 09:00"), plan(resolution=2 * HOUR)),
    ]
    one = clocks(facts)["resolution"]
    assert one.next_at == at("2026-03-09 10:36")
    told = [*facts, f.Fired("resolution", f.WARNED, one.next_at)]
    assert clocks(told)["resolution"].next_at == at("2026-03-09 11:00")
    paused = [
        *told,
        f.CategoryChanged(at("2026-03-09 10:40"), f.PENDING),
        f.CategoryChanged(at("2026-03-09 12:00"), f.OPEN),
    ]
    assert clocks(paused)["resolution"].next_at == at("2026-03-09 12:20")
