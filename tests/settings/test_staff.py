"""The staff for managers: the week of all, one person's skills and shifts, skills, teams' ways of working."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse

from calendars.arithmetic import Definition
from calendars.commands import save_calendar, switch_off
from calendars.starter import make_calendar
from common import clock
from desk.settings import roster
from journal.actor import Actor
from journal.models import Entry
from people.commands import shifts
from people.commands.skills import save_skill
from people.models import Absence, ExtraTime, Membership, Role, Shift, Skill, User

H = 3600
NOW = datetime(2026, 11, 25, 7, 0, tzinfo=UTC)  # a Wednesday, 10:00 in Moscow
MOSCOW = ZoneInfo("Europe/Moscow")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def maria(world, by):
    """The manager's browser."""
    return by(world.maria)


@pytest.fixture
def now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def moscow(world):
    return make_calendar(zone="Europe/Moscow", actor=Actor.user(world.oleg)).calendar


@pytest.fixture
def night(world):
    week = (((22 * H, 30 * H),),) * 7
    definition = Definition(zone="Europe/Moscow", week=week)
    return save_calendar(None, name="Ночь", definition=definition, actor=Actor.user(world.oleg)).calendar


def words(answer):
    return answer.content.decode()


# --- doors ----------------------------------------------------------------------------------------

ADDING = ["member_shifts", "member_absences", "member_extra_times"]


def addresses(world, moscow):
    actor = Actor.user(world.oleg)
    shift = shifts.save_shift(world.anna.pk, calendar=moscow, valid_from=date(2026, 1, 1), actor=actor)
    soon = clock.now() + timedelta(days=3)
    absence = shifts.add_absence(world.anna.pk, starts_at=soon, ends_at=soon + timedelta(days=1), actor=actor)
    extra = shifts.add_extra_time(
        world.anna.pk, starts_at=soon, ends_at=soon + timedelta(hours=1), actor=actor
    )
    anna = world.anna.pk
    return [
        *(reverse(name, args=[anna]) for name in ADDING),
        reverse("member_shift", args=[anna, shift.pk]),
        reverse("member_shift_removal", args=[anna, shift.pk]),
        reverse("member_absence_removal", args=[anna, absence.pk]),
        reverse("member_extra_time_removal", args=[anna, extra.pk]),
    ]


def test_what_acts_is_only_for_managers_and_never_a_get(world, by, maria, client, moscow):
    paths = addresses(world, moscow)
    before = Entry.objects.count()
    for path in paths:
        assert maria.get(path).status_code == 405, path
        for who in (world.anna, world.egor, world.carla):
            assert by(who).post(path).status_code == 403, path
        assert client.post(path)["Location"].startswith("/accounts/login/"), path
    assert Entry.objects.count() == before


@pytest.mark.parametrize("who", ["anna", "egor", "carla"])
def test_the_pages_are_for_managers(world, by, who):
    browser = by(getattr(world, who))
    pages = [
        reverse(name) for name in ("staff", "skills", "new_skill", "waiting", "fairness", "fairness_tickets")
    ]
    for path in [*pages, reverse("member", args=[world.anna.pk]), reverse("teams")]:
        assert browser.get(path).status_code == 403, path


def test_another_persons_shift_is_not_found_under_this_one(world, maria, moscow):
    paths = addresses(world, moscow)
    for path in paths[3:]:
        other = path.replace(f"/staff/{world.anna.pk}/", f"/staff/{world.boris.pk}/")
        assert maria.post(other).status_code == 404, other
    assert maria.get(reverse("member", args=[world.carla.pk])).status_code == 404
    assert (Shift.objects.count(), Absence.objects.count(), ExtraTime.objects.count()) == (1, 1, 1)


# --- one person -----------------------------------------------------------------------------------


def test_skills_languages_and_capacity_are_set(maria, world):
    skill = save_skill(None, actor=Actor.user(world.oleg), labels={"en": "Coffee"})
    answer = maria.post(
        reverse("member", args=[world.anna.pk]),
        {"skills": [skill.pk], "spoken": ["de", "ru"], "capacity_email": "12", "capacity_chat": "0"},
    )
    assert answer.status_code == 302
    anna = User.objects.get(pk=world.anna.pk)
    assert list(anna.skills.all()) == [skill]
    assert anna.spoken == ["de", "ru"]
    assert anna.capacity == {"email": 12, "chat": 0}, "what is left empty follows the default"
    entry = Entry.objects.get(kind="user_changed")
    assert entry.actor.id == world.maria.pk


