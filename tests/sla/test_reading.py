"""What screens read: time left, bars, conditions, the timeline, the forecast."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from sla import commands as sla
from sla import firing, reading
from sla.forecast import forecast
from sla.models import Clock
from tests.sla.conftest import make_policy
from tests.sla.story import at
from tickets import commands, conditions, timeline
from tickets.models import Category, Ticket

MONDAY = at("2026-03-09 09:00")
HOUR = timedelta(hours=1)


def test_left_in_working_time(world, office):
    make_policy(first_response=4, resolution=16)
    ticket = world.ticket(at=at("2026-03-06 17:30"))
    others = [world.ticket(at=MONDAY) for _ in range(5)]
    with CaptureQueriesContext(connection) as queries:
        found = reading.most_pressing([ticket.pk, *(one.pk for one in others)], now=at("2026-03-07 12:00"))
    assert len(queries) == 1
    one = found[ticket.pk]
    assert (one.row.target, one.left, one.is_overdue) == ("first_response", 3.5 * HOUR, False)
    late = reading.most_pressing([ticket.pk], now=at("2026-03-10 09:30"))[ticket.pk]
    assert (late.left, late.is_overdue) == (-6 * HOUR, True)
    assert late.used == 2.5


def test_the_bars_of_a_ticket(world, office):
    make_policy(first_response=4, resolution=16)
    ticket = world.ticket(at=at("2026-03-06 17:30"))
    world.reply(ticket, at=at("2026-03-09 10:00"))
    pending = world.status(Category.PENDING)
    commands.set_status(ticket.pk, status=pending, actor=world.as_anna, at=at("2026-03-09 10:00"))
    promise = sla.make_promise(
        ticket.pk, user=world.anna, due_at=at("2026-03-09 15:00"), at=at("2026-03-09 10:00")
    )
    first, resolution, promised = sorted(
        reading.clocks_of(ticket, now=at("2026-03-09 11:00")),
        key=lambda one: ["first_response", "resolution", "promise"].index(one.row.target),
    )
    assert (first.row.state, first.used, len(first.stretches)) == ("met", 1.5 / 4, 3)
    assert (resolution.row.state, resolution.left) == ("paused", 14.5 * HOUR)
    assert [piece.why for piece in resolution.stretches] == [None, "closed", None, Category.PENDING]
    assert (promised.promise, promised.left) == (promise, 4 * HOUR)


def test_conditions_about_clocks(world, office):
    make_policy(first_response=4)
    ticket = world.ticket(at=MONDAY)
    other = world.ticket(at=at("2026-03-10 09:00"))
    sla.make_promise(other.pk, user=world.anna, due_at=at("2026-03-20 15:00"), at=at("2026-03-10 10:00"))

    def ask(tree, now):
        conditions.validate(tree)
        asked = set(
            Ticket.objects.filter(conditions.to_q(tree, conditions.Context(now))).values_list("pk", flat=True)
        )
        snapshots = conditions.snapshots([ticket.pk, other.pk], conditions.Asked(now))
        seen = {
            pk for pk, one in snapshots.items() if conditions.evaluate(tree, one, conditions.Context(now))
        }
        assert asked == seen
        return asked

    breached = {"field": "sla_breached", "op": "is", "value": True}
    assert ask(breached, at("2026-03-09 12:59")) == set()
    assert ask(breached, at("2026-03-09 13:00:01")) == {ticket.pk}
    world.reply(ticket, at=at("2026-03-09 14:00"))
    assert ask(breached, at("2026-03-09 14:00")) == {ticket.pk}
    assert ask({"field": "promise_open", "op": "is", "value": True}, MONDAY) == {other.pk}
    assert ask({"field": "sla_at_risk", "op": "is", "value": True}, MONDAY) == set()
    assert ask({"field": "due", "op": "not_empty"}, MONDAY) == {other.pk}
    assert ask({"field": "due", "op": "before", "value": "2026-03-10T14:00:00+00:00"}, MONDAY) == {other.pk}


def test_the_timeline_tells(world, office):
    make_policy("Обычная", first_response=4, resolution=8)
    ticket = world.ticket(at=MONDAY)
    firing.fire(at("2026-03-09 13:00"))
    sla.set_due(
        ticket.pk, target="resolution", due_at=at("2026-03-12 12:00"), reason="Ждём деталь",
        actor=world.as_anna, at=at("2026-03-09 14:00"),
    )  # fmt: skip
    promise = sla.make_promise(
        ticket.pk, user=world.anna, due_at=at("2026-03-10 15:00"), text="Позвоню", at=at("2026-03-09 14:00")
    )
    sla.keep_promise(promise.pk, actor=world.as_anna, at=at("2026-03-09 15:00"))
    with translation.override("en"):
        lines = [item.text for item in timeline.timeline(ticket) if item.message is None]
    for start in (
        "SLA policy: Обычная", "First response: due", "First response: overdue", "Resolution: due",
        "Anna Lind promised by", "Promise kept",
    ):  # fmt: skip
        assert any(line.startswith(start) for line in lines), (start, lines)


def test_at_risk_when_the_queue_does_not_fit_at_the_present_pace(world, office):
    """Nine answers in nine working hours of the last day: one an hour. Four wait, due in 2 h 30."""
    make_policy(first_response=2.5)
    for hour in range(9):
        done = world.ticket(at=at(f"2026-03-09 {hour + 9:02}:00"), team=world.first_line)
        world.reply(done, at=at(f"2026-03-09 {hour + 9:02}:30"))
    now = at("2026-03-10 09:00")
    waiting = [world.ticket(at=now, team=world.first_line) for _ in range(4)]
    elsewhere = world.ticket(at=now, team=world.second_line)
    assert forecast(now) == 4
    rows = {row.ticket_id: row for row in Clock.objects.filter(state="running")}
    assert [rows[ticket.pk].at_risk for ticket in waiting] == [False, False, True, True]
    assert [rows[ticket.pk].forecast_at for ticket in waiting] == [now + n * HOUR for n in (1, 2, 3, 4)]
    assert (rows[elsewhere.pk].at_risk, rows[elsewhere.pk].forecast_at) == (False, None)
    assert forecast(now) == 0, "nothing changed, nothing written"
    world.reply(waiting[3], at=at("2026-03-10 09:10"))
    gone = Clock.objects.get(ticket=waiting[3])
    assert (gone.at_risk, gone.forecast_at) == (False, None)
    late = at("2026-03-10 12:00")
    forecast(late)
    assert not Clock.objects.filter(at_risk=True).exists(), "overdue is no risk any more"


def test_a_promise_of_a_ticket_merged_in_is_read_with_its_words(world, office):
    make_policy(first_response=4)
    survivor, merged = world.ticket(at=MONDAY), world.ticket(at=MONDAY)
    due_at = at("2026-03-09 15:00")
    promise = sla.make_promise(merged.pk, user=world.anna, due_at=due_at, text="Перезвоню", at=MONDAY)
    commands.merge(merged.pk, into=survivor.pk, actor=world.as_anna, at=MONDAY + HOUR)
    found = {one.row.target: one.promise for one in reading.clocks_of(survivor, now=MONDAY + HOUR)}
    assert found["promise"] == promise


def test_who_is_due_much_later_now_is_at_risk_no_more(world, office):
    """The forecast looks at what is due soon: what it said before must not stay for ever."""
    make_policy(first_response=4)
    ticket = world.ticket(at=MONDAY)
    Clock.objects.update(at_risk=True, forecast_at=at("2026-03-09 16:00"))
    late = {"target": "first_response", "due_at": at("2026-04-09 12:00")}
    sla.set_due(ticket.pk, reason="Отпуск", actor=world.as_anna, at=MONDAY + HOUR, **late)
    row = Clock.objects.get()
    assert (row.state, row.at_risk, row.forecast_at) == ("running", False, None)
