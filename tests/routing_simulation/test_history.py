"""What a replay takes over from the time before it begins."""

from __future__ import annotations

from datetime import timedelta

from journal.models import Entry
from people.models import Team
from routing.simulation.replay import Replay
from tests.assignment.cast import agents
from tests.routing_simulation.cast import END, START, draft, leaf, make_company, rule, tried
from tests.routing_simulation.stage import Stage
from tickets import commands
from tickets.content import Content
from tickets.models import Category
from tickets.status import default_status


def test_whom_an_escalated_ticket_was_given_to(world, monkeypatch):
    stage = Stage(world, monkeypatch, START - timedelta(days=30))
    company = stage.founded(make_company)
    stage.now = START
    _first, second = agents(2, world.first_line, prefix="first")
    ticket = world.ticket("Нужна помощь", at=START, team=world.first_line)
    commands.assign(ticket.pk, to=second, actor=world.as_anna)
    commands.escalate(
        ticket.pk, team=Team.objects.get(name="Second line"), reason="Сложно", actor=world.as_anna
    )
    stage.settle()
    ticket.refresh_from_db()
    assert ticket.assignee is not None
    # The escalation itself takes it from one, assignment gives it to the next: two doings in one act.
    assert Entry.objects.filter(stream_id=ticket.pk, kind="ticket_assigned").count() == 3

    replay = Replay(list(tried(draft(company))), START + timedelta(hours=1), END)
    copy = replay.run().copies[ticket.pk]
    assert (copy.was["team"], copy.was["assignee"]) == (ticket.team_id, ticket.assignee_id)
    assert (copy.team, copy.assignee) == (ticket.team_id, ticket.assignee_id)


def done_with(world, stage):
    """A ticket that was opened, answered and closed before the replay begins."""
    ticket = world.ticket("Нужна помощь", at=START, team=world.first_line)
    commands.set_status(ticket.pk, status=default_status(Category.CLOSED), actor=world.as_anna, at=START)
    stage.settle()
    return ticket


def test_a_change_that_is_no_activity_brings_in_a_ticket_that_was_done_with(world, monkeypatch):
    stage = Stage(world, monkeypatch, START - timedelta(days=30))
    company = stage.founded(make_company)
    stage.now = START
    untouched, ticket = done_with(world, stage), done_with(world, stage)
    stage.now = START + timedelta(hours=50)
    commands.set_priority(ticket.pk, priority=1, actor=world.as_anna)
    commands.add_tag(ticket.pk, name="question", actor=world.as_anna)
    stage.settle()

    replay = Replay(list(tried(draft(company))), START + timedelta(hours=49), END)
    copies = replay.run().copies
    # The draft's rule for low questions sees it, as it would have.
    assert copies[ticket.pk].priority == 2 and copies[ticket.pk].was["priority"] == 1
    assert list(copies[ticket.pk].acted) == [one.id for one in replay.tried if one.name == "question"]
    assert untouched.pk not in copies


def test_what_is_merged_into_a_ticket_counts_with_it(world, monkeypatch):
    stage = Stage(world, monkeypatch, START - timedelta(days=30))
    company = stage.founded(make_company)
    stage.now = START
    merged = world.ticket("Нужна помощь", at=START, team=world.first_line)
    ticket = world.ticket("Ещё раз", at=START, team=world.first_line)
    commands.set_status(merged.pk, status=default_status(Category.CLOSED), actor=world.as_anna, at=START)
    commands.merge(merged.pk, into=ticket.pk, actor=world.as_anna, at=START)
    stage.settle()
    ticket.refresh_from_db()
    assert ticket.message_count == 2

    copies = Replay(list(tried(draft(company))), START + timedelta(hours=49), END).run().copies
    assert copies[ticket.pk].message_count == 2


def test_a_time_rule_comes_due_on_a_ticket_that_was_solved_before(world, monkeypatch):
    stage = Stage(world, monkeypatch, START - timedelta(days=30))
    stage.founded(make_company)
    stage.now = START
    ticket = world.ticket("Нужна помощь", at=START, team=world.first_line)
    commands.set_status(ticket.pk, status=default_status(Category.RESOLVED), actor=world.as_anna, at=START)
    stage.settle()
    closing = rule(
        "closing",
        "time_since",
        [leaf("category", "is", "resolved")],
        {"do": "set_status", "value": "closed"},
        since="status_changed",
        seconds=24 * 3600,
    )

    begun = START + timedelta(hours=5)
    assert Replay(list(tried([closing])), begun, END).run().copies[ticket.pk].category == Category.CLOSED
    # Its time had come before: life would have seen it then.
    assert not Replay(list(tried([closing])), START + timedelta(hours=25), END).run().copies


def test_a_reply_is_sent_where_the_status_along_with_it_cannot_be(world, monkeypatch):
    stage = Stage(world, monkeypatch, START - timedelta(days=30))
    stage.founded(make_company)
    closing = rule("closing", "ticket_opened", [], {"do": "set_status", "value": "closed"})
    stage.now = START
    ticket = world.ticket("Нужна помощь", at=START, team=world.first_line)
    commands.post_reply(
        ticket.pk,
        user=world.anna,
        content=Content(text="Ждём вас.", to=[{"name": "", "address": "a@b.example"}]),
        status=default_status(Category.PENDING),
        at=START + timedelta(hours=1),
    )
    stage.settle()

    copy = Replay(list(tried([closing])), START, END).run().copies[ticket.pk]
    assert (copy.was["category"], copy.category) == (Category.PENDING, Category.CLOSED)
    assert copy.message_count == 2 and copy.waiting_since is None
