"""A replay says, ticket by ticket, what really running the rules gives."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from journal.actor import Actor
from journal.models import Entry
from routing.commands import switch_rule
from routing.models import Requirement, RuleRun, Waiting
from routing.simulation.copies import Copy, Happening
from routing.simulation.replay import Replay
from routing.simulation.world import ASSIGNMENT, RULES
from tests.routing_simulation.cast import (
    END,
    START,
    Company,
    draft,
    former,
    live,
    make_company,
    tried,
)  # fmt: skip
from tests.routing_simulation.stage import Act, Stage, outcome, rules_on
from tests.world import World
from tickets.models import Ticket


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
        "touched_at": copy.touched_at,
        "messages": copy.message_count,
        "waits": copy.place is not None,
        "needs": (sorted(copy.skills), copy.spoken_in),
    }


class Undone(Exception):
    """Ends a block whose changes must not stay."""


Told = tuple[datetime, int, str, dict[str, Any]]

# What the journal says of a ticket that rules and assignment look at, without what only the database numbers.
KINDS = RULES | ASSIGNMENT | {"ticket_snoozed"}
NUMBERED = {"ticket_id", "message_id", "rule_id", "tag_id", "anchor", "reason", "line", "merged_id",
            "into_id", "from_id", "user_id"}  # fmt: skip


def story(told: Iterable[Told]) -> list[Told]:
    return [
        (at, ticket, kind, {key: value for key, value in data.items() if key not in NUMBERED})
        for at, ticket, kind, data in told
        if kind in KINDS
    ]


def simulated(
    world: World, monkeypatch: Any, company: Company, seed: int, tickets: int, start: datetime
) -> tuple[list[Act], list[dict[str, Any] | None], list[Told]]:
    """Live through a history with the former rules, try the draft on it, and undo it all."""
    acts: list[Act] = []
    found: list[dict[str, Any] | None] = []
    happened: list[Told] = []
    try:
        with transaction.atomic():
            stage = Stage(world, monkeypatch, START)
            rules_on(former(company), Actor.user(world.maria))
            acts += live(stage, company, random.Random(seed), tickets)
            before = Entry.objects.count(), list(Ticket.objects.order_by("pk").values())
            replay = Replay(list(tried(draft(company))), start, END)
            assert not [one for one in replay.tried if one.left_out]
            places = {ticket.pk: place for place, ticket in enumerate(stage.tickets)}

            def note(copy: Copy, one: Happening) -> None:
                if replay.world.is_acting:
                    happened.append((one.at, places[copy.id], one.kind, dict(one.data)))

            replay.world.listeners.append(note)
            result = replay.run()
            assert (Entry.objects.count(), list(Ticket.objects.order_by("pk").values())) == before
            copies = [result.copies.get(ticket.pk) for ticket in stage.tickets]
            found += [told(copy) if copy is not None else None for copy in copies]
            raise Undone
    except Undone:
        pass
    return acts, found, story(happened)


def really(world: World, monkeypatch: Any, company: Company, acts: list[Act], start: datetime) -> Stage:
    """The same acts with the draft in force from ``start`` on, and the former rules until then."""
    manager = Actor.user(world.maria)
    stage = Stage(world, monkeypatch, START)
    if start > START:
        old = rules_on(former(company), manager)
        stage.play([act for act in acts if act.at < start])
        stage.advance(start)
        for rule in old:
            switch_rule(rule.pk, is_enabled=False, actor=manager)
        # A replay begins with nobody in line, and knows of nothing that former rules asked for.
        Waiting.objects.all().delete()
        Requirement.objects.all().delete()
    rules_on(draft(company), manager)
    stage.settle()
    stage.tick()
    stage.play([act for act in acts if act.at >= start])
    stage.advance(END, inclusive=True)
    return stage


def compare(world: World, monkeypatch: Any, seed: int, tickets: int, start: datetime = START) -> None:
    """Everything that happens to every ticket, in order, and how each of them is in the end."""
    company = Stage(world, monkeypatch, START - timedelta(days=30)).founded(make_company)
    acts, found, simulated_story = simulated(world, monkeypatch, company, seed, tickets, start)
    last = Entry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    stage = really(world, monkeypatch, company, acts, start)

    places = {ticket.pk: place for place, ticket in enumerate(stage.tickets)}
    rows = Entry.objects.filter(stream_type="ticket", pk__gt=last, recorded_at__gte=start).order_by("pk")
    real_story = story((row.happened_at, places[row.stream_id], row.kind, row.data) for row in rows)
    for position, (simulated_one, real_one) in enumerate(zip(simulated_story, real_story, strict=False)):
        assert simulated_one == real_one, f"after {simulated_story[max(0, position - 4) : position]}"
    assert len(simulated_story) == len(real_story)
    outcomes = [outcome(ticket) for ticket in stage.tickets]
    # What had been done with before the replay begins is not in it.
    assert start > START or None not in found
    assert found == [row if found[index] else None for index, row in enumerate(outcomes)]
    # What makes the comparison worth anything: the draft acted, and strategies gave and withheld.
    assert RuleRun.objects.filter(matched=True, rule__name="assign").exists()
    assert len({row["assignee"] for row in outcomes}) > 3


def test_a_replay_equals_running_the_rules(world, monkeypatch):
    compare(world, monkeypatch, 1, 6)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "tickets"), [(2, 24)])
def test_a_replay_of_more_equals_running_the_rules(world, monkeypatch, seed, tickets):
    compare(world, monkeypatch, seed, tickets)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [4, 5])
def test_a_replay_from_the_middle_equals_changing_the_rules_then(world, monkeypatch, seed):
    compare(world, monkeypatch, seed, 24, START + timedelta(days=1, hours=5))
