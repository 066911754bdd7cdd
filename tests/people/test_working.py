"""Who is at work when. Literal instants, worked out by hand; then against a minute-by-minute reference."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from people.commands import shifts
from people.working import BREAK, Presence, gone, in_shift, next_shift, presences
from tests.assignment.cast import LEAD, agents, at, away, make_calendar, works


@pytest.fixture
def rita(world):
    return agents(1, world.first_line, prefix="rita")[0]


def there(user, when):
    return bool(in_shift([user.pk], at(when)))


def test_whoever_has_no_shift_is_always_at_work(rita):
    assert there(rita, "03-01 03:00")
    assert next_shift(rita.pk, at("03-01 03:00"))[0] == at("03-01 03:00")


def test_a_shift_is_worked_in_the_zone_of_its_calendar(rita):
    works(rita, make_calendar("Москва", 9, 13, 14, 18, zone="Europe/Moscow"))
    seen = ["05:59", "06:00", "09:59", "10:00", "10:59", "11:00", "14:59", "15:00"]
    assert [there(rita, f"03-02 {time}") for time in seen] == [
        False, True, True, False, False, True, True, False,
    ]  # fmt: skip
    assert not there(rita, "03-01 10:00")  # Sunday
    assert next_shift(rita.pk, at("02-28 12:00")) == (at("03-02 06:00"), at("03-02 10:00"))


def test_lunch_is_a_break_and_the_evening_is_the_end(rita):
    works(rita, make_calendar("Day", 9, 13, 14, 18))
    person = presences([rita.pk], at("02-22 00:00"), at("03-04 00:00"))[rita.pk]
    assert person.left_at(at("03-02 13:30")) is None
    assert person.left_at(at("03-02 18:00")) == at("03-02 18:00")
    assert person.left_at(at("03-03 08:59")) == at("03-02 18:00")
    assert gone([rita.pk], at("03-02 13:30")) == set()
    assert gone([rita.pk], at("03-02 18:00")) == {rita.pk}


def test_a_split_shift_ends_twice(rita):
    works(rita, make_calendar("Split", 8, 12, 16, 20))
    assert gone([rita.pk], at("03-02 13:00")) == {rita.pk}


def test_a_night_shift_goes_on_after_midnight_of_its_last_day(rita):
    works(rita, make_calendar("Night", 22, 30), last=date(2026, 3, 3))
    assert there(rita, "03-03 23:00")
    assert there(rita, "03-04 05:59")
    assert not there(rita, "03-04 06:00")
    assert not there(rita, "03-04 23:00")
    assert next_shift(rita.pk, at("03-04 06:00")) is None


def test_a_shift_begins_on_its_first_day_not_with_the_night_before(rita):
    works(rita, make_calendar("Night", 22, 30), first=date(2026, 3, 3))
    assert not there(rita, "03-03 05:00")
    assert there(rita, "03-03 22:00")


def test_two_shifts_one_after_the_other(rita):
    works(rita, make_calendar("Early", 6, 14), last=date(2026, 3, 3))
    works(rita, make_calendar("Late", 14, 22), first=date(2026, 3, 4))
    assert [there(rita, f"{day} 13:00") for day in ("03-03", "03-04")] == [True, False]
    assert [there(rita, f"{day} 15:00") for day in ("03-03", "03-04")] == [False, True]


def test_absence_beats_shift_and_extra_time(rita):
    works(rita, make_calendar("Day", 9, 18))
    shifts.add_extra_time(rita.pk, starts_at=at("03-07 10:00"), ends_at=at("03-07 14:00"), actor=LEAD)
    assert there(rita, "03-07 10:00")
    assert not there(rita, "03-07 14:00")
    away(rita, at("03-02 12:00"), at("03-07 11:00"))
    assert there(rita, "03-02 11:59")
    seen = ["03-02 12:00", "03-03 10:00", "03-07 10:59", "03-07 11:00"]
    assert [there(rita, when) for when in seen] == [False, False, False, True]
    person = presences([rita.pk], at("02-25 00:00"), at("03-09 00:00"))[rita.pk]
    assert person.left_at(at("03-02 15:00")) == at("03-02 12:00")


def test_whoever_has_no_shift_leaves_when_they_are_absent(rita):
    away(rita, at("03-02 12:00"), timedelta(days=2))
    person = presences([rita.pk], at("02-25 00:00"), at("03-09 00:00"))[rita.pk]
    assert person.left_at(at("03-02 15:00")) == at("03-02 12:00")
    assert person.left_at(at("03-04 12:00")) is None


def test_a_doctors_visit_is_a_break(rita):
    away(rita, at("03-02 12:00"), timedelta(hours=2))
    assert not there(rita, "03-02 13:00")
    assert gone([rita.pk], at("03-02 13:00")) == set()


def test_an_hour_twice_is_worked_twice(rita):
    """Berlin, 25 October 2026: 02:30 comes at 00:30 and again at 01:30 UTC."""
    works(rita, make_calendar("Night", 2, 3, zone="Europe/Berlin", days=7))
    assert [there(rita, f"10-25 {time}") for time in ("00:30", "01:30", "02:30")] == [True, True, False]


def test_the_work_of_many_is_read_in_a_fixed_number_of_queries(world, django_assert_num_queries):
    day = make_calendar("Day", 9, 18)
    people = agents(12, world.first_line)
    for user in people:
        works(user, day)
        away(user, at("03-05 00:00"), timedelta(days=1))
    ids = [user.pk for user in people]
    in_shift(ids, at("03-02 10:00"))  # the calendar's definition is kept from now on
    with django_assert_num_queries(3):
        assert in_shift(ids, at("03-02 10:00")) == set(ids)


# --- against a reference ------------------------------------------------------------------------

START = datetime(2026, 3, 2, tzinfo=UTC)
spans = st.lists(
    st.tuples(st.integers(0, 4000), st.integers(1, 900)).map(
        lambda pair: (START + timedelta(minutes=pair[0]), START + timedelta(minutes=sum(pair)))
    ),
    max_size=4,
)


@settings(max_examples=100, deadline=None)
@given(st.booleans(), spans, spans, st.integers(0, 4000))
def test_presence_agrees_with_itself_minute_by_minute(has_shifts, extra, absences, minute):
    person = Presence(has_shifts=has_shifts, extra=extra, absences=absences)
    end = START + timedelta(minutes=4200)
    worked = person.stretches(START, end)
    minutes = [START + timedelta(minutes=number) for number in range(4200)]
    inside = [any(first <= one < last for first, last in worked) for one in minutes]
    assert inside == [person.at(one) for one in minutes]
    assert all(first < last for first, last in worked)
    assert all(one[1] < two[0] for one, two in pairwise(worked))

    now = START + timedelta(minutes=minute)
    present = [one for one in minutes if one <= now and person.at(one)]
    back = next((one for one in minutes if one > now and person.at(one)), None)
    if has_shifts and not person.at(now) and present:
        left = present[-1] + timedelta(minutes=1)
        on_break = back is not None and back - left <= BREAK
        assert person.is_gone(now) is not on_break
        assert person.left_at(now) == (None if on_break else left)
