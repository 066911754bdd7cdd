from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from people.models import User

BACKEND = "people.backends.Backend"


class Desk(Client):
    """A browser of somebody's; ``part`` and ``send`` are what htmx does."""

    def part(self, path: str, **given: Any) -> Any:
        return self.get(path, headers={"HX-Request": "true"}, **given)

    def send(self, path: str, data: dict[str, Any] | None = None, **given: Any) -> Any:
        return self.post(path, data or {}, headers={"HX-Request": "true"}, **given)


@pytest.fixture(autouse=True)
def _plain_static(monkeypatch, settings, tmp_path):
    """Pages name static files whose hashes only exist after collectstatic."""
    monkeypatch.setattr(staticfiles_storage, "url", lambda name, force=False: f"/static/{name}")
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def by() -> Callable[[User], Desk]:
    def sign_in(user: User) -> Desk:
        desk = Desk()
        desk.force_login(user, backend=BACKEND)
        return desk

    return sign_in


@pytest.fixture
def anna(world, by) -> Desk:
    """Anna's browser: an agent of the first line."""
    return by(world.anna)


@pytest.fixture
def maria(world, by) -> Desk:
    """Maria's browser: a manager, who sees all."""
    return by(world.maria)


@pytest.fixture
def egor(world, by) -> Desk:
    """Egor's browser: an expert, who writes notes only."""
    return by(world.egor)