@pytest.mark.parametrize(
    "wrong",
    [{"capacity_email": "-1"}, {"capacity_chat": "501"}, {"capacity_phone": "many"}, {"spoken": ["klingon"]},
     {"skills": ["999"]}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(maria, world, wrong):
    answer = maria.post(reverse("member", args=[world.anna.pk]), {"capacity_email": "5", **wrong})
    assert answer.status_code == 422
    assert "field-error" in words(answer)
    assert not Entry.objects.filter(kind="user_changed").exists()


def test_a_shift_is_added_changed_and_removed(maria, world, moscow, night):
    anna = world.anna.pk
    maria.post(
        reverse("member_shifts", args=[anna]),
        {"calendar": moscow.pk, "valid_from": "2026-01-01", "valid_until": ""},
    )
    shift = Shift.objects.get(user=anna)
    assert (shift.calendar, shift.valid_until) == (moscow, None)
    path = reverse("member_shift", args=[anna, shift.pk])
    maria.post(path, {"calendar": night.pk, "valid_from": "2026-01-01", "valid_until": "2026-06-30"})
    shift.refresh_from_db()
    assert (shift.calendar, shift.valid_until) == (night, date(2026, 6, 30))
    answer = maria.post(path, {"calendar": night.pk, "valid_from": "2026-01-01", "valid_until": "2025-01-01"})
    assert answer.status_code == 422
    assert "The last day is before the first one" in words(answer)
    maria.post(reverse("member_shift_removal", args=[anna, shift.pk]))
    assert not Shift.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"calendar": "987"}, {"calendar": ""}, {"valid_from": ""}, {"valid_from": "soon"}, {"valid_until": "x"}],
)
def test_a_wrong_shift_is_refused_and_kept_on_the_page(maria, world, moscow, wrong):
    sent = {"calendar": moscow.pk, "valid_from": "2026-01-07", "valid_until": "2026-02-03", **wrong}
    answer = maria.post(reverse("member_shifts", args=[world.anna.pk]), sent)
    assert answer.status_code == 422
    assert "field-error" in words(answer)
    assert not Shift.objects.exists()
    if "valid_from" not in wrong:
        assert "2026-01-07" in words(answer)


def test_a_calendar_out_of_use_is_not_offered(maria, world, moscow, night):
    switch_off(night.pk, actor=Actor.user(world.oleg))
    assert "Ночь" not in words(maria.get(reverse("member", args=[world.anna.pk])))
    answer = maria.post(
        reverse("member_shifts", args=[world.anna.pk]), {"calendar": night.pk, "valid_from": "2026-01-01"}
    )
    assert answer.status_code == 422


def test_an_absence_of_whole_days_ends_with_its_last(maria, now, world):
    User.objects.filter(pk=world.anna.pk).update(time_zone="Europe/Moscow")
    maria.post(
        reverse("member_absences", args=[world.anna.pk]),
        {"kind": "vacation", "first_day": "2026-12-01", "last_day": "2026-12-14", "note": "Сочи"},
    )
    absence = Absence.objects.get()
    assert absence.starts_at == datetime(2026, 12, 1, tzinfo=MOSCOW)
    assert absence.ends_at == datetime(2026, 12, 15, tzinfo=MOSCOW)
    page = words(maria.get(reverse("member", args=[world.anna.pk])))
    assert "1 December – 14 December" in page
    maria.post(reverse("member_absence_removal", args=[world.anna.pk, absence.pk]))
    assert not Absence.objects.exists()


def test_an_absence_may_be_hours(maria, now, world):
    User.objects.filter(pk=world.anna.pk).update(time_zone="Europe/Moscow")
    maria.post(
        reverse("member_absences", args=[world.anna.pk]),
        {"kind": "other", "first_day": "2026-12-01", "first_time": "930", "last_day": "2026-12-01",
         "last_time": "12:00"},
    )  # fmt: skip
    absence = Absence.objects.get()
    assert absence.starts_at == datetime(2026, 12, 1, 9, 30, tzinfo=MOSCOW)
    assert absence.ends_at == datetime(2026, 12, 1, 12, tzinfo=MOSCOW)


