"""Clocks whose past changes: policies, calendars, merges, bounces, times set by hand, promises."""

from calendars.arithmetic import Definition, Span, WorkingTime
from sla import facts as f
from tests.sla.story import HOUR, at, clocks, due, plan, seconds, week

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
