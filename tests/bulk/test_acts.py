"""One act on many tickets: each is changed once by its verb, and none that refuses stops another."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import clock
from journal.models import Entry
from tests.bulk.conftest import Act, State, begun, counts, of_kind, open_view, reasons, run, values
from tickets import commands
from tickets.bulk import running, starting
from tickets.models import BulkJob, Category, Follower, Tagging, View

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
