"""What all tests share. The servers come from the conftest at the root."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from uuid import uuid4

import pytest

from channels_in.kinds.chat import announce as chat_announce
from common.cache import ForgivingRedisCache
from helpdesk.local import Services
from journal import registry
from journal.drain import sweep_before
from live import nudges
from notifications import announce
from portal import hosts
from tests import session_services
from tests.world import World, make_world
from tickets import known

# Its thread would hold on to the test's database for as long, and nobody could drop that.
nudges.REST = 0.0


@pytest.fixture(scope="session")
def services() -> Services:
    """PostgreSQL and Valkey of this session; who ends or freezes them breaks the tests that follow."""
    return session_services.current()


@pytest.fixture
def new_services() -> Iterator[Callable[..., Services]]:
    """``new_services(durable=…)``: a pair of one's own, not started yet, to kill, freeze and flush."""
    made: list[Services] = []
    roots: list[Path] = []

    def make(**options: object) -> Services:
        root = session_services.new_root(session_services.PREFIX)
        roots.append(root)
        made.append(Services(root, **{"environment": {}, **options}))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.remove()
    for root in roots:
        rmtree(root, ignore_errors=True)


@pytest.fixture(autouse=True)
def no_nudges(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody tells open pages but in the tests of that: the thread would hold on to the test's database."""
    if "live" not in request.path.parts:
        monkeypatch.setattr(registry, "live", [])
        monkeypatch.setattr(announce, "listeners", [])
        monkeypatch.setattr(chat_announce, "listeners", [])


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """No list has been asked for before: what a process keeps of them has an end."""
    monkeypatch.setattr(known, "_known", {})


@pytest.fixture(autouse=True)
def no_hosts(monkeypatch: pytest.MonkeyPatch) -> hosts.Known:
    """No brand has a host of its own, and no page asks the database for one, until a test forgets that."""
    known = hosts.Known()
    known.until = float("inf")
    monkeypatch.setattr(hosts, "known", known)
    return known


@pytest.fixture
def world(db: None) -> World:
    """Anna, Boris, Vera and the others: see tests/world.py."""
    return make_world()


@pytest.fixture
def drain(db: None) -> Callable[[], int]:
    """Let every after-commit subscriber hear of everything, as a worker would; returns how much there was."""

    def settle() -> int:
        total = 0
        while done := sweep_before(datetime.now(UTC), limit=10_000):
            total += done
        return total

    return settle


@pytest.fixture
def patient_cache(settings, monkeypatch) -> None:
    """Keys of this test's own; and Valkey, on a machine that is busy with tests, is waited for."""
    patient = {"socket_timeout": 30, "socket_connect_timeout": 30}
    own = {"OPTIONS": patient, "KEY_PREFIX": uuid4().hex}
    settings.CACHES = {"default": settings.CACHES["default"] | own}
    monkeypatch.setattr(ForgivingRedisCache, "_dead_until", 0.0)
