from __future__ import annotations

import pytest

from people.models import Team
from tests.world import World


@pytest.fixture
def team(world: World) -> Team:
    """The first line without Anna: whoever is in it, the test says."""
    world.first_line.memberships.all().delete()
    return world.first_line
