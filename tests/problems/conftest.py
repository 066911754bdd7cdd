from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from common import clock
from people.commands.contacts import resolve_contact
from people.models import User
from tickets import commands
from tickets.models import Problem, Ticket

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
def problem(world) -> Problem:
    """Anna has found out why the machines do not heat."""
    return commands.open_problem(
        actor=world.as_anna, title="Котёл не греет после обновления", owner=world.anna
    )


@pytest.fixture
def asks(world, problem) -> Callable[..., Ticket]:
    """``asks("ivan", language="ru")``: somebody's mail of the first line, linked to the problem."""

    def ask(name: str = "", *, language: str = "", text: str = "Не греет", **given: Any) -> Ticket:
        if name:
            contact = resolve_contact("email", f"{name.lower()}@shop.example", name=name)
            if language:
                contact.language = language
                contact.save(update_fields=["language"])
            given["requester"] = contact
        given.setdefault("team", world.first_line)
        ticket = world.ticket(text, **given)
        return commands.link_problem(ticket.pk, problem_id=problem.pk, actor=world.as_anna)

    return ask


class Time:
    """The clock of a test: it goes on by itself, and when it is told to."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def pass_by(self, **span: float) -> None:
        self.ahead += timedelta(**span)


@pytest.fixture
def time(monkeypatch) -> Time:
    told, real = Time(), clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + told.ahead)
    return told
