from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from notifications.models import Notice
from people.models import Membership, User
from tests.desk.conftest import _plain_static, anna, by, egor, maria  # noqa: F401  # browsers of the named
from tests.settings.conftest import oleg  # noqa: F401  # the administrator's


@pytest.fixture
def kinds_of(drain) -> Callable[[User], list[str]]:
    """The kinds of somebody's notices so far, oldest first."""

    def look(user: User) -> list[str]:
        drain()
        return list(Notice.objects.filter(user=user).order_by("at", "pk").values_list("kind", flat=True))

    return look


@pytest.fixture
def quiet_start(world, drain) -> Callable[..., Any]:
    """A ticket whose beginnings everybody has heard of already."""

    def make(**given: Any) -> Any:
        ticket = world.ticket(**given)
        drain()
        Notice.objects.filter(ticket=ticket).delete()
        return ticket

    return make


@pytest.fixture
def lena(world) -> User:
    """Leads the first line."""
    user = User.objects.create_user("lena@otklik.example", "correct horse battery", name="Lena Ott")
    Membership.objects.create(team=world.first_line, user=user, is_lead=True)
    return user
