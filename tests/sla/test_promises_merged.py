"""A promise of a ticket merged away has a clock on either ticket; the survivor's alone speaks for it."""

from __future__ import annotations

import pytest

from journal.drain import replay
from journal.models import Entry
from sla import commands as sla
from sla import firing
from sla.deriving import COLUMNS
from sla.models import Clock, Promise
from tests.sla.story import at
from tests.world import World
from tickets import commands
from tickets.models import Ticket

MONDAY = at("2026-03-09 09:00")
DUE = at("2026-03-09 15:00")
LATE, MERGED, LATER = at("2026-03-10 09:00"), at("2026-03-10 10:00"), at("2026-03-10 11:00")

pytestmark = pytest.mark.django_db


@pytest.fixture
def gone(world: World) -> Ticket:
    return world.ticket(at=MONDAY)


@pytest.fixture
def kept(world: World) -> Ticket:
    return world.ticket(at=MONDAY)


@pytest.fixture
def promise(world: World, gone: Ticket) -> Promise:
    return sla.make_promise(gone.pk, user=world.anna, due_at=DUE, at=at("2026-03-09 10:00"))


def clock(ticket, promise):
    return Clock.objects.get(ticket=ticket, target="promise", ordinal=promise.pk)


def told(*kinds):
    """Which of these were told, and on which ticket."""
    entries = Entry.objects.filter(stream_type="ticket", kind__in=kinds)
    return list(entries.order_by("pk").values_list("kind", "stream_id"))


def said(promise):
    promise.refresh_from_db()
    return promise.state, promise.ended_at


def state():
    clocks = Clock.objects.order_by("ticket", "target", "ordinal")
    dues = Ticket.objects.order_by("pk").values_list("pk", "due_at")
    promises = Promise.objects.order_by("pk").values()
    return [*clocks.values("ticket", "target", "ordinal", *COLUMNS), *promises, *dues]


def same_when_replayed(*tickets):
    """Whichever is replayed last."""
    before, count = state(), Entry.objects.count()
    for order in (tickets, tickets[::-1]):
        for ticket in order:
            replay("sla", "ticket", ticket.pk)
        assert state() == before
    return Entry.objects.count() == count


def test_missed_before_the_merge_and_found_by_the_sweep_after_it_is_told_once(world, gone, kept, promise):
    world.reply(gone, at=LATE)
    commands.merge(gone.pk, into=kept.pk, actor=world.as_anna, at=MERGED)
    assert (clock(gone, promise).state, clock(kept, promise).state) == ("breached", "breached")
    firing.fire(LATER)
    assert told("promise_broken") == [("promise_broken", kept.pk)]
    assert said(promise) == ("broken", DUE)
    assert same_when_replayed(gone, kept)
    assert firing.fire(LATER) == 0, "nor after a replay"


def test_what_the_survivor_told_stays_told_when_the_merge_is_undone(world, gone, kept, promise):
    world.reply(gone, at=LATE)
    commands.merge(gone.pk, into=kept.pk, actor=world.as_anna, at=MERGED)
    firing.fire(LATER)
    commands.unmerge(gone.pk, actor=world.as_anna, at=at("2026-03-10 12:00"))
    assert clock(gone, promise).breached_due == DUE
    assert not Clock.objects.filter(ticket=kept, target="promise").exists()
    assert firing.fire(at("2026-03-10 13:00")) == 0
    assert same_when_replayed(gone, kept)


def test_untold_when_the_merge_is_undone_it_is_told_by_its_own_ticket(world, gone, kept, promise):
    world.reply(gone, at=LATE)
    commands.merge(gone.pk, into=kept.pk, actor=world.as_anna, at=MERGED)
    assert clock(gone, promise).next_at is None
    commands.unmerge(gone.pk, actor=world.as_anna, at=LATER)
    firing.fire(at("2026-03-10 12:00"))
    assert told("promise_broken") == [("promise_broken", gone.pk)]
    assert same_when_replayed(gone, kept)


def test_a_late_reply_withdrawn_after_the_merge_leaves_it_open(world, gone, kept, promise):
    late = world.reply(gone, at=LATE)
    assert said(promise) == ("broken", DUE)
    commands.merge(gone.pk, into=kept.pk, actor=world.as_anna, at=MERGED)
    commands.withdraw_reply(late.pk, actor=world.as_anna, at=LATER)
    assert said(promise) == ("open", None)
    assert same_when_replayed(gone, kept)
    assert firing.fire(LATER) == 2, "warned and broken, by the survivor"
    assert told("sla_warned", "promise_broken") == [("sla_warned", kept.pk), ("promise_broken", kept.pk)]
    assert same_when_replayed(gone, kept)


def test_a_breach_taken_back_before_the_merge_is_not_taken_back_again(world, gone, kept, promise):
    firing.fire(DUE)
    answered = world.ticket(at=MONDAY)
    world.reply(answered, at=at("2026-03-09 14:00"))
    commands.merge(answered.pk, into=gone.pk, actor=world.as_anna, at=LATE)
    assert told("sla_breach_withdrawn") == [("sla_breach_withdrawn", gone.pk)]
    commands.merge(gone.pk, into=kept.pk, actor=world.as_anna, at=MERGED)
    assert told("sla_breach_withdrawn") == [("sla_breach_withdrawn", gone.pk)]
    assert said(promise) == ("kept", at("2026-03-09 14:00"))
    assert same_when_replayed(answered, gone, kept)


def test_a_reply_withdrawn_while_its_ticket_is_spam_does_not_keep_it(world, gone, promise):
    reply = world.reply(gone, at=at("2026-03-09 11:00"))
    commands.mark_spam(gone.pk, actor=world.as_anna, at=at("2026-03-09 11:01"))
    assert said(promise) == ("kept", at("2026-03-09 11:00"))
    commands.withdraw_reply(reply.pk, actor=world.as_anna, at=at("2026-03-09 11:02"))
    assert said(promise) == ("open", None)
    assert same_when_replayed(gone)
