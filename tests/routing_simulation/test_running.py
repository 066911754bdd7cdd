"""Simulations are run by workers: to the end, once, until cancelled; and what they tell is stored."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common import clock
from journal.actor import Actor
from journal.models import Delivery, Entry
from people.models import Membership
from routing import simulate
from routing.models import RuleRun, SimulatedTicket, Simulation, Waiting
from routing.simulation import running
from tests.assignment.cast import agents
from tickets import commands
from tickets.models import Category, Priority, Ticket

State = Simulation.State


@pytest.fixture(autouse=True)
def company(world):
    """Two agents in the first line; five tickets in the last days, one of which Anna took by hand."""
    Membership.objects.filter(team=world.first_line).delete()
    world.first_line.strategy = "round_robin"
    world.first_line.save()
    people = agents(2, world.first_line)
    now = clock.now()
    tickets = [
        world.ticket(text, at=now - timedelta(days=2, hours=hours), team=world.first_line)
        for hours, text in enumerate(["Возврат", "Доставка", "Возврат ещё раз", "Счёт", "Пароль"])
    ]
    commands.assign(tickets[3].pk, to=world.anna, actor=world.as_anna, at=now - timedelta(days=1))
    return people, tickets


def rule(*actions, on="ticket_opened", when=None, name="Правило", **trigger):
    definition = {"trigger": {"on": on, **trigger}, "conditions": when or {}, "actions": list(actions)}
    return {"id": None, "name": name, "definition": {**definition, "stop": False}}


ASSIGN = rule({"do": "assign"}, name="Раздать")
URGENT = rule(
    {"do": "set_priority", "value": "urgent"},
    {"do": "add_tags", "value": ["Возврат"]},
    when={"all": [{"field": "message_text", "op": "contains", "value": "возврат"}]},
    name="Срочно",
)


def begun(world, *rules, days=7) -> Simulation:
    return simulate.start(list(rules or [URGENT, ASSIGN]), days, world.maria)


def state(simulation: Simulation) -> str:
    return Simulation.objects.values_list("state", flat=True).get(pk=simulation.pk)


def test_who_would_have_got_what(world, company):
    people, tickets = company
    simulation = begun(world)
    assert running.run_next()
    simulation.refresh_from_db()
    assert (simulation.state, simulation.progress, simulation.total) == (State.DONE, 100, 5)
    summary = simulation.summary
    assert (summary["changed"], summary["unchanged"], summary["unassigned"]) == (4, 1, 0)
    # In turn, by time; what Anna took by hand is history and stays hers.
    assert {row["user_id"]: (row["simulated"], row["happened"]) for row in summary["by_agent"]} == {
        None: (0, 4),
        world.anna.pk: (1, 1),
        people[0].pk: (3, 0),
        people[1].pk: (1, 0),
    }
    assert sum(row["given"] for row in summary["by_agent"]) == 5
    assert summary["fields"] == {"assignee": 4, "priority": 2, "tags": 2}
    assert [row["tickets"] for row in summary["rules"]] == [2, 5]
    first = simulation.tickets.get(ticket=tickets[0])
    assert (first.differs, first.before["assignee"], first.before["priority"]) == (
        True,
        None,
        Priority.NORMAL,
    )
    assert (first.after["priority"], first.after["tags"]) == (Priority.URGENT, ["Возврат"])
    assert first.rules == [{"id": None, "name": "Срочно"}, {"id": None, "name": "Раздать"}]
    assert simulation.tickets.get(ticket=tickets[3]).after["assignee"] == world.anna.pk
    assert not simulation.tickets.get(ticket=tickets[3]).differs


def test_nothing_else_is_written_and_no_ticket_locked(world, company):
    begun(world)
    tables = (Entry, Delivery, RuleRun, Waiting)
    before = [model.objects.count() for model in tables], list(Ticket.objects.order_by("pk").values())
    with CaptureQueriesContext(
        connection,
    ) as queries:
        running.run_next()
    assert (
        [model.objects.count() for model in tables],
        list(Ticket.objects.order_by("pk").values()),
    ) == before
    wrote = {
        words[2 if words[0] != "UPDATE" else 1].strip('"')
        for query in queries
        if (words := query["sql"].split()) and words[0] in {"INSERT", "UPDATE", "DELETE"}
    }
    assert wrote == {"routing_simulation", "routing_simulatedticket"}
    assert not [query for query in queries if "FOR UPDATE" in query["sql"] or "FOR NO KEY" in query["sql"]]


def test_what_is_older_is_load_and_told_where_it_would_differ(world, company):
    people, _tickets = company
    for person in people:
        person.capacity = {"email": 1}
        person.save()
    old = world.ticket(at=clock.now() - timedelta(days=9), team=world.first_line, assignee=people[0])
    asleep = world.ticket(at=clock.now() - timedelta(days=9), team=world.first_line)
    simulation = begun(world, rule({"do": "assign"}))
    running.run_next()
    simulation.refresh_from_db()
    assert simulation.total == 5
    assert not simulation.tickets.filter(ticket__in=[old, asleep]).exists()
    # One of them is full from the start, so the other gets one, and the rest waits.
    held = {row["user_id"]: row["simulated"] for row in simulation.summary["by_agent"]}
    assert (held.get(people[0].pk, 0), held[people[1].pk]) == (0, 1)
    assert simulation.summary["waiting"] == 3
    commands.set_status(
        old.pk, status=world.status(Category.RESOLVED), actor=Actor.user(people[0]),
        at=clock.now() - timedelta(hours=30),
    )  # fmt: skip
    again = begun(world, rule({"do": "assign"}), rule(
        {"do": "add_tags", "value": ["solved"]}, on="field_changed", field="status"
    ))  # fmt: skip
    running.run_next()
    again.refresh_from_db()
    # What history resolved has made room for the one that had waited longest.
    held = {row["user_id"]: row["simulated"] for row in again.summary["by_agent"]}
    assert (again.summary["waiting"], again.summary["older"]) == (2, 1)
    assert held[people[0].pk] == 2
    assert again.tickets.get(ticket=old).after["tags"] == ["solved"]


def test_spam_and_tests_are_in_no_figure(world, company):
    _people, tickets = company
    commands.mark_spam(tickets[0].pk, actor=world.as_anna)
    world.ticket(is_test=True, team=world.first_line)
    simulation = begun(world)
    running.run_next()
    simulation.refresh_from_db()
    assert simulation.total == 4


def test_rules_that_ask_for_what_the_past_does_not_tell_are_named(world):
    risk = rule(
        {"do": "unassign"}, when={"all": [{"field": "sla_at_risk", "op": "is", "value": True}]}, name="A"
    )
    late = rule({"do": "unassign"}, on="sla_breached", name="B")
    simulation = begun(world, risk, late, ASSIGN)
    running.run_next()
    simulation.refresh_from_db()
    assert simulation.state == State.DONE
    assert simulation.summary["left_out"] == [
        {"id": None, "name": "A", "why": "field:sla_at_risk"},
        {"id": None, "name": "B", "why": "clocks"},
    ]
    assert simulation.summary["rules"][2]["tickets"] == 5


def test_one_after_the_other(world):
    first, second = begun(world), begun(world)
    assert running.claim() == first
    assert running.claim() is None
    Simulation.objects.filter(pk=first.pk).update(state=State.DONE)
    assert running.claim() == second


def test_a_cancelled_one_ends_and_stores_nothing(world, monkeypatch):
    monkeypatch.setattr(running, "EVERY", 0.0)
    simulation = begun(world)
    original = running.Replay.run

    def cancelled(replay, report):
        assert simulate.cancel(simulation.pk)
        return original(replay, report)

    monkeypatch.setattr(running.Replay, "run", cancelled)
    assert running.run_next()
    assert state(simulation) == State.CANCELLED
    assert not SimulatedTicket.objects.exists()
    assert not running.run_next()


def test_cancelled_at_the_last_moment_it_stores_nothing(world, monkeypatch):
    simulation = begun(world)
    original = running.telling.lines

    def late(result):
        simulate.cancel(simulation.pk)
        return original(result)

    monkeypatch.setattr(running.telling, "lines", late)
    running.run_next()
    assert state(simulation) == State.CANCELLED
    assert not SimulatedTicket.objects.exists()


def test_progress_is_told_and_the_lease_renewed(world, monkeypatch):
    monkeypatch.setattr(running, "EVERY", 0.0)
    simulation = begun(world)
    seen = []
    original = running.Replay.run

    def watched(replay, report):
        def told(done, every):
            report(done, every)
            seen.append(Simulation.objects.values_list("progress", "total").get(pk=simulation.pk))

        return original(replay, told)

    monkeypatch.setattr(running.Replay, "run", watched)
    running.run_next()
    assert seen == [(99, 5)]


def test_what_a_dead_worker_leaves_begins_anew_and_then_fails(world, monkeypatch):
    simulation = begun(world)
    assert running.claim() == simulation
    assert not running.run_next()  # somebody has it
    Simulation.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    again = running.claim()
    assert again == simulation
    assert again.attempts == 2
    Simulation.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    assert not running.run_next()
    simulation.refresh_from_db()
    assert (simulation.state, simulation.finished_at is not None) == (State.FAILED, True)
    assert simulation.error


def test_whoever_lost_the_lease_stores_nothing(world, monkeypatch):
    simulation = begun(world)
    slow = running.claim()
    Simulation.objects.update(claimed_until=clock.now() - timedelta(seconds=1))
    assert running.run_next()
    assert state(simulation) == State.DONE
    before = SimulatedTicket.objects.count()
    with pytest.raises(running.Ended):
        running._run(slow)
    assert SimulatedTicket.objects.count() == before


def test_what_goes_wrong_is_told(world, monkeypatch):
    def broken(*given):
        raise ValueError("no such thing")

    monkeypatch.setattr(running, "Replay", broken)
    simulation = begun(world)
    assert running.run_next()
    simulation.refresh_from_db()
    assert (simulation.state, simulation.error) == (State.FAILED, "ValueError('no such thing')")


def test_a_worker_is_asked_at_once(world, monkeypatch):
    asked = []
    monkeypatch.setattr(simulate, "ask_on_commit", lambda task, *given: asked.append(task.name))
    begun(world)
    assert asked == ["routing.tasks.run_simulations"]


def test_the_page_shows_what_was_found(world, client):
    late = rule({"do": "unassign"}, on="sla_breached", name="Нарушенный срок")
    simulation = begun(world, URGENT, late, ASSIGN)
    running.run_next()
    client.force_login(world.maria)
    page = client.get(f"/settings/rules/simulations/{simulation.pk}/").content.decode()
    assert "Agent 1" in page
    assert "Раздать" in page
    assert "Возврат" in page
    assert "Not tried" in page
    assert "Нарушенный срок" in page
