"""Rules whose time comes, and what rules plan for later."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from calendars.arithmetic import Definition, WorkingTime
from calendars.commands import save_calendar
from calendars.starter import make_calendar
from common import clock
from journal.drain import sweep_before
from journal.models import Entry
from routing import hours, scheduled, timed
from routing.commands import delete_rule, switch_rule
from routing.models import Rule, RuleRun, ScheduledAction, TimedRun
from routing.tasks import prune_runs
from tests.routing.conftest import is_
from tickets import commands
from tickets.content import Content
from tickets.models import Category, MessageKind

DAY = 86_400
NOTE = {"do": "note", "text": "Пора напомнить"}


def ago(**given):
    return timezone.now() - timedelta(**given)


def notes(ticket):
    return ticket.messages.filter(kind=MessageKind.NOTE).count()


@pytest.fixture
def later(monkeypatch):
    """``later(days=3)``: everything that asks the time from now on is told a later one."""

    def go(**given):
        at = clock.now() + timedelta(**given)
        monkeypatch.setattr(clock, "now", lambda: at)
        return at

    return go


@pytest.fixture
def drain(db):
    """A worker that is told the later time too."""

    def settle():
        while sweep_before(clock.now(), limit=10_000):
            pass

    return settle


@pytest.fixture
def sweep(drain):
    def settle():
        fired = timed.sweep()
        drain()
        return fired

    return settle


@pytest.fixture
def no_answer(rule):
    """Three days since our reply, and the customer has not answered."""
    return rule(NOTE, on="time_since", since="agent_reply", seconds=3 * DAY, when=is_("category", "pending"))


def answered(world, ticket, **given):
    world.reply(ticket, status=world.status(Category.PENDING), **given)


def test_no_answer_from_the_customer_for_three_days(world, no_answer, sweep, later, runs):
    ticket = world.ticket()
    answered(world, ticket)
    later(days=2, hours=23)
    assert sweep() == 0
    later(hours=1, minutes=1)
    assert sweep() == 1
    assert notes(ticket) == 1
    assert sweep() == 0, "once for one reply"
    (run,) = runs()
    assert (run.entry.kind, run.rule) == ("rule_time_reached", no_answer)
    assert TimedRun.objects.get().anchor_at == ticket.messages.get(kind=MessageKind.REPLY).created_at


def test_each_reply_counts_anew(world, no_answer, sweep, later):
    ticket = world.ticket()
    answered(world, ticket)
    later(days=4)
    sweep()
    later(minutes=1)
    world.receive(ticket, "Вот ответ")
    sweep()
    answered(world, ticket)
    later(days=2)
    assert sweep() == 0
    later(days=2)
    assert sweep() == 1
    assert notes(ticket) == 2


def test_an_answer_in_time_is_no_silence(world, no_answer, sweep, later):
    ticket = world.ticket()
    answered(world, ticket)
    later(days=1)
    world.receive(ticket, "Отвечаю сразу")
    later(days=9)
    assert sweep() == 0


def test_a_reply_that_was_withdrawn_never_was(world, no_answer, sweep, later):
    ticket = world.ticket()
    message = world.reply(ticket, status=world.status(Category.PENDING))
    commands.withdraw_reply(message.pk, actor=world.as_anna)
    later(days=4)
    assert sweep() == 0


@pytest.mark.parametrize("since", ["opened", "customer_message", "status_changed", "updated"])
def test_since_when(world, rule, sweep, later, since):
    rule(NOTE, on="time_since", since=since, seconds=DAY)
    ticket = world.ticket()
    later(hours=12)
    world.receive(ticket, "Ещё")
    commands.set_status(ticket.pk, status=world.status(Category.ON_HOLD), actor=world.as_anna)
    later(hours=12, minutes=1)
    assert sweep() == (since == "opened")
    later(hours=12)
    sweep()
    assert notes(ticket) == 1


def test_what_colleagues_do_is_activity_to_a_rule(world, rule, sweep, later):
    ticket = world.ticket(at=ago(days=9))
    rule(NOTE, on="time_since", since="updated", seconds=DAY)
    commands.post_note(ticket.pk, user=world.anna, content=Content("Звоню на завод"))
    later(hours=20)
    commands.assign(ticket.pk, to=world.anna, actor=world.as_anna)
    later(hours=20)
    assert sweep() == 0
    later(hours=5)
    assert sweep() == 1, "it was touched after the rule was switched on, though no message came since"


def test_what_had_passed_before_it_was_switched_on_is_left_alone(world, rule, sweep, later):
    world.ticket(at=ago(days=9))
    soon = world.ticket(at=ago(hours=23))
    rule(NOTE, on="time_since", since="opened", seconds=DAY)
    assert sweep() == 0
    later(hours=2)
    assert sweep() == 1
    assert notes(soon) == 1


def test_unless_the_rule_is_for_the_past_too(world, rule, sweep):
    world.ticket(at=ago(days=9))
    rule(NOTE, on="time_since", since="opened", seconds=DAY, past=True)
    assert sweep() == 1


def test_conditions_that_the_database_cannot_answer(world, rule, sweep, later):
    when = {"all": [is_("category", "new"), {"field": "message_text", "op": "matches", "value": r"сч[её]т"}]}
    rule(NOTE, on="time_since", since="opened", seconds=DAY, when=when)
    yes, no = world.ticket("Где счёт?"), world.ticket("Где чек?")
    later(days=2)
    assert sweep() == 1
    assert (notes(yes), notes(no)) == (1, 0)


def test_hidden_tickets_and_rules_that_are_off(world, rule, sweep, later):
    mine = rule(NOTE, on="time_since", since="opened", seconds=DAY)
    spam, ticket = world.ticket(), world.ticket()
    commands.mark_spam(spam.pk, actor=world.as_anna)
    later(days=2)
    switch_rule(mine.pk, is_enabled=False, actor=world.as_anna)
    assert sweep() == 0
    assert notes(ticket) == 0


def test_two_rules_that_move_each_others_time_come_to_an_end(world, rule, sweep, later, runs):
    rule(
        {"do": "set_status", "value": "on_hold"},
        on="time_since", since="status_changed", seconds=DAY, when=is_("category", "pending"),
    )  # fmt: skip
    rule(
        {"do": "set_status", "value": "pending"},
        on="time_since", since="status_changed", seconds=DAY, when=is_("category", "on_hold"),
    )  # fmt: skip
    ticket = world.ticket()
    commands.set_status(ticket.pk, status=world.status(Category.PENDING), actor=world.as_anna)
    for _day in range(9):
        later(days=1, minutes=1)
        sweep()
    assert len(runs()) == 2
    world.receive(ticket, "А что с моим вопросом?")
    commands.set_status(ticket.pk, status=world.status(Category.PENDING), actor=world.as_anna)
    for _day in range(5):
        later(days=1, minutes=1)
        sweep()
    assert len(runs()) == 4


def test_many_are_found_in_batches(world, rule, sweep, later, monkeypatch):
    monkeypatch.setattr(timed, "BATCH", 2)
    for n in range(5):
        world.ticket("счёт" if n % 2 else "чек")
    rule(NOTE, on="time_since", since="opened", seconds=DAY, when={
        "field": "message_text", "op": "matches", "value": "чек"
    })  # fmt: skip
    later(days=2)
    assert sweep() == 3
    assert sweep() == 0


def test_working_time_is_the_teams(world, rule, sweep, monkeypatch):
    """Nine hours from Friday 17:00 end on Monday where people work from 9 to 18, on Saturday elsewhere."""
    at = [datetime(2026, 3, 6, 14, tzinfo=UTC)]  # 17:00 in Moscow
    monkeypatch.setattr(clock, "now", lambda: at[0])
    make_calendar(zone="Europe/Moscow")
    always = save_calendar(
        None,
        name="Always",
        definition=Definition(zone="UTC", week=(((0, DAY),),) * 7),
        actor=world.as_anna,
    )
    world.second_line.calendar = always.calendar
    world.second_line.save()
    rule(NOTE, on="time_since", since="opened", seconds=9 * 3600, business=True)
    moscow, round_the_clock = world.ticket(team=world.first_line), world.ticket(team=world.second_line)
    nobodys = world.ticket()

    def settle(*when):
        at[0] = datetime(2026, 3, *when, tzinfo=UTC)
        sweep()
        return [notes(ticket) for ticket in (moscow, round_the_clock, nobodys)]

    assert settle(6, 22, 59, 59) == [0, 0, 0]
    assert settle(6, 23, 0, 0) == [0, 1, 0]
    assert settle(9, 13, 59, 59) == [0, 1, 0]
    assert settle(9, 14, 0, 0) == [1, 1, 1]
    assert settle(20, 0) == [1, 1, 1]


def test_the_latest_start_is_the_inverse_of_adding():
    """Since when so much work has passed, to the microsecond, at any instant of a week."""
    week = WorkingTime(
        Definition("Europe/Moscow", (((9 * 3600, 13 * 3600), (14 * 3600, 18 * 3600)),) * 5 + ((), ()))
    )
    for hour in range(0, 7 * 24, 5):
        now = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour, minutes=17)
        for seconds in (60, 3600, 8 * 3600, 40 * 3600 + 1):
            start = hours.latest_start(week, now, seconds)
            assert week.between(start, now) >= timedelta(seconds=seconds)
            assert week.between(start + timedelta(microseconds=2), now) < timedelta(seconds=seconds)
    never = WorkingTime(Definition("UTC", ((),) * 7))
    assert hours.latest_start(never, datetime(2026, 3, 2, tzinfo=UTC), 60) is None


# --- closing after a time -----------------------------------------------------------------------
@pytest.fixture
def solved(world, rule, drain):
    """A solved ticket that a rule is going to close after a day."""
    rule(
        {"do": "close_after", "seconds": DAY},
        on="field_changed", field="status", when=is_("category", "resolved"), name="Закрытие",
    )  # fmt: skip
    ticket = world.ticket()
    world.reply(ticket, status=world.status(Category.RESOLVED))
    drain()
    return ticket


def state():
    return ScheduledAction.objects.order_by("-pk").values_list("state", "reason").first()


def test_it_closes_once_its_time_has_come(world, solved, later, drain):
    assert scheduled.run_due() == 0
    later(days=1, seconds=1)
    assert scheduled.run_due() == 1
    assert scheduled.run_due() == 0
    solved.refresh_from_db()
    assert (solved.category, state()) == (Category.CLOSED, ("done", ""))
    changed = Entry.objects.filter(stream_id=solved.pk, kind="status_changed").latest("pk")
    assert changed.cause.kind == "action_due"
    assert changed.cause.cause.kind == "status_changed"
    assert changed.actor_name == f"rule:{Rule.objects.get().pk}"
    drain()
    assert ScheduledAction.objects.count() == 1


def test_the_customer_writes_before(world, solved, later, drain):
    world.receive(solved, "Не работает всё равно!")
    drain()
    assert state() == ("cancelled", "customer")
    cancelled = Entry.objects.get(stream_id=solved.pk, kind="action_cancelled")
    assert cancelled.data["reason"] == "customer"
    later(days=2)
    assert scheduled.run_due() == 0


def test_the_customer_writes_and_no_worker_has_told_us_yet(world, solved, later):
    world.receive(solved, "Не работает всё равно!")
    later(days=2)
    assert scheduled.run_due() == 0
    assert state() == ("cancelled", "customer")


def test_a_thank_you_lets_it_be_closed(world, solved, later, drain):
    world.receive(solved, "Спасибо!")
    drain()
    later(days=2)
    assert scheduled.run_due() == 1


def test_somebody_works_on_it_again(world, solved, drain):
    commands.set_status(solved.pk, status=world.status(Category.OPEN), actor=world.as_anna)
    drain()
    assert state() == ("cancelled", "reopened")


def test_planning_again_replaces(world, solved, later, drain):
    later(hours=12)
    commands.set_status(solved.pk, status=world.status(Category.OPEN), actor=world.as_anna)
    commands.set_status(solved.pk, status=world.status(Category.RESOLVED), actor=world.as_anna)
    drain()
    # The worker came after both changes, so the rule saw a solved ticket twice: the last plan stands.
    plans = ScheduledAction.objects.order_by("pk").values_list("state", "reason")
    assert list(plans) == [("cancelled", "reopened"), ("cancelled", "replaced"), ("waiting", "")]
    later(hours=13)
    assert scheduled.run_due() == 0


def test_a_rule_that_is_gone_closes_nothing(world, solved, later):
    delete_rule(Rule.objects.get().pk, actor=world.as_anna)
    later(days=2)
    assert scheduled.run_due() == 0
    assert state() == ("cancelled", "rule-off")


def test_spam_is_not_closed(world, solved, later):
    commands.mark_spam(solved.pk, actor=world.as_anna)
    later(days=2)
    assert scheduled.run_due() == 0
    assert state() == ("cancelled", "hidden")


def test_old_traces_of_nothing_are_forgotten(world, rule, drain, later):
    rule(NOTE, when=is_("subject", "никогда"), name="a")
    rule(NOTE, name="b")
    world.ticket()
    drain()
    assert (prune_runs(), RuleRun.objects.count()) == (0, 2)
    later(days=8)
    assert prune_runs(batch=1) == 1
    assert RuleRun.objects.get().rule.name == "b"


def test_what_cannot_be_done_holds_up_nothing_else(world, rule, drain, later, monkeypatch):
    rule({"do": "close_after", "seconds": 60}, on="field_changed", field="status")
    tickets = [world.ticket() for _each in range(3)]
    for ticket in tickets:
        commands.set_status(ticket.pk, status=world.status(Category.RESOLVED), actor=world.as_anna)
    drain()
    later(hours=1)
    close = commands.set_status

    def fragile(ticket_id, **given):
        if ticket_id == tickets[0].pk:
            raise RuntimeError("a bug")
        return close(ticket_id, **given)

    monkeypatch.setattr(commands, "set_status", fragile)
    assert scheduled.run_due() == 2
    assert ScheduledAction.objects.get(state="waiting").ticket == tickets[0]


def test_a_time_rule_that_cannot_be_asked_holds_up_no_other(world, rule, sweep, monkeypatch):
    broken = rule(NOTE, on="time_since", since="opened", seconds=60, past=True, name="broken")
    rule(NOTE, on="time_since", since="opened", seconds=60, past=True, name="good")
    ticket = world.ticket(at=ago(hours=1))
    due = timed.due

    def fragile(one, *given):
        if one.id == broken.pk:
            raise RuntimeError("a bug")
        return due(one, *given)

    monkeypatch.setattr(timed, "due", fragile)
    sweep()
    assert notes(ticket) == 1
