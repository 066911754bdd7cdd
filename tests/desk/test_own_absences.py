"""Whoever is going away says so on the page of their own settings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from journal.actor import Actor
from journal.models import Entry
from people.commands import shifts
from people.models import Absence, User
from people.working import presences

PROFILE, PATH = "/profile/", "/profile/absences/"
MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SENT = {"kind": "vacation", "first_day": "2026-12-01", "last_day": "2026-12-14", "note": "Сочи"}


@pytest.fixture(autouse=True)
def now(monkeypatch, world):
    monkeypatch.setattr("common.clock.now", lambda: NOW)
    User.objects.filter(pk=world.anna.pk).update(time_zone="Europe/Moscow")


@pytest.fixture
def browser(world, by):
    return by(world.anna)


def removal(absence) -> str:
    return f"{PATH}{absence.pk}/removal/"


def test_days_away_by_ones_own_clock(world, by, browser):
    answer = browser.post(PATH, SENT)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/profile/#absences")
    absence = Absence.objects.get()
    assert absence.user == world.anna
    assert absence.starts_at == datetime(2026, 12, 1, tzinfo=MOSCOW)
    assert absence.ends_at == datetime(2026, 12, 15, tzinfo=MOSCOW)
    entry = Entry.objects.get(kind="absence_added")
    assert entry.actor_id == world.anna.pk
    assert "1 December – 14 December" in browser.get(PROFILE).content.decode()
    away = presences([world.anna.pk], NOW, NOW + timedelta(days=30))[world.anna.pk]
    assert not away.at(datetime(2026, 12, 10, 12, tzinfo=MOSCOW))
    # Managers see it where they plan.
    assert "Сочи" in by(world.maria).get(f"/settings/staff/{world.anna.pk}/").content.decode()
    # The same sent twice is one.
    browser.post(PATH, SENT)
    assert Absence.objects.count() == 1


def test_it_is_called_off_or_ended(world, browser):
    browser.post(PATH, SENT)
    browser.post(removal(Absence.objects.get()))
    assert not Absence.objects.exists()
    browser.post(PATH, {**SENT, "first_day": "2026-11-24"})
    browser.post(removal(Absence.objects.get()))
    assert Absence.objects.get().ends_at == NOW


@pytest.mark.parametrize("wrong", [{"kind": "party"}, {"first_day": ""}, {"last_day": "2026-11-01"},
                                   {"first_time": "noon"}, {"last_day": "2046-01-01"}])  # fmt: skip
def test_what_makes_no_sense_is_refused_and_kept_in_the_form(browser, wrong):
    answer = browser.post(PATH, {**SENT, **wrong})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "field-error" in html
    assert 'value="Сочи"' in html
    assert '<details class="add-more" open>' in html
    assert not Absence.objects.exists()


def test_somebody_elses_absence_is_not_ones_own(world, browser):
    of_boris = shifts.add_absence(
        world.boris.pk, starts_at=NOW, ends_at=NOW + timedelta(days=1), actor=Actor.user(world.maria)
    )
    assert browser.post(removal(of_boris)).status_code == 404
    assert browser.get(PATH).status_code == 405
    assert Absence.objects.filter(ends_at__gt=NOW).exists()


def test_a_customer_and_a_stranger_have_none(world, by, client):
    assert client.post(PATH, SENT).status_code == 302
    assert by(world.carla).post(PATH, SENT).status_code == 403
    assert not Absence.objects.exists()
