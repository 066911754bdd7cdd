"""Clocks of tickets that were merged, parted and split."""

from __future__ import annotations

from channels_in.commands import delivery_failed
from sla.models import Clock
from tests.sla.conftest import make_policy
from tests.sla.counted import MONDAY, clock, due, rows, same_when_replayed
from tests.sla.story import at
from tickets import commands

# --- merging and splitting ----------------------------------------------------------------------


def test_a_merge_and_its_undoing(world, office):
    make_policy(first_response=9, next_response=4, resolution=27)
    older = world.ticket(at=MONDAY)
    newer = world.ticket(at=at("2026-03-10 10:00"))
    apart = rows(older), rows(newer)
    commands.merge(older.pk, into=newer.pk, actor=world.as_anna, at=at("2026-03-10 10:30"))
    first = clock(newer)
    assert (first.started_at, first.due_at) == (MONDAY, at("2026-03-09 18:00"))
    assert {row["state"] for row in rows(older)} == {"cancelled"}
    assert (due(older), due(newer)) == (None, at("2026-03-09 18:00"))
    assert same_when_replayed(older) and same_when_replayed(newer)

    commands.unmerge(older.pk, actor=world.as_anna, at=at("2026-03-10 11:00"))
    assert (rows(older), rows(newer)) == apart
    assert same_when_replayed(older) and same_when_replayed(newer)


def test_what_came_while_merged_goes_with_its_ticket(world, office):
    make_policy(first_response=9, next_response=4, resolution=27)
    gone, kept = world.ticket(at=MONDAY), world.ticket(at=at("2026-03-09 09:30"))
    world.reply(gone, at=at("2026-03-09 09:15"))
    commands.merge(gone.pk, into=kept.pk, actor=world.as_anna, at=at("2026-03-09 10:00"))
    assert clock(kept).stopped_at == at("2026-03-09 09:15"), "the family's first reply"
    assert clock(kept).policy_version is not None, "under the policy that held then"
    world.receive(gone, "Ответ на первое письмо", at=at("2026-03-09 11:00"))
    assert Clock.objects.filter(ticket=kept, target="next_response").count() == 1

    commands.unmerge(gone.pk, actor=world.as_anna, at=at("2026-03-09 12:00"))
    assert clock(gone, "next_response", 1).started_at == at("2026-03-09 11:00")
    assert not Clock.objects.filter(ticket=kept, target="next_response").exists()
    assert clock(kept).state == "running"
    assert same_when_replayed(gone) and same_when_replayed(kept)


def test_a_bounce_after_the_merge_reaches_the_survivor(world, office, drain):
    make_policy(first_response=900)
    gone, kept = world.ticket(at=MONDAY), world.ticket(at=at("2026-03-09 09:30"))
    reply = world.reply(gone, at=at("2026-03-09 09:15"))
    commands.merge(gone.pk, into=kept.pk, actor=world.as_anna, at=at("2026-03-09 10:00"))
    delivery_failed(reply, ["vera@severgrad.example"], words="no such user")
    drain()
    assert clock(kept).state == "running"


def test_what_is_split_off_has_its_own_history(world, office):
    make_policy(first_response=4, next_response=4, resolution=27)
    ticket = world.ticket(at=MONDAY)
    world.reply(ticket, at=at("2026-03-09 10:00"))
    other = world.receive(ticket, "И ещё вопрос про счёт", at=at("2026-03-09 11:00"))
    assert clock(ticket, "next_response", 1).state == "running"
    new = commands.split(ticket.pk, message_ids=[other.pk], actor=world.as_anna, at=at("2026-03-09 11:30"))
    assert not Clock.objects.filter(ticket=ticket, target="next_response").exists()
    first = clock(new)
    assert (first.started_at, first.state, first.due_at) == (
        at("2026-03-09 11:00"), "running", at("2026-03-09 15:00"),
    )  # fmt: skip
    world.reply(new, at=at("2026-03-09 12:00"))
    assert clock(new).state == "met"
    assert same_when_replayed(ticket) and same_when_replayed(new)
