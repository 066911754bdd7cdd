"""Verbs on people: what they write, what they refuse, and that asking twice changes nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from common import clock
from journal.models import Entry
from people.commands import shifts, teams, users
from people.commands.skills import save_skill
from people.errors import Refused, Taken
from people.models import Absence, ExtraTime, Shift, Team, User
from tests.assignment.cast import LEAD, make_calendar


def kinds(user):
    return list(
        Entry.objects.filter(stream_type="user", stream_id=user.pk)
        .order_by("sequence")
        .values_list("kind", flat=True)
    )


def test_the_switch_is_turned_once(world):
    for available in (True, False, False, True):
        shifts.set_available(world.anna.pk, available=available, actor=world.as_anna)
    assert kinds(world.anna) == ["availability_changed"] * 2
    assert User.objects.get(pk=world.anna.pk).is_available


def test_skills_languages_and_capacity_are_changes_of_the_account(world):
    skill = save_skill(None, actor=LEAD, labels={"en": " Roasting ", "ru": ""})
    given = {"skills": [skill], "spoken": ["DE", "ru", "de"], "capacity": {"chat": 2, "email": 0}}
    for _ in range(2):
        users.change_user(world.anna.pk, actor=LEAD, **given)
    (entry,) = Entry.objects.filter(stream_type="user", stream_id=world.anna.pk)
    assert entry.data["changes"] == {
        "skills": [[], [skill.pk]],
        "spoken": [[], ["de", "ru"]],
        "capacity": [{}, {"email": 0, "chat": 2}],
    }
    assert skill.labels == {"en": "Roasting"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capacity", {"email": -1}),
        ("capacity", {"email": 501}),
        ("capacity", {"email": 1.5}),
        ("capacity", {"email": True}),
        ("capacity", {"fax": 1}),
        ("spoken", ["deutsch"]),
        ("spoken", [""]),
    ],
)
def test_what_makes_no_sense_changes_nothing(world, field, value):
    with pytest.raises(Refused) as refusal:
        users.change_user(world.anna.pk, actor=LEAD, **{field: value, "name": "Other"})
    assert refusal.value.field == field
    assert refusal.value.message
    assert User.objects.get(pk=world.anna.pk).name == world.anna.name
    assert kinds(world.anna) == []


def test_a_new_colleague_has_skills_at_once(world):
    skill = save_skill(None, actor=LEAD, labels={"en": "Roasting"})
    rita = users.create_user(
        actor=LEAD, email="rita@otklik.example", name="Rita", role="agent", skills=[skill], spoken=["fr"]
    )
    assert list(rita.skills.all()) == [skill]
    assert rita.spoken == ["fr"]


def test_a_skill_is_renamed_and_taken_out_of_use(world):
    skill = save_skill(None, actor=LEAD, labels={"en": "Roasting"})
    save_skill(skill.pk, actor=LEAD, labels={"en": "Roasting"})
    save_skill(skill.pk, actor=LEAD, labels={"en": "Roasters"}, is_active=False)
    assert Entry.objects.filter(kind="skill_saved").count() == 2
    for labels in ({}, {"en": "  "}, {"en": "x" * 201}):
        with pytest.raises(Refused):
            save_skill(skill.pk, actor=LEAD, labels=labels)


def test_shifts_are_planned_changed_ended_and_taken_back(world):
    day = make_calendar("Day", 9, 18)
    given = {"calendar": day, "valid_from": date(2026, 3, 2), "actor": LEAD}
    shift = shifts.save_shift(world.anna.pk, **given)
    shifts.save_shift(world.anna.pk, shift_id=shift.pk, **given)
    shifts.end_shift(shift.pk, last_day=date(2026, 3, 31), actor=LEAD)
    shifts.end_shift(shift.pk, last_day=date(2026, 3, 31), actor=LEAD)
    assert Shift.objects.get().valid_until == date(2026, 3, 31)
    for _ in range(2):
        shifts.remove_shift(shift.pk, actor=LEAD)
    assert not Shift.objects.exists()
    assert kinds(world.anna) == ["shift_saved", "shift_saved", "shift_removed"]


def test_impossible_shifts_are_refused(world):
    day, old = make_calendar("Day", 9, 18), make_calendar("Old", 9, 18)
    old.is_active = False
    old.save()
    for given in (
        {"calendar": day, "valid_until": date(2026, 3, 1)},
        {"calendar": old},
    ):
        with pytest.raises(Refused):
            shifts.save_shift(world.anna.pk, valid_from=date(2026, 3, 2), actor=LEAD, **given)
    shift = shifts.save_shift(world.anna.pk, calendar=day, valid_from=date(2026, 3, 2), actor=LEAD)
    with pytest.raises(Refused):
        shifts.end_shift(shift.pk, last_day=date(2026, 3, 1), actor=LEAD)


def test_the_same_absence_twice_is_one_and_one_that_began_only_ends(world):
    now = clock.now()
    span = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=5), "kind": "sick"}
    one = shifts.add_absence(world.anna.pk, actor=LEAD, note=" a \x00 b ", **span)
    assert shifts.add_absence(world.anna.pk, actor=LEAD, **span) == one
    assert one.note == "a b"
    for _ in range(2):
        shifts.remove_absence(one.pk, actor=LEAD)
    left = Absence.objects.get()
    assert left.starts_at == span["starts_at"]
    assert now <= left.ends_at <= clock.now()
    later = shifts.add_absence(
        world.anna.pk, actor=LEAD, starts_at=now + timedelta(days=9), ends_at=now + timedelta(days=10)
    )
    for _ in range(2):
        shifts.remove_absence(later.pk, actor=LEAD)
    assert Absence.objects.count() == 1
    assert kinds(world.anna) == ["absence_added", "absence_removed"] * 2


@pytest.mark.parametrize("days", [(0, 0), (0, -1), (0, 1200), (9000, 9001)])
def test_impossible_absences_are_refused(world, days):
    now = clock.now()
    start, end = (now + timedelta(days=day) for day in days)
    with pytest.raises(Refused):
        shifts.add_absence(world.anna.pk, starts_at=start, ends_at=end, actor=LEAD)
    with pytest.raises(Refused):
        shifts.add_extra_time(world.anna.pk, starts_at=start, ends_at=end, actor=LEAD)
    with pytest.raises(Refused):
        shifts.add_absence(
            world.anna.pk, starts_at=start, ends_at=start + timedelta(1), kind="bored", actor=LEAD
        )
    assert kinds(world.anna) == []


def test_extra_time_comes_and_goes(world):
    span = {"starts_at": clock.now(), "ends_at": clock.now() + timedelta(hours=3)}
    extra = shifts.add_extra_time(world.anna.pk, actor=LEAD, **span)
    assert shifts.add_extra_time(world.anna.pk, actor=LEAD, **span) == extra
    for _ in range(2):
        shifts.remove_extra_time(extra.pk, actor=LEAD)
    assert not ExtraTime.objects.exists()
    assert kinds(world.anna) == ["extra_time_added", "extra_time_removed"]


def change(team, **given):
    members = list(team.members.all())
    fields = {"name": team.name, "is_active": True, "members": members, **given}
    return teams.change_team(team.pk, actor=LEAD, **fields)


def test_how_a_team_works_is_part_of_it(world):
    day = make_calendar("Day", 9, 18)
    given = {
        "calendar": day, "line": 2, "strategy": "weighted", "shift_end": "queue", "on_reopen": "keep",
        "escalates_to": world.second_line, "hands_over_to": world.second_line,
    }  # fmt: skip
    for _ in range(2):
        change(world.first_line, **given)
    entry = Entry.objects.get(stream_type="team", stream_id=world.first_line.pk)
    assert entry.data["changes"] == {
        "calendar": [None, day.pk], "line": [1, 2], "strategy": ["least_loaded", "weighted"],
        "shift_end": ["keep", "queue"], "on_reopen": ["if_available", "keep"],
        "escalates_to": [None, world.second_line.pk], "hands_over_to": [None, world.second_line.pk],
    }  # fmt: skip
    third = teams.create_team(actor=LEAD, name="Third line", line=3, strategy="none")
    assert Team.objects.get(pk=third.pk).line == 3


def test_teams_that_cannot_be_are_refused(world):
    first, second = world.first_line, world.second_line
    change(second, escalates_to=first)
    first.refresh_from_db()
    second.refresh_from_db()
    for field, value in (
        ("escalates_to", second), ("escalates_to", first), ("hands_over_to", first), ("strategy", "fastest"),
        ("shift_end", "burn"), ("on_reopen", ""), ("line", 4),
    ):  # fmt: skip
        with pytest.raises(Refused) as refusal:
            change(first, **{field: value})
        assert refusal.value.field == field
    with pytest.raises(Taken):
        change(first, name=second.name)
    with pytest.raises(TypeError):
        change(first, colour="red")
    assert Team.objects.get(pk=first.pk).escalates_to is None
