"""Clocks as rows: what the journal of a living ticket makes of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calendars.arithmetic import Definition
from channels_in.commands import delivery_failed, delivery_retried
from journal.drain import replay
from journal.models import Entry
from sla import commands as sla
from sla import firing, use
from sla.deriving import COLUMNS
from sla.models import Clock, Promise
from tests.sla.conftest import add_version, make_policy, store, target
from tests.sla.story import at, week
from tickets import commands, errors
from tickets.content import Content
from tickets.models import Category

MONDAY = at("2026-03-09 09:00")


def clock(ticket, name="first_response", ordinal=0):
    return Clock.objects.get(ticket=ticket, target=name, ordinal=ordinal)


def rows(ticket):
    return list(
        Clock.objects.filter(ticket=ticket)
        .order_by("target", "ordinal")
        .values("target", "ordinal", *COLUMNS)
    )


def kinds(ticket, *names):
    entries = Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk, kind__in=names)
    return [(entry.kind, entry.data, entry.happened_at) for entry in entries.order_by("sequence")]


def due(ticket):
    ticket.refresh_from_db()
    return ticket.due_at


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


def content(text="Мы получили ваше письмо."):
    return Content(text=text)


def same_when_replayed(ticket):
    """Whether a replay gives the same rows and due time, also from nothing, and records nothing."""
    before, until = rows(ticket), due(ticket)
    promises = list(Promise.objects.order_by("pk").values())
    count = Entry.objects.count()
    replay("sla", "ticket", ticket.pk)
    assert rows(ticket) == before
    Clock.objects.filter(ticket=ticket).delete()
    replay("sla", "ticket", ticket.pk)
    assert list(Promise.objects.order_by("pk").values()) == promises
    return rows(ticket) == before and due(ticket) == until and Entry.objects.count() == count


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


def sla_queries(act):
    with CaptureQueriesContext(connection) as queries:
        act()
    sla_part = [q["sql"] for q in queries if "sla_" in q["sql"] or "calendars_" in q["sql"]]
    return len(queries), sla_part


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
