"""Bulk jobs whatever happens to their workers: killed, slow, taken over, stopped; and what a ticket costs."""

from __future__ import annotations

import pytest
from django.db import connection

from people.models import Access, Membership, Role
from tests.bulk.conftest import (
    Act,
    Killed,
    State,
    begun,
    counts,
    lose_lease,
    of_kind,
    open_view,
    reasons,
    run,
    values,
)
from tickets import commands
from tickets.bulk import running, starting
from tickets.models import BulkItem, Ticket

# --- workers that die ----------------------------------------------------------------------------


def test_a_worker_killed_in_the_middle_leaves_each_ticket_to_be_done_once(world, tickets, monkeypatch):
    verb = commands.set_priority

    def killed(ticket_id, **given):
        done = verb(ticket_id, **given)
        if ticket_id == tickets[2].pk:
            raise Killed
        return done

    job = begun(world, tickets)
    with monkeypatch.context() as patch:
        patch.setattr(commands, "set_priority", killed)
        with pytest.raises(Killed):
            running.run_next()
    assert counts(job) == (2, 0, 0)
    assert values(tickets, "priority") == [4, 4, 2, 2, 2]
    assert not running.run_next()  # nobody takes it while the lease holds
    lose_lease(job)
    assert run(job).state == State.DONE
    assert counts(job) == (5, 0, 0)
    assert [of_kind("field_changed", stream_id=ticket.pk).count() for ticket in tickets] == [1] * 5


def test_a_worker_killed_while_gathering_goes_on_from_there(world, tickets, monkeypatch):
    monkeypatch.setattr(running, "GATHERED_AT_ONCE", 2)
    found, batches = running._beyond, iter([False, True])

    def killed(job):
        if next(batches):
            raise Killed
        return found(job)

    job = starting.of_view(world.anna, Act.PRIORITY, 4, view=open_view())
    with monkeypatch.context() as patch:
        patch.setattr(running, "_beyond", killed)
        with pytest.raises(Killed):
            running.run_next()
    assert job.items.count() == 2
    lose_lease(job)
    assert counts(run(job)) == (5, 0, 0)


def test_a_slow_worker_whose_job_another_has_taken_does_nothing_more(world, tickets):
    job = begun(world, tickets)
    slow = running.claim()
    lose_lease(job)
    assert run(job).state == State.DONE
    BulkItem.objects.filter(job=job, ticket=tickets[0]).update(state="waiting")
    Ticket.objects.filter(pk=tickets[0].pk).update(priority=1)
    running.work(slow)
    assert values(tickets[:1], "priority") == [1]


def test_a_job_that_kills_its_workers_is_given_up(world, tickets):
    job = begun(world, tickets)
    for _ in range(running.MOST_DEATHS):
        assert running.claim().pk == job.pk
        lose_lease(job)
    assert running.claim() is None
    job.refresh_from_db()
    assert job.state == State.FAILED


def test_large_jobs_take_turns(world, tickets):
    first, second = begun(world, tickets), begun(world, tickets, Act.SPAM, None)
    for expected in [(1, 0), (1, 1), (2, 1), (2, 2)]:
        running.run_next(seconds=0)
        assert (counts(first)[0], counts(second)[0]) == expected


def test_a_cancelled_job_stops_and_what_it_did_can_be_brought_back(world, tickets):
    job = begun(world, tickets)
    running.run_next(seconds=0)
    running.run_next(seconds=0)
    assert starting.cancel(job.pk)
    assert not starting.cancel(job.pk)
    assert not running.run_next()
    assert values(tickets, "priority") == [4, 4, 2, 2, 2]
    job.refresh_from_db()
    starting.undo(job)
    assert values(tickets, "priority") == [2] * 5


# --- what may be lost on the way -----------------------------------------------------------------


def test_who_may_no_longer_do_it_does_it_no_longer(world, tickets, monkeypatch):
    monkeypatch.setattr(running, "LOOKED_UP_AT_ONCE", 1)
    job = begun(world, tickets)
    running.run_next(seconds=0)
    world.anna.role = Role.EXPERT
    world.anna.save()
    running.run_next(seconds=0)
    Membership.objects.filter(user=world.anna).delete()
    world.anna.role = Role.AGENT
    world.anna.save()
    running.run_next(seconds=0)
    world.anna.is_active = False
    world.anna.save()
    job = run(job)
    assert counts(job) == (1, 0, 4)
    assert [reasons(job).get(ticket.pk) for ticket in tickets] == [
        None,
        "You may no longer do this.",
        "You no longer see this ticket.",
        "You may no longer do this.",
        "You may no longer do this.",
    ]


def test_an_expert_follows_and_changes_nothing(world):
    ticket = world.ticket(team=world.second_line)
    assert counts(begun(world, [ticket], Act.FOLLOW, None, owner=world.egor)) == (1, 0, 0)
    assert counts(begun(world, [ticket], Act.SPAM, None, owner=world.egor)) == (0, 0, 1)


# --- costs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [40, pytest.param(2000, marks=pytest.mark.slow)])
def test_however_many_tickets_each_costs_the_same(world, number):
    sample = world.ticket(team=world.first_line)
    fields = {
        field.attname: getattr(sample, field.attname)
        for field in Ticket._meta.concrete_fields
        if field.attname not in {"id", "is_hidden"}
    }
    Ticket.objects.bulk_create([Ticket(**fields) for _ in range(number - 1)], batch_size=500)
    world.anna.access = Access.ALL
    world.anna.save()
    job = starting.of_view(world.anna, Act.SPAM, None, view=open_view())
    claimed = running.claim()
    queries = 0

    def count(execute, *given):
        nonlocal queries
        queries += 1
        return execute(*given)

    with connection.execute_wrapper(count):
        running.gather(claimed)
        assert queries <= 3 * 10
        running.work(claimed, seconds=3600)
    assert counts(job) == (number, 0, 0)
    assert queries <= number * 25
