"""Policies and a ticket that clocks are tested with."""

from __future__ import annotations

from datetime import timedelta

import pytest

from calendars.starter import make_calendar
from common import clock
from sla import commands as sla

HOUR = 3600


def target(hours, *, business=False, pauses=(), warn=80):
    return {
        "seconds": dict.fromkeys(("low", "normal", "high", "urgent"), hours * HOUR),
        "business": business,
        "pauses": list(pauses),
        "warn_percent": warn,
    }


@pytest.fixture(name="policy")
def gold_policy(world):
    make_calendar(zone="Europe/Moscow")
    return sla.save_policy(
        None,
        name="Gold first",
        conditions={"all": [{"field": "tier", "op": "is", "value": "gold"}]},
        calendar=None,
        targets={
            "first_response": target(4),
            "next_response": target(4),
            "resolution": target(24, pauses=["pending", "resolved"]),
        },
        actor=world.as_anna,
    ).policy


@pytest.fixture(name="ticket")
def gold_ticket(world, policy):
    world.vera.organization = world.organization
    world.vera.save()
    return world.ticket(team=world.first_line, assignee=world.anna, at=clock.now() - timedelta(hours=1))


def in_working_time(world, policy, *, pauses=()):
    """Let the policy aim at a resolution within 80 hours of work alone, for Vera's organisation."""
    sla.save_policy(
        policy.pk, name="Gold first", conditions=policy.current.conditions, calendar=None,
        targets={"resolution": target(80, business=True, pauses=pauses)}, actor=world.as_anna,
    )  # fmt: skip
    world.vera.organization = world.organization
    world.vera.save()


def page_of(anna, ticket):
    return anna.get(f"/tickets/{ticket.pk}/").content.decode()