@pytest.mark.parametrize(
    "wrong",
    [{"kind": "party"}, {"first_day": ""}, {"last_day": "2026-11-01"}, {"first_time": "noon"},
     {"last_day": "2046-01-01"}, {"first_day": "9999-12-31", "last_day": "9999-12-31"},
     {"first_day": "0001-01-01"}],
)  # fmt: skip
def test_a_wrong_absence_is_refused(maria, now, world, wrong):
    sent = {"kind": "sick", "first_day": "2026-12-01", "last_day": "2026-12-02", **wrong}
    answer = maria.post(reverse("member_absences", args=[world.anna.pk]), sent)
    assert answer.status_code == 422
    assert "field-error" in words(answer)
    assert not Absence.objects.exists()


def test_extra_time_may_run_over_midnight(maria, now, world):
    User.objects.filter(pk=world.anna.pk).update(time_zone="Europe/Moscow")
    path = reverse("member_extra_times", args=[world.anna.pk])
    maria.post(path, {"day": "2026-12-05", "start": "22", "end": "2"})
    extra = ExtraTime.objects.get()
    assert extra.ends_at - extra.starts_at == timedelta(hours=4)
    assert extra.starts_at == datetime(2026, 12, 5, 22, tzinfo=MOSCOW)
    for wrong in ({"start": "x"}, {"end": ""}, {"day": "x"}):
        answer = maria.post(path, {"day": "2026-12-06", "start": "1", "end": "2", **wrong})
        assert answer.status_code == 422
    maria.post(reverse("member_extra_time_removal", args=[world.anna.pk, extra.pk]))
    assert not ExtraTime.objects.exists()


# --- the week -------------------------------------------------------------------------------------


def cells(world, user, zone=MOSCOW, monday=date(2026, 11, 23)):
    users = list(User.objects.staff().order_by("name"))
    for team in roster.week_of(users, monday, zone, NOW):
        for row in team.people:
            if row.user.pk == user.pk:
                return row
    raise AssertionError


def test_the_week_is_drawn_in_the_readers_zone(world, moscow):
    shifts.save_shift(
        world.anna.pk, calendar=moscow, valid_from=date(2026, 1, 1), actor=Actor.user(world.oleg)
    )
    assert [cell.words for cell in cells(world, world.anna).cells] == ["09:00–18:00"] * 5 + ["", ""]
    far = cells(world, world.anna, ZoneInfo("Asia/Vladivostok"))
    assert far.cells[0].words == "16:00–24:00"
    assert far.cells[1].words == "00:00–01:00, 16:00–24:00"
    assert far.cells[5].words == "00:00–01:00"
    assert cells(world, world.boris).always
    assert cells(world, world.boris).cells[0].whole


def test_absences_and_states_are_told(world, moscow):
    actor = Actor.user(world.oleg)
    shifts.save_shift(world.anna.pk, calendar=moscow, valid_from=date(2026, 1, 1), actor=actor)
    assert cells(world, world.anna).state == "at_work"
    Absence.objects.create(
        user=world.anna, kind="sick", starts_at=NOW, ends_at=NOW + timedelta(days=1), created_at=NOW
    )
    row = cells(world, world.anna)
    assert row.state == "absent"
    assert [cell.absence for cell in row.cells] == ["", "", "Sick leave", "Sick leave", "", "", ""]
    assert row.cells[2].words == "09:00–10:00"
    assert row.cells[3].words == "10:00–18:00"


def test_hours_of_a_night_when_clocks_change_stay_in_the_day(world):
    week = (((0, 24 * H),),) * 7
    whole = save_calendar(
        None,
        name="24/7",
        definition=Definition(zone="Europe/Berlin", week=week),
        actor=Actor.user(world.oleg),
    ).calendar
    shifts.save_shift(
        world.anna.pk, calendar=whole, valid_from=date(2026, 1, 1), actor=Actor.user(world.oleg)
    )
    for monday in (date(2026, 3, 23), date(2026, 10, 19)):
        row = cells(world, world.anna, ZoneInfo("Europe/Berlin"), monday)
        assert [cell.words for cell in row.cells] == ["all day"] * 7


def test_the_page_takes_any_week_and_zone(maria, now, world):
    page = words(maria.get(reverse("staff"), {"week": "2026-11-04", "zone": "Asia/Tokyo"}))
    assert "2 November" in page
    assert '<option value="Asia/Tokyo" selected' in page
    for week in ("0001-01-01", "9999-12-31", "x", "2026-99-99"):
        assert maria.get(reverse("staff"), {"week": week, "zone": "Mars/Base"}).status_code == 200


