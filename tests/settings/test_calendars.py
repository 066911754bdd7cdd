"""Business calendars: the editor without its script, what is refused, versions, the list."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from calendars.commands import save_calendar
from calendars.models import Calendar, CalendarVersion
from calendars.stored import from_json
from desk.settings.forms import hours
from desk.settings.forms.calendar_rows import read_week
from journal.actor import Actor
from journal.models import Entry
from people.commands import shifts, teams
from tests.settings.calendar_form import H, current, form, week, words

# --- hours as people write them -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("9", 9 * H), ("09:30", 9 * H + 1800), ("930", 9 * H + 1800), ("9.05", 9 * H + 300), ("24:00", 24 * H),
     ("23:59:59", 24 * H - 1), ("0", 0)],
)  # fmt: skip
def test_times_are_read_as_people_write_them(text, seconds):
    assert hours.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "25", "24:01", "9:60", "nine", "-1", "9:3", "٩"])
def test_what_is_no_time_is_none(text):
    assert hours.seconds(text) is None


def test_hours_round_trip():
    for pair in [(0, 24 * H), (9 * H, 18 * H), (22 * H, 30 * H), (0, H), (23 * H, 24 * H)]:
        assert hours.read_several(hours.one(pair)) == (pair,)


# --- doors ----------------------------------------------------------------------------------------

POSTS = ["new_calendar_draft", "calendar_draft", "calendar_default", "calendar_activity"]


@pytest.mark.parametrize("name", POSTS)
def test_what_acts_is_never_a_get(maria, moscow, name):
    args = [] if name == "new_calendar_draft" else [moscow.pk]
    assert maria.get(reverse(name, args=args)).status_code == 405


@pytest.mark.parametrize("who", ["anna", "egor", "carla"])
def test_only_managers_get_in(world, by, moscow, who):
    browser = by(getattr(world, who))
    for name in ("calendars", "new_calendar"):
        assert browser.get(reverse(name)).status_code == 403
    assert browser.get(reverse("calendar", args=[moscow.pk])).status_code == 403
    before = Entry.objects.count()
    assert browser.post(reverse("calendar", args=[moscow.pk]), form(name="X")).status_code == 403
    for name in POSTS[1:]:
        assert browser.post(reverse(name, args=[moscow.pk])).status_code == 403
    assert Entry.objects.count() == before


def test_a_stranger_is_asked_to_sign_in(client, world, moscow):
    assert client.get(reverse("calendars"))["Location"].startswith("/accounts/login/")
    assert client.post(reverse("calendar_draft", args=[moscow.pk]))["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("name", ["calendar", *POSTS[1:]])
def test_what_is_not_there_is_not_found(maria, world, name):
    assert maria.post(reverse(name, args=[987])).status_code == 404


# --- saving ---------------------------------------------------------------------------------------


def test_a_calendar_is_made_by_plain_fields(maria, world):
    answer = maria.post(
        reverse("new_calendar"), form(**week(d5="10-14, 22:00-2", d6="4-24:00"), note="First")
    )
    assert answer.status_code == 302
    version = current()
    assert (version.number, version.note, version.author_id) == (1, "First", world.maria.pk)
    made = from_json(version.definition)
    assert made.week[0] == ((9 * H, 18 * H),)
    assert made.week[5] == ((10 * H, 14 * H), (22 * H, 26 * H))
    assert made.week[6] == ((4 * H, 24 * H),)
    assert version.calendar.is_default, "the first of all"


def test_saving_the_same_again_makes_no_version(maria, moscow):
    page = reverse("calendar", args=[moscow.pk])
    maria.post(page, form(name=moscow.name))
    assert moscow.current.number == 1
    maria.post(page, form(name=moscow.name, **week(d5="10-12")))
    assert moscow.current.number == 2


def test_without_working_time_it_is_refused_and_nothing_typed_is_lost(maria, moscow):
    sent = {"name": "Никогда", "zone": "Asia/Tokyo", "note": "my note", "day-date": ["2026-12-31"],
            "day-name": ["Party"], "day-kind": ["off"], "day-hours": [""], "day-source": [""]}  # fmt: skip
    answer = maria.post(reverse("calendar", args=[moscow.pk]), sent)
    assert answer.status_code == 422
    page = words(answer)
    assert "There is no working time in this week" in page
    for typed in ("Никогда", 'value="Asia/Tokyo" selected', "my note", "2026-12-31", "Party"):
        assert typed in page
    assert CalendarVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (week(d0="9-nine"), "is not a time of day"),
        (week(d0="9-"), "is not a time of day"),
        (week(d0="9-12, 11-13"), "overlap"),
        (week(d0="22-10", d1="9-18"), "runs over midnight"),
        ({"zone": "Mars/Base"}, "field-error"),
        ({"name": ""}, "field-error"),
        ({"country": "XX"}, "field-error"),
        ({"country": "RU", "region": "BY"}, "field-error"),
        ({"eve_minutes": "100000"}, "field-error"),
        ({"valid_from": "2027-01-02", "valid_until": "2027-01-01"}, "before its first"),
        ({"valid_until": "tomorrow"}, "field-error"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(maria, world, change, said):
    answer = maria.post(reverse("new_calendar"), form(**change))
    assert answer.status_code == 422
    assert said in words(answer)
    assert "field-error" in words(answer)
    assert not Calendar.objects.exists()


@pytest.mark.parametrize(
    ("row", "said"),
    [(("", "Party", "off", ""), "Which day?"), (("2026-12-31", "", "open", "soon"), "Write the hours"),
     (("2026-12-31", "", "open", ""), "Write the hours"), (("1800-01-01", "", "off", ""), "is no date"),
     (("2026-12-31", "", "usual", ""), "choose a country first")],
)  # fmt: skip
def test_a_wrong_day_is_refused(maria, world, row, said):
    names = ("date", "name", "kind", "hours")
    fields = {f"day-{name}": [value] for name, value in zip(names, row, strict=True)} | {"day-source": [""]}
    answer = maria.post(reverse("new_calendar"), form(**fields))
    assert answer.status_code == 422
    assert said in words(answer)


def test_a_day_twice_and_a_change_backwards_are_refused(maria, world):
    twice = {"day-date": ["2026-12-31"] * 2, "day-name": ["A", "B"], "day-kind": ["off"] * 2,
             "day-hours": [""] * 2, "day-source": [""] * 2}  # fmt: skip
    assert "This day is here twice" in words(maria.post(reverse("new_calendar"), form(**twice)))
    span = {"span-start": ["2026-12-31T12:00"], "span-end": ["2026-12-31T11:00"], "span-adds": ["0"],
            "span-name": ["x"], "span-source": [""]}  # fmt: skip
    assert "not after its start" in words(maria.post(reverse("new_calendar"), form(**span)))
    assert not Calendar.objects.exists()


def test_days_and_changes_are_kept_in_the_zone_of_the_calendar(maria, world):
    rows = {"day-date": ["2026-12-31", "2027-02-20", ""], "day-name": ["Short", "Worked", ""],
            "day-kind": ["open", "open", "off"], "day-hours": ["9-13", "10:00–15:00", ""],
            "day-source": ["", "", ""],
            "span-start": ["2026-12-01T10:00"], "span-end": ["2026-12-01T12:30"], "span-adds": ["0"],
            "span-name": ["Power"], "span-source": [""]}  # fmt: skip
    assert maria.post(reverse("new_calendar"), form(**rows)).status_code == 302
    definition = current().definition
    assert definition["days"]["2026-12-31"]["kind"] == "shortened"
    assert definition["days"]["2027-02-20"] == {
        "intervals": [[10 * H, 15 * H]], "kind": "exception", "name": {"": "Worked"}, "source": "",
    }  # fmt: skip
    assert definition["spans"][0]["start"] == "2026-12-01T07:00:00Z"
    page = words(maria.get(reverse("calendar", args=[current().calendar.pk])))
    for shown in ("10:00–15:00", 'value="2026-12-01T12:30"', "Power"):
        assert shown in page


def test_names_left_as_they_are_keep_their_other_language(maria, moscow, world):
    named = {"ru": "Учёт", "en": "Stocktaking"}
    definition = moscow.current.definition | {
        "days": {"2026-12-24": {"intervals": [[9 * H, 13 * H]], "kind": "shortened", "name": named}},
        "spans": [
            {"start": "2026-12-01T07:00:00Z", "end": "2026-12-01T09:30:00Z", "adds": False, "name": named}
        ],
    }
    save_calendar(moscow.pk, name=moscow.name, definition=definition, actor=Actor.user(world.oleg))
    rows = {"day-date": ["2026-12-24"], "day-name": ["Stocktaking"], "day-kind": ["open"],
            "day-hours": ["9-13"], "day-source": [""],
            "span-start": ["2026-12-01T10:00"], "span-end": ["2026-12-01T12:30"], "span-adds": ["0"],
            "span-name": ["Stocktaking"], "span-source": [""]}  # fmt: skip
    page = reverse("calendar", args=[moscow.pk])
    maria.post(page, form(name=moscow.name, **rows))
    assert moscow.current.number == 2, "nothing is said otherwise"
    maria.post(page, form(name=moscow.name, **rows | {"span-name": ["Power"]}))
    saved = moscow.current.definition
    assert saved["days"]["2026-12-24"]["name"] == named
    assert saved["spans"][0]["name"] == {"": "Power"}


def test_holidays_of_a_country_come_with_the_version_and_can_be_undone(maria, monday, world):
    maria.post(reverse("new_calendar"), form(country="RU", eve_minutes="60"))
    days = current().definition["days"]
    assert days["2027-01-01"]["source"] == "country"
    page = reverse("calendar", args=[current().calendar.pk])
    assert 'value="2027-01-01"' not in words(maria.get(page)), "they are no rows of the form"
    row = {"day-date": ["2027-01-01"], "day-name": [""], "day-kind": ["usual"], "day-hours": [""],
           "day-source": [""]}  # fmt: skip
    maria.post(page, form(country="RU", eve_minutes="60", **row))
    assert "2027-01-01" not in current().definition["days"]
    assert 'value="2027-01-01"' in words(maria.get(page))


def test_two_people_at_once_do_not_undo_each_other(maria, oleg, moscow):
    page = reverse("calendar", args=[moscow.pk])
    maria.post(page, form(name="A", seen="1"))
    oleg.post(page, form(name="A", seen="1", **week(d5="9-10")))
    answer = maria.post(page, form(name="A", seen="1", **week(d6="9-10")))
    assert answer.status_code == 422
    assert "Somebody has changed this calendar meanwhile" in words(answer)
    assert moscow.current.number == 2


def test_a_name_that_is_taken_is_refused(maria, moscow):
    answer = maria.post(reverse("new_calendar"), form(name=moscow.name))
    assert answer.status_code == 422
    assert "There is a calendar of this name already" in words(answer)


# --- versions -------------------------------------------------------------------------------------


def test_the_history_says_who_and_why_and_brings_a_version_back(maria, world, moscow):
    page = reverse("calendar", args=[moscow.pk])
    maria.post(page, form(name=moscow.name, note="Saturdays too", **week(d5="10-14")))
    shown = words(maria.get(page))
    assert "Saturdays too" in shown
    assert "Maria Weber" in shown
    assert "Saturday: day off → 10:00–14:00" in shown
    first = maria.get(page, {"version": "1"})
    assert "This is version 1" in words(first)
    maria.post(f"{page}?version=1", form(name=moscow.name, seen="2"))
    assert moscow.current.number == 3
    assert from_json(moscow.current.definition).week[5] == ()
    assert maria.get(page, {"version": "77"}).status_code == 404
    assert maria.get(page, {"version": "x"}).status_code == 200


# --- default, switching off -----------------------------------------------------------------------


def test_another_becomes_the_default(maria, world, moscow):
    maria.post(reverse("new_calendar"), form(name="Второй"))
    second = Calendar.objects.get(name="Второй")
    assert not second.is_default
    maria.post(reverse("calendar_default", args=[second.pk]))
    assert Calendar.objects.get(is_default=True) == second


def test_the_default_is_not_switched_off(maria, moscow):
    answer = maria.post(reverse("calendar_activity", args=[moscow.pk]), {"active": "0"}, follow=True)
    assert "This is the default calendar" in words(answer)
    moscow.refresh_from_db()
    assert moscow.is_active


def test_who_switches_one_off_is_told_who_goes_by_it(maria, world, moscow):
    actor = Actor.user(world.oleg)
    other = save_calendar(None, name="Ночь", definition=moscow.current.definition, actor=actor).calendar
    shifts.save_shift(world.anna.pk, calendar=other, valid_from=date(2026, 1, 1), actor=actor)
    teams.change_team(
        world.first_line.pk,
        actor=actor,
        name="First line",
        is_active=True,
        members=[world.anna],
        calendar=other,
    )
    answer = maria.post(reverse("calendar_activity", args=[other.pk]), {"active": "0"}, follow=True)
    assert "Who goes by it keeps it: 1 team, shifts of 1 person." in words(answer)
    other.refresh_from_db()
    assert not other.is_active
    maria.post(reverse("calendar_activity", args=[other.pk]), {"active": "1"})
    other.refresh_from_db()
    assert other.is_active


# --- the list -------------------------------------------------------------------------------------


def test_the_list_says_hours_zone_and_whether_it_is_open(maria, monday, moscow):
    page = words(maria.get(reverse("calendars")))
    for shown in ("Mon–Fri 09:00–18:00", "Europe/Moscow", "Default", "Open now"):
        assert shown in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_for_many(maria, world, moscow, number, django_assert_num_queries):
    for one in range(number):
        save_calendar(
            None, name=f"C{one}", definition=moscow.current.definition, actor=Actor.user(world.oleg)
        )
    maria.get(reverse("calendars"))
    with django_assert_num_queries(7):
        maria.get(reverse("calendars"))


def test_ugly_numbers_of_rows_do_no_harm():
    from django.http import QueryDict

    data = QueryDict(mutable=True)
    data.setlist("week-0-from", ["09:00"] * 5000)
    data.setlist("week-0-until", ["10:00"] * 5000)
    rows = read_week(data)
    assert rows[0].intervals
