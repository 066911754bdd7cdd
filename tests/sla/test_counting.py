"""From entries to clocks: what happens to a ticket, by which policy and calendar it counts."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from calendars.arithmetic import Definition
from channels_in.commands import delivery_failed, delivery_retried
from journal.models import Entry
from sla import commands as sla
from sla import firing, use
from sla.models import Clock
from tests.sla.conftest import add_version, make_policy, store, target
from tests.sla.counted import MONDAY, clock, content, due, kinds, rows, same_when_replayed, sla_queries
from tests.sla.story import at, week
from tickets import commands
from tickets.models import Category


def test_a_mail_starts_its_clocks(world, office):
    version = make_policy(first_response=4, next_response=2, resolution=16)
    ticket = world.ticket(at=at("2026-03-06 17:30"))
    first = clock(ticket)
    assert (first.state, first.due_at) == ("running", at("2026-03-09 12:30"))
    assert (first.target_seconds, first.policy_version) == (4 * 3600, version)
    assert first.calendar_version == office.current
    assert first.next_at == first.warn_at == at("2026-03-09 11:42")
    assert clock(ticket, "resolution").due_at == at("2026-03-10 15:30")
    assert due(ticket) == first.due_at
    [(_kind, data, happened)] = kinds(ticket, "sla_policy_applied")
    assert (data["reason"], data["policy_version_id"], happened) == ("opened", version.pk, ticket.opened_at)


def test_the_page_example_as_rows(world, office):
    make_policy(first_response=4, next_response=4, resolution=target(16))
    ticket = world.ticket(at=at("2026-03-06 17:30"))
    commands.post_automatic(ticket.pk, content=content(), actor=world.as_anna, at=at("2026-03-06 17:30:05"))
    world.reply(ticket, at=at("2026-03-09 10:00"))
    commands.set_status(
        ticket.pk, status=world.status(Category.PENDING), actor=world.as_anna, at=at("2026-03-09 10:00")
    )
    world.receive(ticket, "А теперь?", at=at("2026-03-10 11:00"))
    world.reply(ticket, at=at("2026-03-10 12:00"), status=world.status(Category.RESOLVED))
    solved = clock(ticket, "resolution")
    assert (solved.elapsed_seconds, solved.counted_seconds, solved.state) == (325_800, 45_000, "met")
    world.receive(ticket, "Не помогло, всё равно не работает", at=at("2026-03-11 09:00"))
    world.reply(ticket, at=at("2026-03-11 10:00"), status=world.status(Category.RESOLVED))

    first = clock(ticket)
    assert (first.elapsed_seconds, first.counted_seconds, first.state) == (232_200, 5_400, "met")
    for ordinal in (1, 2):
        response = clock(ticket, "next_response", ordinal)
        assert (response.elapsed_seconds, response.counted_seconds) == (3_600, 3_600)
    last = clock(ticket, "resolution")
    assert (last.elapsed_seconds, last.counted_seconds, last.state) == (405_000, 70_200, "breached")
    assert due(ticket) is None
    assert same_when_replayed(ticket)


def test_the_first_policy_that_fits_by_order(world, office):
    fast = {"field": "tier", "op": "is", "value": "gold"}
    gold = make_policy("Gold", conditions={"all": [fast]}, first_response=1)
    plain = make_policy("Standard", first_response=8)
    assert clock(world.ticket(at=MONDAY)).policy_version == gold
    assert clock(world.ticket(at=MONDAY, requester=world.peter)).policy_version == plain
    sla.order_policies([plain.policy_id, gold.policy_id], actor=world.as_anna)
    assert clock(world.ticket(at=MONDAY)).policy_version == plain
    sla.switch_policy(plain.policy_id, is_active=False, actor=world.as_anna)
    assert clock(world.ticket(at=MONDAY)).policy_version == gold


def test_priority_counts_again_and_a_lost_breach_is_withdrawn(world, office):
    make_policy(first_response={"seconds": {"normal": 4 * 3600, "urgent": 3600, "low": 40 * 3600}})
    ticket = world.ticket(at=MONDAY)
    commands.set_priority(ticket.pk, priority=4, actor=world.as_anna, at=at("2026-03-09 09:10"))
    assert clock(ticket).due_at == at("2026-03-09 10:00")
    assert firing.fire(at("2026-03-09 10:00")) == 1
    assert clock(ticket).breached_due == at("2026-03-09 10:00")

    commands.set_priority(ticket.pk, priority=1, actor=world.as_anna, at=at("2026-03-09 11:00"))
    later = clock(ticket)
    assert (later.due_at, later.breached_due) == (at("2026-03-13 13:00"), None)
    [(_kind, data, happened)] = kinds(ticket, "sla_breach_withdrawn")
    assert data == {
        "target": "first_response", "ordinal": 0, "reason": "priority",
        "old_due_at": "2026-03-09T10:00:00+00:00", "new_due_at": "2026-03-13T13:00:00+00:00",
    }  # fmt: skip
    assert happened == at("2026-03-09 11:00")
    entry = Entry.objects.get(kind="sla_breach_withdrawn")
    assert entry.actor == world.as_anna
    commands.set_priority(ticket.pk, priority=4, actor=world.as_anna, at=at("2026-03-09 12:00"))
    assert firing.fire(at("2026-03-09 12:00")) == 0, "told once for this time"
    assert same_when_replayed(ticket)


def test_the_organisation_of_another_requester_counts(world, office):
    gold = {"field": "tier", "op": "is", "value": "gold"}
    make_policy("Gold", conditions=gold, first_response=1)
    ticket = world.ticket(at=MONDAY, requester=world.peter)
    assert not Clock.objects.exists()
    commands.set_requester(ticket.pk, contact=world.vera, actor=world.as_anna, at=at("2026-03-09 09:30"))
    assert clock(ticket).due_at == at("2026-03-09 10:00")
    commands.set_requester(ticket.pk, contact=world.peter, actor=world.as_anna, at=at("2026-03-09 09:40"))
    assert not Clock.objects.exists()
    assert due(ticket) is None
    assert same_when_replayed(ticket)


def test_the_teams_calendar_before_the_default_one(world, office):
    late = store(Definition("UTC", week((12, 20))), "Late", is_default=False)
    world.second_line.calendar = late
    world.second_line.save()
    make_policy(first_response=2)
    ticket = world.ticket(at=MONDAY)
    assert clock(ticket).due_at == at("2026-03-09 11:00")
    commands.set_team(ticket.pk, team=world.second_line, actor=world.as_anna, at=at("2026-03-09 09:05"))
    assert (clock(ticket).due_at, clock(ticket).calendar_version) == (at("2026-03-09 14:00"), late.current)


def test_a_withdrawn_reply_never_was(world, office):
    make_policy(first_response=4)
    ticket = world.ticket(at=MONDAY)
    reply = world.reply(ticket, at=at("2026-03-09 10:00"))
    assert clock(ticket).state == "met"
    commands.withdraw_reply(reply.pk, actor=world.as_anna, at=at("2026-03-09 10:00:05"))
    assert (clock(ticket).state, due(ticket)) == ("running", at("2026-03-09 13:00"))
    assert same_when_replayed(ticket)


def test_a_hard_bounce_is_no_reply_and_one_in_copy_is(world, office):
    make_policy(first_response=40)
    ticket = world.ticket(at=MONDAY)
    reply = world.reply(ticket, at=at("2026-03-09 10:00"))
    delivery_failed(reply, ["colleague@severgrad.example"], words="no such user")
    assert clock(ticket).state == "met"
    delivery_failed(reply, ["vera@severgrad.example"], words="busy", permanent=False)
    assert clock(ticket).state == "met"
    delivery_failed(reply, ["Vera@Severgrad.example"], words="no such user")
    assert clock(ticket).state == "running"
    delivery_retried(reply, actor=world.as_anna)
    assert clock(ticket).state in {"met", "breached"}
    assert clock(ticket).stopped_at > at("2026-03-09 10:00")
    assert same_when_replayed(ticket)


def test_notes_and_side_threads_are_no_replies(world, office):
    make_policy(first_response=4)
    ticket = world.ticket(at=MONDAY)
    side = commands.open_side_thread(ticket.pk, contact=world.peter, subject="Деталь", user=world.anna)
    commands.post_reply(ticket.pk, user=world.anna, content=content(), side_thread=side)
    commands.post_note(ticket.pk, user=world.anna, content=content())
    assert clock(ticket).state == "running"


def test_spam_stops_the_clocks_and_is_forgotten_when_it_was_none(world, office):
    make_policy(first_response=4, resolution=16)
    ticket = world.ticket(at=MONDAY)
    before = rows(ticket)
    commands.mark_spam(ticket.pk, actor=world.as_anna, at=at("2026-03-09 09:30"))
    assert {row["state"] for row in rows(ticket)} == {"cancelled"}
    assert (due(ticket), Clock.objects.exclude(next_at=None).count()) == (None, 0)
    assert firing.fire(at("2026-04-01 00:00")) == 0
    commands.unmark_spam(ticket.pk, actor=world.as_anna, at=at("2026-03-09 10:30"))
    assert rows(ticket) == before
    assert due(ticket) == at("2026-03-09 13:00")


def test_what_was_resolved_keeps_its_version_and_reopened_takes_the_new_one(world, office):
    old = make_policy(resolution=8)
    ticket = world.ticket(at=MONDAY)
    world.reply(ticket, at=at("2026-03-09 10:00"), status=world.status(Category.RESOLVED))
    new = make_policy(policy_id=old.policy_id, resolution=2)
    assert (new.number, clock(ticket, "resolution").policy_version) == (2, old)
    world.receive(ticket, "Не работает", at=at("2026-03-09 12:00"))
    running = clock(ticket, "resolution")
    assert (running.policy_version, running.due_at) == (new, at("2026-03-09 13:00"))
    assert kinds(ticket, "sla_policy_applied")[-1][1]["reason"] == "reopened"


# --- what it costs ------------------------------------------------------------------------------


def test_without_a_policy_nothing_is_counted(world, office, monkeypatch):
    monkeypatch.setattr(use, "_found", False)
    monkeypatch.setattr(use, "_asked_at", float("-inf"))
    ticket = world.ticket(at=MONDAY)
    world.reply(ticket)
    assert not Clock.objects.exists()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        world.receive(ticket, "Ещё вопрос")
    assert sum("sla_" in q["sql"] for q in queries) == 0, "asked once a second, not at each message"
    assert due(ticket) is None


def test_what_a_mail_costs(world, office):
    make_policy(first_response=4, next_response=2, resolution=16)
    ticket = world.ticket(at=MONDAY)
    _total, ours = sla_queries(lambda: world.receive(ticket, "Ещё вопрос", at=at("2026-03-09 09:30")))
    assert len(ours) == 1, ours  # is a response waited for already?
    _total, ours = sla_queries(lambda: world.ticket(at=MONDAY))
    # policies, calendar, the applied policy's entry, two clocks; then once whether a response is waited for
    assert len(ours) <= 5, ours
    _total, ours = sla_queries(lambda: world.reply(ticket, at=at("2026-03-09 10:00")))
    assert len(ours) <= 4, ours


def test_a_new_calendar_version_gives_another_due_time_to_new_tickets(world, office):
    make_policy(first_response=4)
    add_version(office, Definition("UTC", week((9, 18)), days={MONDAY.date(): ()}))
    assert clock(world.ticket(at=MONDAY)).due_at == at("2026-03-10 13:00")


def test_time_of_a_late_mail(world, office):
    """Received before the reply, read after it: it waits for an answer since it was received."""
    make_policy(first_response=4, next_response=1)
    ticket = world.ticket(at=MONDAY)
    world.reply(ticket, at=at("2026-03-09 10:00:20"))
    world.receive(ticket, "Ещё", at=at("2026-03-09 10:00"))
    assert clock(ticket, "next_response", 1).due_at == at("2026-03-09 11:00")
    assert clock(ticket, "next_response", 1).warn_at == at("2026-03-09 10:48")
    assert ticket.opened_at + timedelta(0) == MONDAY