@pytest.mark.parametrize("number", [1, 3])
def test_the_week_costs_the_same_for_many(maria, world, moscow, number, django_assert_num_queries):
    for one in range(number):
        user = User.objects.create_user(f"x{one}@otklik.example", "x", name=f"X{one}", role=Role.AGENT)
        Membership.objects.create(team=world.first_line, user=user)
        shifts.save_shift(user.pk, calendar=moscow, valid_from=date(2026, 1, 1), actor=Actor.user(world.oleg))
    maria.get(reverse("staff"))
    with django_assert_num_queries(13):
        maria.get(reverse("staff"))


# --- skills ---------------------------------------------------------------------------------------


def test_a_skill_is_made_renamed_and_taken_out_of_use(maria, world):
    maria.post(reverse("new_skill"), {"label_en": "Coffee", "label_ru": "Кофе"})
    skill = Skill.objects.get()
    assert skill.labels == {"en": "Coffee", "ru": "Кофе"}
    maria.post(reverse("skill", args=[skill.pk]), {"label_en": "Coffee machines", "label_ru": ""})
    skill.refresh_from_db()
    assert (skill.labels, skill.is_active) == ({"en": "Coffee machines"}, False)
    answer = maria.post(reverse("skill", args=[skill.pk]), {"label_en": " ", "label_ru": ""})
    assert answer.status_code == 422
    assert "A skill needs a name" in words(answer)
    assert maria.post(reverse("new_skill"), {"label_en": "x" * 201}).status_code == 422
    assert "Coffee machines" in words(maria.get(reverse("skills")))


@pytest.mark.parametrize("number", [1, 3])
def test_the_catalogue_costs_the_same_for_many(maria, world, number, django_assert_num_queries):
    for one in range(number):
        save_skill(None, actor=Actor.user(world.oleg), labels={"en": f"S{one}"})
    maria.get(reverse("skills"))
    with django_assert_num_queries(4):
        maria.get(reverse("skills"))


# --- teams ----------------------------------------------------------------------------------------


def working(**changes):
    return {"calendar": "", "line": "1", "escalates_to": "", "strategy": "round_robin", "shift_end": "queue",
            "hands_over_to": "", "on_reopen": "keep", **changes}  # fmt: skip


def test_a_manager_says_how_a_team_works_and_not_who_is_in_it(maria, world, moscow):
    sent = working(calendar=moscow.pk, escalates_to=world.second_line.pk, hands_over_to=world.second_line.pk)
    path = reverse("team_settings", args=[world.first_line.pk])
    maria.post(path, {**sent, "name": "Mine now", "members": [world.maria.pk], "is_active": ""})
    team = world.first_line
    team.refresh_from_db()
    assert (team.calendar, team.escalates_to, team.strategy) == (moscow, world.second_line, "round_robin")
    assert (team.name, team.is_active, list(team.members.all())) == ("First line", True, [world.anna])
    page = words(maria.get(path))
    assert 'name="members"' not in page
    assert "Anna Lind" in page
    assert "New team" not in words(maria.get(reverse("teams")))
    assert maria.get(reverse("new_team")).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [{"line": "4"}, {"strategy": "lottery"}, {"shift_end": ""}, {"on_reopen": "x"}, {"calendar": "987"},
     {"escalates_to": "987"}],
)  # fmt: skip
def test_a_way_of_working_that_is_none_is_refused(maria, world, wrong):
    answer = maria.post(reverse("team_settings", args=[world.first_line.pk]), working(**wrong))
    assert answer.status_code == 422
    assert "field-error" in words(answer)
    assert not Entry.objects.filter(kind="team_edited").exists()


def test_teams_do_not_escalate_in_a_circle(maria, world):
    first, second = (
        reverse("team_settings", args=[team.pk]) for team in (world.first_line, world.second_line)
    )
    maria.post(first, working(escalates_to=world.second_line.pk))
    answer = maria.post(second, working(escalates_to=world.first_line.pk))
    assert answer.status_code == 422
    assert "lead back to the same team" in words(answer)
    assert maria.post(first, working(escalates_to=world.first_line.pk)).status_code == 422
