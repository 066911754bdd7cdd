from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from calendars.models import Calendar
from calendars.starter import make_calendar
from common import clock
from journal.actor import Actor
from people.models import User
from tests.settings.calendar_form import MONDAY

BACKEND = "people.backends.Backend"


@pytest.fixture(autouse=True)
def _plain_static(monkeypatch):
    """Pages name static files whose hashes only exist after collectstatic."""
    monkeypatch.setattr(staticfiles_storage, "url", lambda name, force=False: f"/static/{name}")


@pytest.fixture
def by() -> Callable[[User], Client]:
    """``by(world.oleg)``: a browser in which somebody is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return sign_in


@pytest.fixture
def oleg(world, by) -> Client:
    """The administrator's browser."""
    return by(world.oleg)


@pytest.fixture
def maria(world, by) -> Client:
    """The manager's browser."""
    return by(world.maria)


@pytest.fixture
def moscow(world) -> Calendar:
    return make_calendar(zone="Europe/Moscow", actor=Actor.user(world.oleg)).calendar


@pytest.fixture
def monday(monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: MONDAY)
