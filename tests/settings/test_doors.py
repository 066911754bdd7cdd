"""Who gets into the settings: administrators, and nobody else; and how each page may be asked."""

from __future__ import annotations

import pytest

from channels_in.models import BlockedSender
from journal.models import Entry

PAGES = [
    "/settings/inboxes/", "/settings/inboxes/new/", "/settings/quarantine/", "/settings/blocked-senders/",
    "/settings/mail-health/", "/settings/users/", "/settings/users/new/",
    "/settings/roles/", "/settings/roles/new/",
    "/settings/teams/new/", "/settings/brands/", "/settings/brands/new/", "/settings/audit/",
]  # fmt: skip
# For managers, too.
WORK_PAGES = [
    "/settings/teams/", "/settings/calendars/", "/settings/calendars/new/", "/settings/staff/",
    "/settings/skills/", "/settings/skills/new/", "/settings/waiting/", "/settings/fairness/",
    "/settings/statuses/", "/settings/statuses/new/", "/settings/tags/",
]  # fmt: skip
ONLY_POST = [
    "/settings/inboxes/1/check/", "/settings/quarantine/1/processing/", "/settings/quarantine/1/attachment/",
    "/settings/quarantine/1/discarding/", "/settings/mail-health/parked/",
    "/settings/mail-health/breaker/removal/", "/settings/users/1/password-reset/",
    "/settings/roles/1/reset/", "/settings/roles/1/removal/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_asked_to_sign_in(world, client, path):
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("who", ["anna", "maria", "egor", "carla"])
def test_nobody_but_an_administrator_gets_in(world, by, who):
    browser = by(getattr(world, who))
    for path in PAGES:
        assert browser.get(path).status_code == 403, path
    # A manager has other pages there: rules, policies, calendars.
    assert browser.get("/settings/").status_code == (302 if who == "maria" else 403)
    for path in ONLY_POST:
        assert browser.post(path).status_code in {403, 405}, path


@pytest.mark.parametrize("who", ["anna", "egor", "carla"])
def test_nobody_but_managers_and_administrators_gets_at_how_work_is_shared(world, by, who):
    browser = by(getattr(world, who))
    for path in [*WORK_PAGES, "/settings/"]:
        assert browser.get(path).status_code == 403, path


def test_a_manager_finds_their_pages_from_the_main_navigation(world, by):
    browser = by(world.maria)
    page = browser.get("/profile/").content.decode()
    assert 'href="/settings/"' in page
    assert 'href="/settings/quarantine/"' not in page
    assert browser.get("/settings/").status_code == 302
    for path in WORK_PAGES:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert 'href="/settings/inboxes/"' not in answer.content.decode(), path


@pytest.mark.parametrize("path", ONLY_POST)
def test_what_changes_something_is_never_a_get(oleg, path):
    assert oleg.get(path).status_code == 405


@pytest.mark.parametrize("path", [*PAGES, *WORK_PAGES, "/settings/"])
def test_the_administrator_sees_every_page(oleg, path):
    answer = oleg.get(path, follow=True)
    assert answer.status_code == 200


def test_reading_the_settings_writes_nothing(oleg):
    before = Entry.objects.count()
    for path in [*PAGES, *WORK_PAGES]:
        oleg.get(path)
    assert Entry.objects.count() == before


def test_a_deactivated_administrator_is_out_at_once(world, oleg, by):
    world.oleg.is_active = False
    world.oleg.save()
    assert oleg.get("/settings/inboxes/").status_code == 302


def test_only_an_administrator_blocks_the_sender_of_a_ticket(world, by, oleg):
    ticket = world.ticket()
    path = f"/settings/blocked-senders/from-ticket/{ticket.pk}/"
    assert by(world.anna).post(path).status_code == 403
    assert oleg.get(path).status_code == 405
    assert path in oleg.get(f"/tickets/{ticket.pk}/").content.decode(), "one click away"
    assert path not in by(world.anna).get(f"/tickets/{ticket.pk}/").content.decode()
    oleg.post(path)
    assert BlockedSender.objects.get().pattern == "vera@severgrad.example"
