"""A replay says, ticket by ticket, what really running the rules gives."""

from __future__ import annotations

import random

import pytest
from django.db import transaction

from journal.actor import Actor
from journal.models import Entry
from routing.simulation.copies import Copy
from routing.simulation.replay import Replay, Result
from tests.routing_simulation import cast
from tests.routing_simulation.cast import DAYS, END, START, draft, former, live, make_company
from tests.routing_simulation.stage import Act, Stage, outcome, rules_on
from tickets.models import Ticket

assert DAYS


def told(copy: Copy) -> dict[str, object]:
    return {
        "team": copy.team,
        "assignee": copy.assignee,
        "status": copy.status,
        "priority": copy.priority,
        "topic": copy.topic,
        "service": copy.service,
        "tags": sorted(copy.tags),
        "attributes": copy.attributes,
        "snoozed_until": copy.snoozed_until,
        "waiting_since": copy.waiting_since,
        "resolved_at": copy.resolved_at,
        "active_at": copy.active_at,
        "messages": copy.message_count,
        "waits": copy.place is not None,
        "needs": (sorted(copy.skills), copy.spoken_in),
    }


class Undone(Exception):
    """Ends a block whose changes must not stay."""


def simulated(world, monkeypatch, company, seed: int, tickets: int) -> tuple[list[Act], list[dict], Result]:
    """Live through a history with the former rules, try the draft on it, and undo it all."""
    acts: list[Act] = []
    found: list[dict] = []
    results: list[Result] = []
    try:
        with transaction.atomic():
            stage = Stage(world, monkeypatch, START)
            rules_on(former(company), Actor.user(world.maria))
            acts += live(stage, company, random.Random(seed), tickets)
            before = Entry.objects.count(), list(Ticket.objects.order_by("pk").values())
            result = Replay([{"id": None, **row} for row in draft(company)], START, END).run()
            assert (Entry.objects.count(), list(Ticket.objects.order_by("pk").values())) == before
            found += [told(result.copies[ticket.pk]) for ticket in stage.tickets]
            results.append(result)
            raise Undone
    except Undone:
        pass
    return acts, found, results[0]


@pytest.mark.parametrize(("seed", "tickets"), [(1, 120), (2, 120)])
def test_a_replay_equals_running_the_rules(world, monkeypatch, seed, tickets):
    company = make_company(world)
    acts, found, result = simulated(world, monkeypatch, company, seed, tickets)
    assert not [one for one in result.tried if one.left_out]

    stage = Stage(world, monkeypatch, START)
    rules_on(draft(company), Actor.user(world.maria))
    stage.play(acts, END)

    really = [outcome(ticket) for ticket in stage.tickets]
    assert len(really) == len(found) == tickets
    different = {
        index: {key: (found[index][key], value) for key, value in row.items() if found[index][key] != value}
        for index, row in enumerate(really)
        if found[index] != row
    }
    assert different == {}
    # What makes the comparison worth anything: the draft acted, also where the former rules had.
    assert len({row["assignee"] for row in really}) > 5
    assert any(row["waits"] for row in really)
    assert not any("former" in row["tags"] for row in really)


__all__ = ["cast"]
