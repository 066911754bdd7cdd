"""Quiet hours: when mail is held back, and until when."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from notifications.quiet import Quiet, end_of_quiet, zone_of

MOSCOW = ZoneInfo("Europe/Moscow")  # UTC+3 all year
BERLIN = ZoneInfo("Europe/Berlin")
EVERY_NIGHT = Quiet(range(7), time(22), time(7))


def moscow(text):
    return datetime.fromisoformat(text).replace(tzinfo=MOSCOW)


@pytest.mark.parametrize(
    ("at", "until"),
    [
        ("2026-03-04T21:59:59", "2026-03-04T21:59:59"),
        ("2026-03-04T22:00", "2026-03-05T07:00"),
        ("2026-03-05T03:00", "2026-03-05T07:00"),
        ("2026-03-05T06:59:59", "2026-03-05T07:00"),
        ("2026-03-05T07:00", "2026-03-05T07:00"),
        ("2026-03-05T12:00", "2026-03-05T12:00"),
    ],
)
def test_over_midnight(at, until):
    assert end_of_quiet(moscow(at), EVERY_NIGHT, MOSCOW) == moscow(until)


def test_weekdays_say_when_it_begins():
    fridays = Quiet({4}, time(18), time(9))  # 2026-03-06 is a Friday
    assert end_of_quiet(moscow("2026-03-07T08:00"), fridays, MOSCOW) == moscow("2026-03-07T09:00")
    assert end_of_quiet(moscow("2026-03-06T08:00"), fridays, MOSCOW) == moscow("2026-03-06T08:00")


def test_whole_days_run_into_each_other():
    weekend = Quiet({5, 6}, time(0), time(0))
    assert end_of_quiet(moscow("2026-03-07T10:00"), weekend, MOSCOW) == moscow("2026-03-09T00:00")


def test_hours_without_end_hold_nothing_back_for_ever():
    always = Quiet(range(7), time(0), time(0))
    assert end_of_quiet(moscow("2026-03-04T10:00"), always, MOSCOW) == moscow("2026-03-05T00:00")


def test_the_nights_of_the_clock_change_end_by_the_wall_clock():
    night = Quiet(range(7), time(22), time(7))
    spring = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)  # 01:30 in Berlin, half an hour before the change
    assert end_of_quiet(spring, night, BERLIN) == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)
    autumn = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    assert end_of_quiet(autumn, night, BERLIN) == datetime(2026, 10, 25, 6, 0, tzinfo=UTC)


def test_an_end_that_the_clock_skips_still_ends():
    night = Quiet(range(7), time(22), time(2, 30))
    at = datetime(2026, 3, 29, 0, 0, tzinfo=UTC)
    assert at < end_of_quiet(at, night, BERLIN) <= datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize("name", ["", "Nowhere/Land", "../etc/passwd"])
def test_a_zone_that_is_none_gives_way(name):
    assert zone_of(name, "Europe/Moscow") == MOSCOW
    assert zone_of(name, name) == UTC
