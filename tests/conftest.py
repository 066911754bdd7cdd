"""What all tests share. The servers come from the conftest at the root."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from helpdesk.local import Services
from tests import session_services


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
