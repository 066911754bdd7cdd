"""One act on many tickets: worked off once each, whatever happens meanwhile, and brought back on demand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from common import clock
from journal.actor import Actor
from journal.models import Entry
from people.models import Access, Membership, Role
from tickets import commands
from tickets.bulk import running, starting
from tickets.models import BulkItem, BulkJob, Category, Follower, Tagging, Ticket, View

Act, State = BulkJob.Act, BulkJob.State


class Killed(BaseException):
    """What ends a worker in the middle: nobody catches it."""


@pytest.fixture(autouse=True)
def large(monkeypatch):
    """Whatever has more than two tickets is large here, and needs a worker."""
    monkeypatch.setattr(running, "SMALL", 2)
    monkeypatch.setattr(starting, "SMALL", 2)


@pytest.fixture
def tickets(world):
    return [world.ticket(team=world.first_line) for _ in range(5)]


def open_view(**given):
    return View.objects.create(
        labels={"en": "Open"}, conditions={"field": "category", "op": "is", "value": "new"}, **given
    )


def begun(world, tickets, act=Act.PRIORITY, value=4, owner=None):
    return starting.of_tickets(owner or world.anna, act, value, numbers=[ticket.pk for ticket in tickets])


def run(job):
    while running.run_next():
        pass
    return BulkJob.objects.get(pk=job.pk)


def values(tickets, field):
    return [getattr(Ticket.objects.get(pk=ticket.pk), field) for ticket in tickets]


def counts(job):
    job.refresh_from_db()
    return job.done, job.same, job.refused


def reasons(job):
    return {
        item.ticket_id: item.reason % item.params
        for item in BulkItem.objects.filter(job=job, state=BulkItem.State.REFUSED)
    }


def of_kind(kind, **given):
    return Entry.objects.filter(stream_type="ticket", kind=kind, **given)


def lose_lease(job):
    BulkJob.objects.filter(pk=job.pk).update(claimed_until=clock.now() - timedelta(seconds=1))


# --- working off ---------------------------------------------------------------------------------


def test_two_tickets_are_changed_at_once_and_more_wait_for_a_worker(world, tickets):
    assert begun(world, tickets[:2]).state == State.DONE
    job = begun(world, tickets[2:])
    assert (job.state, job.done) == (State.WAITING, 0)
    assert run(job).state == State.DONE
    assert values(tickets, "priority") == [4] * 5


def test_every_change_is_its_owners_and_stands_in_the_journal_once(world, tickets):
    commands.set_priority(tickets[0].pk, priority=4, actor=world.as_anna)
    Entry.objects.filter(kind="field_changed").delete()
    job = run(begun(world, tickets))
    assert counts(job) == (4, 1, 0)
    assert {entry.actor for entry in of_kind("field_changed")} == {world.as_anna}
    assert of_kind("field_changed").count() == 4


@pytest.mark.parametrize(
    ("act", "value", "field", "expected"),
    [
        (Act.ASSIGN, "boris", "assignee_id", "boris"),
        (Act.ASSIGN, None, "assignee_id", None),
        (Act.TEAM, "first_line", "team_id", "first_line"),
        (Act.TEAM, None, "team_id", None),
        (Act.PRIORITY, 1, "priority", 1),
        (Act.SPAM, None, "is_spam", True),
    ],
)
def test_what_can_be_done_and_brought_back(world, act, value, field, expected):
    ticket = world.ticket(team=world.second_line, assignee=world.maria)
    before = getattr(ticket, field)
    value, expected = (getattr(world, one).pk if isinstance(one, str) else one for one in (value, expected))
    job = begun(world, [ticket], act, value, owner=world.maria)
    assert values([ticket], field) == [expected]
    starting.undo(job)
    assert values([ticket], field) == [before]


def test_tags_follow_and_snooze_and_back(world, tickets):
    tagged, plain = tickets[:2]
    commands.add_tag(tagged.pk, name="Кофе", actor=world.as_anna)
    until = clock.now() + timedelta(hours=5)
    jobs = [
        begun(world, [tagged, plain], act, value)
        for act, value in [(Act.ADD_TAG, "кофе"), (Act.FOLLOW, None), (Act.SNOOZE, until.isoformat())]
    ]
    assert counts(jobs[0]) == (1, 1, 0)
    assert Tagging.objects.count() == 2
    assert Follower.objects.filter(user=world.anna).count() == 2
    assert values([tagged, plain], "snoozed_until") == [until, until]
    for job in jobs:
        starting.undo(job)
    assert list(Tagging.objects.values_list("ticket", flat=True)) == [tagged.pk]
    assert not Follower.objects.exists()
    assert values([tagged, plain], "snoozed_until") == [None, None]
    removing = begun(world, [tagged, plain], Act.REMOVE_TAG, "КОФЕ")
    assert counts(removing) == (1, 1, 0)
    starting.undo(removing)
    assert list(Tagging.objects.values_list("ticket", flat=True)) == [tagged.pk]


def test_what_one_ticket_refuses_stops_no_other(world, tickets):
    closed, merged, away, *others = tickets
    commands.set_status(closed.pk, status=world.status(Category.CLOSED), actor=world.as_anna)
    commands.merge(merged.pk, into=others[0].pk, actor=world.as_anna)
    job = begun(world, tickets, Act.STATUS, world.status(Category.PENDING).pk)
    commands.set_team(
        away.pk, team=world.second_line, actor=world.as_anna
    )  # between the click and the worker
    job = run(job)
    assert counts(job) == (2, 0, 3)
    told = reasons(job)
    assert told[closed.pk].startswith("A ticket cannot go from")
    assert f"#{others[0].pk}" in told[merged.pk]
    assert told[away.pk] == "You no longer see this ticket."
    assert values([away], "category") == [Category.NEW]


def test_a_ticket_that_breaks_its_verb_stops_no_other(world, tickets, monkeypatch):
    verb = commands.set_priority

    def broken(ticket_id, **given):
        verb(ticket_id, **given)
        if ticket_id == tickets[1].pk:
            raise ZeroDivisionError

    monkeypatch.setattr(commands, "set_priority", broken)
    job = run(begun(world, tickets))
    assert counts(job) == (4, 0, 1)
    assert reasons(job) == {tickets[1].pk: "Something broke on our side."}
    assert values(tickets, "priority") == [4, 2, 4, 4, 4]


# --- all of a view -------------------------------------------------------------------------------


def test_all_of_a_view_as_it_was_when_it_was_chosen(world, tickets, monkeypatch):
    monkeypatch.setattr(running, "GATHERED_AT_ONCE", 2)
    hidden = world.ticket(team=world.second_line)
    view = open_view()
    job = starting.of_view(world.anna, Act.PRIORITY, 4, view=view)
    assert (job.state, job.total) == (State.WAITING, 5)
    View.objects.filter(pk=view.pk).update(conditions={"field": "category", "op": "is", "value": "closed"})
    late = world.ticket(team=world.first_line)
    job = run(job)
    assert (job.state, job.total, counts(job)) == (State.DONE, 5, (5, 0, 0))
    assert values([*tickets, hidden, late], "priority") == [4] * 5 + [2, 2]


def test_what_leaves_the_view_by_the_act_itself_is_not_lost(world, tickets, monkeypatch):
    """Solving takes a ticket out of the view: which tickets they are was settled before."""
    monkeypatch.setattr(running, "GATHERED_AT_ONCE", 2)
    job = run(starting.of_view(world.anna, Act.STATUS, world.status(Category.RESOLVED).pk, view=open_view()))
    assert counts(job) == (5, 0, 0)


def test_my_tickets_are_those_of_whoever_chose_them(world, tickets):
    commands.assign(tickets[0].pk, to=world.anna, actor=world.as_anna)
    commands.assign(tickets[1].pk, to=world.maria, actor=world.as_anna)
    job = run(starting.of_view(world.anna, Act.PRIORITY, 4, view=View.objects.get(key="mine")))
    assert list(job.items.values_list("ticket", flat=True)) == [tickets[0].pk]


# --- limits --------------------------------------------------------------------------------------


def test_more_tickets_than_one_job_may_have(world, tickets, monkeypatch):
    monkeypatch.setattr(starting, "MOST", 4)
    with pytest.raises(starting.TooMany, match="At most 4 tickets"):
        starting.of_view(world.anna, Act.PRIORITY, 4, view=open_view())
    with pytest.raises(starting.TooMany):
        begun(world, tickets)
    assert not BulkJob.objects.exists()


def test_more_jobs_than_one_person_may_have_at_once(world, tickets):
    for _ in range(starting.MOST_OPEN):
        begun(world, tickets)
    with pytest.raises(starting.TooMany, match="3 of your bulk changes"):
        begun(world, tickets)
    assert begun(world, tickets[:2]).state == State.DONE  # a small one needs no turn
    begun(world, tickets, owner=world.maria)


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
