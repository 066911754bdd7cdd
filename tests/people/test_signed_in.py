"""Who is signed in: sessions and accounts, read by statements that are made up once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.backends import Backend
from people.models import Membership
from people.teams import user_team_ids
from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(world: World) -> Client:
    client = Client()
    client.force_login(world.anna, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def is_in(browser: Client) -> bool:
    return browser.get("/notices/bell/").status_code == 200


def test_one_statement_says_who_asks_and_in_which_teams(world: World, browser: Client) -> None:
    assert is_in(browser)
    with CaptureQueriesContext(connection) as asked:
        assert is_in(browser)
    assert len(asked) == 3  # the session, the account with its teams, the notices


def test_a_session_ends_when_its_time_is_over(browser: Client) -> None:
    assert is_in(browser)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(browser)


def test_a_session_that_is_gone_is_nobodys(browser: Client) -> None:
    assert is_in(browser)
    Session.objects.all().delete()
    assert not is_in(browser)


def test_who_was_switched_off_is_out_at_once(world: World, browser: Client) -> None:
    assert is_in(browser)
    world.anna.is_active = False
    world.anna.save()
    assert not is_in(browser)


def test_a_new_password_ends_the_other_sessions(world: World, browser: Client) -> None:
    assert is_in(browser)
    world.anna.set_password("another correct horse")
    world.anna.save()
    assert not is_in(browser)


def test_the_account_knows_its_teams(world: World) -> None:
    Membership.objects.create(team=world.second_line, user=world.anna)
    account = Backend().get_user(world.anna.pk)
    assert account == world.anna and account is not None
    assert sorted(user_team_ids(account)) == sorted([world.first_line.pk, world.second_line.pk])
    chief = Backend().get_user(world.oleg.pk)
    assert chief is not None and user_team_ids(chief) == []
    assert Backend().get_user(world.anna.pk + 1000) is None
