"""The switch in one's menu, and where one stands with one's shift."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from calendars.arithmetic import Definition
from calendars.commands import save_calendar
from common import clock
from journal.actor import Actor
from journal.models import Entry
from people.commands import shifts
from people.models import User
from routing.models import ShiftEnd

PATH = "/availability/"
DAY = 86_400


def page(answer):
    return answer.content.decode()


def test_a_break_and_back(world, anna, by):
    answer = anna.send(PATH, {"available": "0"})
    assert answer.status_code == 200
    assert "You take no new tickets" in page(answer)
    assert 'aria-checked="false"' in page(answer)
    assert 'id="me-mark" class="me-mark is-off" hx-swap-oob="true"' in page(answer)
    assert not User.objects.get(pk=world.anna.pk).is_available
    assert "me-mark is-off" in by(world.anna).get("/profile/").content.decode(), "another page of hers agrees"
    entry = Entry.objects.get(kind="availability_changed")
    assert (entry.data["available"], entry.actor.id) == (False, world.anna.pk)
    anna.send(PATH, {"available": "0"})
    assert Entry.objects.filter(kind="availability_changed").count() == 1
    anna.send(PATH, {"available": "1"})
    assert User.objects.get(pk=world.anna.pk).is_available


def test_it_works_without_a_script(world, anna):
    answer = anna.post(PATH, {"available": "0"})
    assert answer.status_code == 302
    assert not User.objects.get(pk=world.anna.pk).is_available
    assert "You take no new tickets now." in page(anna.get("/profile/"))


def test_it_is_ones_own_switch_only(world, anna, egor, client):
    anna.send(PATH, {"available": "0", "user": world.boris.pk, "user_id": world.boris.pk})
    assert User.objects.get(pk=world.boris.pk).is_available
    assert egor.send(PATH, {"available": "0"}).status_code == 200
    assert client.post(PATH, {"available": "0"})["Location"].startswith("/accounts/login/")


def test_a_customer_has_no_switch(world, by):
    assert by(world.carla).send(PATH, {"available": "0"}).status_code == 403
    assert by(world.carla).get(PATH).status_code == 403


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(anna, method):
    assert getattr(anna, method)(PATH).status_code == 405


def test_looking_writes_nothing(world, anna):
    before = Entry.objects.count()
    assert "You take new tickets" in page(anna.part(PATH))
    assert Entry.objects.count() == before


def test_who_has_no_shifts_reads_nothing_of_shifts(anna):
    shown = page(anna.part(PATH))
    assert 'class="me-shift"' not in shown
    assert "On shift" not in shown


def test_on_shift_until_when(world, anna):
    give(world, world.anna, ((0, DAY),))
    assert "On shift" in page(anna.part(PATH))


def test_after_a_shift_it_says_what_became_of_the_tickets(world, anna):
    give(world, world.anna, ())
    ended = clock.now() - timedelta(hours=2)
    ShiftEnd.objects.create(
        user=world.anna, ended_at=ended, claimed_until=ended, done_at=ended,
        outcomes=[[1, 1, "received", world.boris.pk], [2, 1, "received", world.boris.pk],
                  [3, 1, "queued", None], [4, 1, "kept", None]],
    )  # fmt: skip
    shown = page(anna.part(PATH))
    assert "Your shift ended:" in shown
    assert "4 open tickets: 2 to Boris Petrov, 1 back in the queue, 1 stays with you." in shown
    ShiftEnd.objects.update(outcomes=[])
    assert "You had no open tickets." in page(anna.part(PATH))
    ShiftEnd.objects.all().delete()
    assert "You are off shift" in page(anna.part(PATH))


def give(world, user, hours):
    """A shift of these hours each day; without any, one that only works long from now."""
    actor = Actor.user(world.oleg)
    far = clock.now().date() + timedelta(days=200)
    days = {} if hours else {far: ((0, DAY),)}
    definition = Definition(zone="UTC", week=(hours,) * 7, days=days)
    made = save_calendar(None, name="Shift", definition=definition, actor=actor).calendar
    shifts.save_shift(user.pk, calendar=made, valid_from=date(2020, 1, 1), actor=actor)
