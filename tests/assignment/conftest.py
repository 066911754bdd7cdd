from __future__ import annotations

from collections.abc import Callable

import pytest

from common import clock
from people.models import Team
from tests.assignment.cast import at
from tests.world import World


@pytest.fixture
def team(world: World) -> Team:
    """The first line without Anna: whoever is in it, the test says."""
    world.first_line.memberships.all().delete()
    return world.first_line


@pytest.fixture
def it_is(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """``it_is("03-02 17:00")``: what the clock says from now on, in 2026 and UTC."""

    def turn(text: str) -> None:
        monkeypatch.setattr(clock, "now", lambda: at(text))

    return turn
