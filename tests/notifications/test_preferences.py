"""Choosing what one is told of, and when it is quiet."""

from datetime import time

import pytest

from notifications.kinds import DEFAULTS, GROUPS, ICONS, Kind, Wish
from notifications.models import Preference
from notifications.preferences import quiet_of, save_wishes, wishes, wishes_of, zone_name
from people.models import User

PROFILE = {
    "name": "Anna Lind", "language": "en", "time_zone": "", "theme": "auto", "density": "comfortable",
    "signature": "", "quiet_from": "22:00", "quiet_until": "07:00",
}  # fmt: skip


def boxes(**given):
    """The form as a browser sends it, with the defaults ticked and some changed."""
    ticked = {f"desk_{kind}": wish.in_desk for kind, wish in DEFAULTS.items()}
    ticked |= {f"mail_{kind}": wish.by_mail for kind, wish in DEFAULTS.items()} | given
    return PROFILE | {name: "on" for name, on in ticked.items() if on}


def test_mail_is_on_for_what_must_not_be_missed_and_every_kind_has_its_place():
    assert {kind for kind, wish in DEFAULTS.items() if wish.by_mail} == {
        "mentioned", "sla_breached", "handed_over", "nobody_available",
    }  # fmt: skip
    assert [kind for _title, kinds in GROUPS for kind in kinds] == sorted(
        Kind, key=[kind for _title, kinds in GROUPS for kind in kinds].index
    )
    assert set(ICONS) == set(Kind)


def test_the_page_shows_and_saves_wishes(world, anna):
    body = anna.get("/profile/").content.decode()
    for kind in Kind:
        assert f'name="desk_{kind.value}"' in body
        assert f'name="mail_{kind.value}"' in body
    assert anna.post("/profile/", boxes(mail_assigned=True, desk_noted=False)).status_code == 302
    saved = wishes_of(world.anna)
    assert saved["assigned"] == Wish(True, True)
    assert saved["noted"] == Wish(False, False)
    assert Preference.objects.count() == 2  # the rest follows the defaults


def test_going_back_to_a_default_forgets_the_wish(world):
    save_wishes(world.anna, {"assigned": Wish(False, False)})
    save_wishes(world.anna, {"assigned": DEFAULTS["assigned"]})
    assert not Preference.objects.exists()


def test_wishes_are_ones_own(world):
    save_wishes(world.anna, {"assigned": Wish(False, True)})
    both = wishes([world.anna.pk, world.boris.pk], "assigned")
    assert both == {world.anna.pk: Wish(False, True), world.boris.pk: DEFAULTS["assigned"]}


def test_quiet_hours_are_saved_shown_and_taken_away(world, anna):
    anna.post("/profile/", boxes() | {"quiet_days": ["0", "4"]})
    quiet = quiet_of(world.anna)
    assert (quiet.weekdays, quiet.begins, quiet.ends) == ((0, 4), time(22), time(7))
    body = anna.get("/profile/").content.decode()
    assert 'name="quiet_days" value="4" checked' in body
    assert 'name="quiet_days" value="5" checked' not in body
    anna.post("/profile/", boxes())
    assert quiet_of(world.anna) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"quiet_days": ["7"]},
        {"quiet_days": ["x"]},
        {"quiet_days": ["0"], "quiet_from": ""},
        {"quiet_days": ["0"], "quiet_until": "25:00"},
        {"quiet_days": [str(day) for day in range(7)], "quiet_until": "22:00"},
        {"name": ""},
    ],
)
def test_what_is_wrong_changes_nothing(world, anna, wrong):
    answer = anna.post("/profile/", boxes(mail_assigned=True) | wrong)
    assert answer.status_code == 422
    assert wishes_of(world.anna) == DEFAULTS
    assert quiet_of(world.anna) is None


def test_quiet_hours_go_by_ones_own_clock_else_the_brands(world, anna):
    assert zone_name(world.anna) == "Europe/Moscow"
    assert "Europe/Moscow" in anna.get("/profile/").content.decode()
    User.objects.filter(pk=world.anna.pk).update(time_zone="America/New_York")
    assert "America/New York" in anna.get("/profile/").content.decode()
