"""A calendar of nine to six, Monday to Friday, and policies made in one line."""

from __future__ import annotations

import pytest

from calendars.models import Calendar, CalendarVersion
from calendars.stored import to_json
from journal.actor import Actor
from sla.commands import save_policy
from tests.sla.story import HOUR, NINE_TO_SIX, at

MANAGER = Actor.system("test")


def store(definition, name="Office", *, is_default=True):
    """A calendar with one version."""
    calendar = Calendar.objects.create(name=name, is_default=is_default, created_at=at("2026-01-01 00:00"))
    add_version(calendar, definition)
    return calendar


def add_version(calendar, definition):
    number = calendar.versions.count() + 1
    return CalendarVersion.objects.create(
        calendar=calendar, number=number, definition=to_json(definition), created_at=at("2026-01-01 00:00")
    )


def target(hours, *, business=True, pauses=(), warn=80):
    """``hours``: one number for all priorities, or a number for each."""
    names = ("low", "normal", "high", "urgent")
    each = hours if isinstance(hours, dict) else dict.fromkeys(names, hours)
    seconds = {name: None if each.get(name) is None else int(each[name] * HOUR) for name in names}
    return {"seconds": seconds, "business": business, "pauses": list(pauses), "warn_percent": warn}


def make_policy(name="Standard", *, policy_id=None, conditions=None, calendar=None, actor=MANAGER, **targets):
    """``make_policy(first_response=4, resolution=16)``, in hours of working time."""
    filled = {
        key: value
        if isinstance(value, dict) and "seconds" in value
        else target(value, pauses=("pending", "resolved") if key == "resolution" else ())
        for key, value in targets.items()
    }
    return save_policy(
        policy_id, name=name, conditions=conditions or {}, calendar=calendar, targets=filled, actor=actor
    )


@pytest.fixture
def office(db):
    return store(NINE_TO_SIX.definition)
