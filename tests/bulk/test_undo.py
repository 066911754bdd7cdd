"""Bringing a bulk change back: what it changed, unless somebody has changed it since."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import clock
from journal.actor import Actor
from tests.bulk.conftest import Act, begun, counts, reasons, run, values
from tickets import commands
from tickets.bulk import running, starting
from tickets.models import BulkJob, Category

# --- the way back --------------------------------------------------------------------------------


def test_undo_leaves_and_names_what_somebody_has_changed_since(world, tickets):
    job = run(begun(world, tickets, owner=world.maria))
    commands.set_priority(tickets[0].pk, priority=1, actor=Actor.user(world.boris))
    commands.set_priority(tickets[1].pk, priority=3, actor=Actor.user(world.maria))
    commands.set_priority(tickets[2].pk, priority=1, actor=Actor.system("rule"))
    commands.set_priority(tickets[2].pk, priority=4, actor=Actor.system("rule"))  # and as it was again
    commands.set_subject(tickets[3].pk, subject="Другое", actor=Actor.user(world.boris))
    undoing = run(starting.undo(job))
    assert counts(undoing) == (2, 0, 3)
    assert values(tickets, "priority") == [1, 3, 4, 2, 2]
    assert reasons(undoing) == {
        tickets[0].pk: "Boris Petrov has changed this since.",
        tickets[1].pk: "You have changed this since.",
        tickets[2].pk: "A rule or a timer has changed this since.",
    }


def test_undo_touches_only_what_the_job_has_changed(world, tickets):
    commands.set_priority(tickets[0].pk, priority=4, actor=world.as_anna)
    undoing = run(starting.undo(run(begun(world, tickets))))
    assert values(tickets, "priority") == [4, 2, 2, 2, 2]
    assert undoing.total == 4


def test_what_was_solved_by_mistake_is_as_before_with_its_snooze(world, tickets):
    new, pending, closed_from, answered = tickets[:4]
    waited = new.waiting_since
    until = clock.now() + timedelta(hours=5)
    commands.set_status(pending.pk, status=world.status(Category.PENDING), actor=world.as_anna)
    commands.snooze(pending.pk, until=until, actor=world.as_anna)
    commands.set_status(closed_from.pk, status=world.status(Category.RESOLVED), actor=world.as_anna)
    job = run(begun(world, tickets[:4], Act.STATUS, world.status(Category.CLOSED).pk))
    world.reply(answered)
    run(starting.undo(job))
    # What was new is new again, and its customer waits; but nobody has to look at an answered one first.
    categories = [Category.NEW, Category.PENDING, Category.RESOLVED, Category.OPEN]
    assert values(tickets[:4], "category") == categories
    assert waited is not None
    assert values([new, answered], "waiting_since") == [waited, None]
    assert values([pending], "snoozed_until") == [until]


def test_a_customer_who_writes_ends_a_snooze_for_good(world, tickets):
    earlier = clock.now() + timedelta(hours=3)
    commands.snooze(tickets[0].pk, until=earlier, actor=world.as_anna)
    until = clock.now() + timedelta(hours=5)
    job = begun(world, tickets[:1], Act.SNOOZE, until.isoformat())
    world.receive(tickets[0], "Есть новости?")
    undoing = starting.undo(job)
    assert reasons(undoing) == {tickets[0].pk: "The customer has changed this since."}
    assert values(tickets[:1], "snoozed_until") == [None]


def test_undo_is_one_job_however_often_it_is_asked_for(world, tickets):
    job = run(begun(world, tickets))
    undoing = starting.undo(job)
    assert starting.undo(job).pk == undoing.pk
    running.run_next(seconds=0)
    starting.cancel(undoing.pk)
    assert starting.undo(job).pk == undoing.pk  # what was stopped goes on
    assert counts(run(undoing)) == (5, 0, 0)


def test_after_a_day_or_for_an_undo_there_is_no_way_back(world, tickets):
    job = begun(world, tickets[:1])
    undoing = starting.undo(job)
    with pytest.raises(starting.TicketError):
        starting.undo(undoing)
    BulkJob.objects.filter(pk=job.pk).update(finished_at=clock.now() - timedelta(days=1, minutes=1))
    job.refresh_from_db()
    with pytest.raises(starting.TicketError):
        starting.undo(job)


def test_what_is_out_of_ones_sight_does_not_come_back(world, tickets):
    """Handed to another team it is theirs: as with a single ticket, there is no way back."""
    job = begun(world, tickets[:1], Act.TEAM, world.second_line.pk)
    assert reasons(starting.undo(job)) == {tickets[0].pk: "You no longer see this ticket."}


def test_old_jobs_are_forgotten_with_their_undos(world, tickets):
    job = begun(world, tickets[:1])
    starting.undo(job)
    BulkJob.objects.filter(pk=job.pk).update(finished_at=clock.now() - running.KEPT - timedelta(days=1))
    recent = begun(world, tickets[1:2])
    running.forget_old()
    assert list(BulkJob.objects.all()) == [recent]
