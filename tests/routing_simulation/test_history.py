"""What a replay takes over from the time before it begins."""

from __future__ import annotations

from datetime import timedelta

from journal.models import Entry
from people.models import Team
from routing.simulation.replay import Replay
from tests.assignment.cast import agents
from tests.routing_simulation.cast import END, START, draft, make_company, tried
from tests.routing_simulation.stage import Stage
from tickets import commands


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
