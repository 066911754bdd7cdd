"""Saving calendars: what is refused and why, what becomes a version, who is the default."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from calendars import commands, stored
from calendars.arithmetic import ALWAYS, Definition
from calendars.errors import (
    BadDefinition,
    CalendarError,
    ChangedMeanwhile,
    NameTaken,
    NoWorkingTime,
    UnknownCountry,
)
from calendars.models import Calendar, CalendarVersion
from calendars.versions import current_version_id, default_version_id, working_time
from journal.actor import Actor
from journal.models import Entry

pytestmark = pytest.mark.django_db

NINE_TO_SIX = [[32_400, 64_800]]
WEEK = [NINE_TO_SIX] * 5 + [[], []]
NOW = datetime(2026, 3, 6, 12, tzinfo=UTC)  # a Friday
ANNA = Actor.system("tests")


def plain(**changes):
    return {"zone": "UTC", "week": WEEK, **changes}


def save(calendar_id=None, name="Офис", definition=None, **more):
    more.setdefault("at", NOW)
    return commands.save_calendar(
        calendar_id, name=name, definition=definition or plain(), actor=ANNA, **more
    )


def kinds(calendar_id):
    stream = Entry.objects.filter(stream_type="calendar", stream_id=calendar_id)
    return list(stream.order_by("sequence").values_list("kind", flat=True))


def test_the_first_calendar_is_the_default():
    assert default_version_id() is None
    version = save()
    assert version.number == 1
    assert default_version_id() == version.pk == current_version_id(version.calendar_id)
    assert kinds(version.calendar_id) == ["calendar_saved", "calendar_made_default"]
    assert not save(name="Вторая линия").calendar.is_default


def test_each_edit_is_a_version_and_the_old_one_stays():
    first = save()
    second = save(first.calendar_id, definition=plain(week=[[[0, 86_400]]] * 7), note="Круглосуточно")
    assert second.number == 2
    assert current_version_id(first.calendar_id) == second.pk
    day = timedelta(days=1)
    assert working_time(first.pk).between(NOW, NOW + day) == timedelta(hours=6)
    assert working_time(second.pk).between(NOW, NOW + day) == day
    assert working_time(None) is ALWAYS
    assert working_time(first.pk) is working_time(first.pk)


def test_saving_the_same_again_makes_no_version():
    first = save()
    same = save(first.calendar_id, definition={**plain(), "days": {}, "week": tuple(WEEK)})
    assert same == first
    assert kinds(first.calendar_id) == ["calendar_saved", "calendar_made_default"]
    renamed = save(first.calendar_id, name="  Главный   офис ")
    assert renamed == first
    assert Calendar.objects.get().name == "Главный офис"
    assert kinds(first.calendar_id)[2:] == ["calendar_saved"]


def test_who_saves_over_somebody_else_is_told():
    first = save()
    save(first.calendar_id, definition=plain(zone="Europe/Berlin"), seen=1)
    with pytest.raises(ChangedMeanwhile):
        save(first.calendar_id, definition=plain(zone="Europe/Moscow"), seen=1)
    assert CalendarVersion.objects.count() == 2


def test_names_are_one_of_a_kind():
    first = save()
    with pytest.raises(NameTaken) as caught:
        save()
    assert caught.value.field == "name"
    other = save(name="Склад")
    with pytest.raises(NameTaken):
        save(other.calendar_id, name="Офис")
    for name in ["", "  ", "x" * 121]:
        with pytest.raises(CalendarError) as refused:
            save(name=name)
        assert refused.value.field == "name"
    assert set(Calendar.objects.values_list("pk", flat=True)) == {first.calendar_id, other.calendar_id}


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"week": [[]] * 7}, "week", "no working time in this week"),
        ({"valid_until": "2026-03-05"}, "valid_until", "ended on March 5, 2026"),
        (
            {"valid_until": "2026-03-08", "valid_from": "2026-03-07"},
            "week",
            "months from March 7, 2026",
        ),
        (
            {"spans": [{"start": "2026-03-01T00:00Z", "end": "2027-03-31T00:00Z", "adds": False}]},
            "week",
            "twelve months from March 6, 2026",
        ),
    ],
)
def test_a_calendar_without_working_time_is_refused(changes, field, message):
    with pytest.raises(NoWorkingTime, match=message) as caught:
        save(definition=plain(**changes))
    assert caught.value.field == field
    assert not Calendar.objects.exists()


def test_a_calendar_that_begins_later_is_looked_at_from_then_on():
    save(definition=plain(valid_from="2028-01-01", valid_until="2028-01-05"))
    with pytest.raises(NoWorkingTime):  # a Saturday and a Sunday
        save(name="Выходные", definition=plain(valid_from="2028-01-01", valid_until="2028-01-02"))


def test_what_is_refused_changes_nothing():
    first = save()
    with pytest.raises(BadDefinition):
        save(first.calendar_id, name="Другое имя", definition=plain(zone="Mars/Olympus"))
    with pytest.raises(UnknownCountry) as caught:
        save(first.calendar_id, name="Другое имя", definition=plain(sources={"country": "XX"}))
    assert caught.value.field == "country"
    with pytest.raises(UnknownCountry) as caught:
        save(first.calendar_id, definition=plain(sources={"country": "DE", "subdivision": "ZZ"}))
    assert caught.value.field == "subdivision"
    assert Calendar.objects.get().name == "Офис"
    assert CalendarVersion.objects.get() == first


def test_the_default_moves_and_cannot_be_switched_off():
    office, store = save().calendar_id, save(name="Склад").calendar_id
    with pytest.raises(CalendarError, match="default calendar"):
        commands.switch_off(office, actor=ANNA)
    commands.switch_off(store, actor=ANNA)
    commands.switch_off(store, actor=ANNA)
    commands.set_default(store, actor=ANNA)
    commands.set_default(store, actor=ANNA)
    assert Calendar.objects.get(is_default=True).pk == store
    assert Calendar.objects.get(pk=store).is_active
    commands.switch_off(office, actor=ANNA)
    assert kinds(store) == [
        "calendar_saved",
        "calendar_switched",
        "calendar_switched",
        "calendar_made_default",
    ]
    made = Entry.objects.get(stream_id=store, kind="calendar_made_default")
    assert made.data == {"previous_id": office}


def test_a_definition_can_be_given_as_such():
    definition = Definition(
        "Europe/Berlin",
        (((32_400, 64_800),),) * 5 + ((), ()),
        days={date(2026, 12, 24): ()},
        valid_until=date(2030, 1, 1),
    )
    version = save(definition=definition)
    assert stored.from_json(version.definition) == definition


def test_a_country_brings_its_days():
    russian = plain(zone="Europe/Moscow", sources={"country": "RU", "shorten": 60})
    version = save(definition=russian)
    days = version.definition["days"]
    assert version.definition["sources"]["until"] == 2028
    assert {day[:4] for day in days} == {"2025", "2026", "2027", "2028"}
    assert days["2026-05-08"]["intervals"] == [[32_400, 61_200]]
    working = working_time(version.pk)
    # Thursday 7 May 09:00 Moscow with 26 hours of work: nine, eight (shortened), then after the holidays
    # of Saturday to Monday nine hours more on Tuesday 12 May
    assert working.add(datetime(2026, 5, 7, 6, tzinfo=UTC), timedelta(hours=26)) == datetime(
        2026, 5, 12, 15, tzinfo=UTC
    )


def test_days_by_hand_win_over_those_of_the_country():
    own = {"2026-05-09": {"intervals": [[36_000, 50_400]], "name": "Дежурство"}}
    sources = {"country": "RU", "shorten": 0, "skip": ["2026-06-12"]}
    version = save(definition=plain(days=own, sources=sources))
    days = version.definition["days"]
    assert days["2026-05-09"]["intervals"] == [[36_000, 50_400]]
    assert "2026-06-12" not in days
    assert "2026-05-08" not in days
    assert days["2026-05-11"]["kind"] == "holiday"


def test_another_week_shortens_other_hours_but_leaves_the_past():
    russian = plain(sources={"country": "RU", "shorten": 60})
    first = save(definition=russian, at=datetime(2026, 5, 20, tzinfo=UTC))
    early = {**first.definition, "week": [[[28_800, 57_600]]] * 5 + [[], []]}
    second = save(first.calendar_id, definition=early, at=datetime(2026, 5, 20, tzinfo=UTC))
    assert second.definition["days"]["2026-05-08"]["intervals"] == [[32_400, 61_200]]
    assert second.definition["days"]["2026-06-11"]["intervals"] == [[28_800, 54_000]]


def test_without_a_country_its_days_go():
    first = save(definition=plain(sources={"country": "RU", "shorten": 60}))
    second = save(first.calendar_id, definition={**first.definition, "sources": {}})
    assert second.definition["days"] == {}
    assert second.definition["sources"] == {}


def test_the_reason_is_told_in_the_readers_language():
    with translation.override("ru"), pytest.raises(BadDefinition) as caught:
        save(definition=plain(week=[[[64_800, 32_400]], *WEEK[1:]]))
    assert caught.value.problems[0].where == "week.0"
    assert "18:00–09:00" in caught.value.message
    assert "Понедельник" in caught.value.message
