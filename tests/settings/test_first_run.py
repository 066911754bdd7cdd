"""The first page of a fresh installation."""

from __future__ import annotations

import threading

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from calendars.models import Calendar
from channels_in.models import Inbox
from helpdesk.first_run import FirstRun
from helpdesk.setup import AlreadySetUpError, set_up
from helpdesk.setup_views import TRIES
from journal.drain import sweep_before
from people.models import Role, User
from routing.models import Rule
from sla import reapplying
from sla.models import Clock
from tickets.models import Brand, Macro, Status, View

FORM = {
    "name": "Nora Berg", "email": "Nora@Firm.example", "password": "quiet lamps in rain", "brand": "Lumen",
    "language": "en", "time_zone": "Europe/Oslo", "colour": "#3d55cc", "team": "Support",
    "address": "help@firm.example",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh(monkeypatch, settings):
    monkeypatch.setattr(FirstRun, "is_set_up", False)
    settings.DEBUG, settings.ALLOWED_HOSTS = False, ["localhost"]
    cache.delete("setup:tries")


@pytest.fixture
def client():
    """A browser on the machine itself."""
    return Client(headers={"host": "localhost"})


def test_every_page_leads_here_until_there_is_an_administrator(db, client):
    assert client.get("/settings/inboxes/")["Location"] == "/setup/"
    assert client.get("/setup/").status_code == 200
    client.cookies["django_language"] = "ru"
    assert 'lang="ru"' in client.get("/setup/").content.decode()


def test_it_works_the_minute_it_is_set_up(db, client):
    answer = client.post("/setup/", FORM, follow=True)
    assert answer.status_code == 200
    nora = User.objects.get()
    assert (nora.email, nora.role) == ("nora@firm.example", Role.ADMINISTRATOR)
    assert nora.check_password("quiet lamps in rain")
    assert answer.wsgi_request.user == nora
    assert Brand.objects.get().inboxes.get().team.members.get() == nora
    assert Inbox.objects.get().address == "help@firm.example"
    assert Status.objects.count() == 6
    assert View.objects.exists()
    assert "/views/" in answer.redirect_chain[-1][0]


def test_the_address_may_wait(db, client):
    client.post("/setup/", {**FORM, "address": ""})
    assert not Inbox.objects.exists()
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("password", "short"), ("password", "password123"), ("email", "x"), ("name", ""), ("brand", ""),
     ("language", "tlh"), ("time_zone", "Mars/Base"), ("colour", "url(x)"), ("team", ""),
     ("address", "nowhere")],
)  # fmt: skip
def test_what_is_wrong_is_said_and_nothing_is_made(db, client, field, value):
    answer = client.post("/setup/", {**FORM, field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}-error"' in answer.content.decode()
    assert "quiet lamps" not in answer.content.decode()
    assert not User.objects.exists()
    assert not Brand.objects.exists()


def test_afterwards_it_is_gone(world, client):
    for answer in (client.get("/setup/"), client.post("/setup/", FORM)):
        assert (answer.status_code, answer["Location"]) == (302, "/")
    assert not User.objects.filter(email="nora@firm.example").exists()
    assert client.put("/setup/").status_code == 405


def test_a_token_is_asked_where_one_is_set(db, client, settings):
    settings.SETUP_TOKEN = "from-the-server"
    assert client.post("/setup/", FORM).status_code == 422
    assert client.post("/setup/", {**FORM, "token": "guessed"}).status_code == 422
    assert not User.objects.exists()
    assert client.post("/setup/", {**FORM, "token": "from-the-server"}).status_code == 302


def test_from_elsewhere_it_opens_only_with_a_token(db, settings):
    settings.ALLOWED_HOSTS = ["desk.firm.example"]
    client = Client(headers={"host": "desk.firm.example"})
    for answer in (client.get("/setup/"), client.post("/setup/", FORM)):
        assert answer.status_code == 403
        assert "SETUP_TOKEN" in answer.content.decode()
    assert not User.objects.exists()
    settings.SETUP_TOKEN = "from-the-server"
    assert client.get("/setup/").status_code == 200
    assert client.post("/setup/", {**FORM, "token": "from-the-server"}).status_code == 302


def test_guessing_is_slowed_down(db, client, settings):
    settings.SETUP_TOKEN = "from-the-server"
    assert client.post("/setup/", {**FORM, "token": "guessed"}).status_code == 422
    cache.set("setup:tries", TRIES)
    answer = client.post("/setup/", {**FORM, "token": "from-the-server"})
    assert answer.status_code == 429
    assert "Too many attempts" in answer.content.decode()
    assert not User.objects.exists()


def test_a_form_from_elsewhere_is_refused(db):
    browser = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    assert browser.post("/setup/", FORM).status_code == 403
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_becomes_administrator():
    outcomes = []
    ready = threading.Barrier(2)

    def attempt(number):
        ready.wait()
        try:
            data = {
                **FORM,
                "email": f"nora{number}@firm.example",
                "brand": f"Lumen {number}",
                "team": f"T{number}",
            }
            set_up(data, language="en")
            outcomes.append("made")
        except AlreadySetUpError:
            outcomes.append("late")
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(number,)) for number in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["late", "made"]
    assert User.objects.count() == 1


def test_an_older_installation_gets_the_starters_when_it_asks(world, capsys):
    """It has people and tickets, but neither calendar nor policy, rules nor macros."""
    ticket = world.ticket()
    call_command("starters")
    told = capsys.readouterr().out
    assert told.count("\n") == 2 + Rule.objects.count() + Macro.objects.count()
    assert Calendar.objects.get().current.definition["zone"] == world.brand.time_zone
    assert reapplying.work(seconds=10) == 0, "asked for once the journal has been heard"
    while sweep_before(timezone.now()):
        pass
    reapplying.work(seconds=10)
    assert Clock.objects.filter(ticket=ticket, state="running").exists()
    call_command("starters")
    assert capsys.readouterr().out == ""


def test_an_empty_installation_is_set_up_by_its_page(db):
    with pytest.raises(CommandError, match="first-run page"):
        call_command("starters")
