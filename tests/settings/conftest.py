from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from people.models import User

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
