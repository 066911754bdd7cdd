"""Due times set by hand, and promises, on tickets."""

from __future__ import annotations

import pytest

from sla import commands as sla
from sla import firing
from sla.models import Promise
from tests.sla.conftest import make_policy
from tests.sla.counted import MONDAY, clock, due, kinds, same_when_replayed
from tests.sla.story import at
from tickets import commands, errors

# --- by hand ------------------------------------------------------------------------------------


def test_a_due_time_by_hand(world, office):
    make_policy(first_response=4, resolution=8)
    ticket = world.ticket(at=MONDAY)
    at_ten = {"actor": world.as_anna, "at": at("2026-03-09 10:00")}
    until = at("2026-03-12 12:00")
    for wrong in (
        {"target": "resolution", "due_at": until, "reason": "  "},
        {"target": "resolution", "due_at": at("2026-03-09 09:59"), "reason": "x"},
        {"target": "promise", "due_at": until, "reason": "x"},
        {"target": "next_response", "due_at": until, "reason": "x"},
    ):
        with pytest.raises(errors.Invalid):
            sla.set_due(ticket.pk, **wrong, **at_ten)
    for _ in range(2):
        sla.set_due(ticket.pk, target="resolution", due_at=until, reason="Ждём деталь", **at_ten)
    assert len(kinds(ticket, "sla_due_set")) == 1
    by_hand = clock(ticket, "resolution")
    assert (by_hand.due_at, by_hand.due_by_hand) == (until, True)
    assert same_when_replayed(ticket)
    sla.set_due(ticket.pk, target="resolution", due_at=None, reason="Деталь пришла", **at_ten)
    assert (clock(ticket, "resolution").due_at, clock(ticket, "resolution").due_by_hand) == (
        at("2026-03-09 17:00"), False,
    )  # fmt: skip


def test_by_hand_without_any_policy(world):
    ticket = world.ticket(at=MONDAY)
    until = at("2026-03-12 12:00")
    sla.set_due(
        ticket.pk, target="resolution", due_at=until, reason="Обещано", actor=world.as_anna, at=MONDAY
    )
    assert due(ticket) == until
    assert firing.fire(until) == 2
    assert same_when_replayed(ticket)


def test_a_promise_is_kept_by_the_next_reply(world, office):
    ticket = world.ticket(at=MONDAY)
    reply = world.reply(ticket, at=at("2026-03-09 10:00"))
    until = at("2026-03-09 15:00")
    for _ in range(2):
        promise = sla.make_promise(
            ticket.pk,
            user=world.anna,
            due_at=until,
            text="Перезвоню",
            message=reply,
            at=at("2026-03-09 10:00"),
        )
    assert Promise.objects.count() == 1
    assert (clock(ticket, "promise", promise.pk).state, due(ticket)) == ("running", until)
    answer = world.reply(ticket, at=at("2026-03-09 14:00"))
    promise.refresh_from_db()
    assert (promise.state, promise.ended_at) == ("kept", at("2026-03-09 14:00"))
    [(_kind, data, _at)] = kinds(ticket, "promise_kept")
    assert data == {"promise_id": promise.pk, "by_hand": False}
    commands.withdraw_reply(answer.pk, actor=world.as_anna, at=at("2026-03-09 14:00:05"))
    promise.refresh_from_db()
    assert (promise.state, promise.ended_at, due(ticket)) == ("open", None, until)
    assert firing.fire(until) == 2
    promise.refresh_from_db()
    assert (promise.state, promise.ended_at, due(ticket)) == ("broken", until, None)
    assert [(kind, when) for kind, _data, when in kinds(ticket, "promise_broken", "sla_breached")] == [
        ("promise_broken", until)
    ]
    assert same_when_replayed(ticket)


def test_a_promise_by_hand_and_withdrawn(world):
    ticket = world.ticket(at=MONDAY)
    made = [
        sla.make_promise(ticket.pk, user=world.anna, due_at=at("2026-03-09 15:00"), at=at("2026-03-09 10:00"))
        for _ in range(2)
    ]
    kept = sla.keep_promise(made[0].pk, actor=world.as_anna, at=at("2026-03-09 11:00"))
    gone = sla.withdraw_promise(made[1].pk, actor=world.as_anna, at=at("2026-03-09 11:00"))
    assert (kept.state, gone.state) == ("kept", "withdrawn")
    assert sla.withdraw_promise(made[0].pk, actor=world.as_anna).state == "kept"
    assert due(ticket) is None
    assert same_when_replayed(ticket)


def test_a_promise_outlives_a_merge(world):
    gone, kept = world.ticket(at=MONDAY), world.ticket(at=MONDAY)
    promise = sla.make_promise(
        gone.pk, user=world.anna, due_at=at("2026-03-09 15:00"), at=at("2026-03-09 10:00")
    )
    commands.merge(gone.pk, into=kept.pk, actor=world.as_anna, at=at("2026-03-09 11:00"))
    assert (due(kept), due(gone)) == (at("2026-03-09 15:00"), None)
    world.reply(kept, at=at("2026-03-09 12:00"))
    promise.refresh_from_db()
    assert promise.state == "kept"
    assert same_when_replayed(kept) and same_when_replayed(gone)
