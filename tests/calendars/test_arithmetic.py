"""Working time, in seconds worked out by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calendars.arithmetic import ALWAYS, DAY, Definition, Span, WorkingTime, union

HOUR = 3600
NINE_TO_SIX = ((9 * HOUR, 18 * HOUR),)
WITH_LUNCH = ((9 * HOUR, 13 * HOUR), (14 * HOUR, 18 * HOUR))
NIGHT = ((22 * HOUR, 30 * HOUR),)
FREE = ()


def five_days(zone="UTC", intervals=NINE_TO_SIX, **more):
    return WorkingTime(Definition(zone, (intervals,) * 5 + (FREE, FREE), **more))


def every_day(zone, intervals, **more):
    return WorkingTime(Definition(zone, (intervals,) * 7, **more))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def seconds(working, start, end):
    return working.between(start, end).total_seconds()


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        # shared examples of the metrics: received, acknowledged, answered, resolved, reopened
        ("2026-03-06 17:30", "2026-03-09 10:00", 5_400),
        ("2026-03-06 17:30", "2026-03-10 12:00", 45_000),
        ("2026-03-06 17:30", "2026-03-11 10:00", 70_200),
        ("2026-03-10 11:00", "2026-03-10 12:00", 3_600),
        ("2026-03-11 09:00", "2026-03-11 10:00", 3_600),
        ("2026-03-10 11:00", "2026-03-11 10:00", 28_800),
        ("2026-03-06 18:00", "2026-03-09 09:00", 0),
        ("2026-03-09 10:00", "2026-03-06 17:30", 0),
    ],
)
def test_five_days_of_nine_hours(start, end, expected):
    assert seconds(five_days(), utc(start), utc(end)) == expected


def test_what_is_due_after_so_many_hours():
    working = five_days()
    friday = utc("2026-03-06 17:30")
    assert working.add(friday, timedelta(hours=4)) == utc("2026-03-09 12:30")
    # an end of work is reached at the end of that day, not at the start of the next
    assert working.add(friday, timedelta(minutes=30)) == utc("2026-03-06 18:00")
    assert working.add(friday, timedelta(minutes=30, microseconds=1)) == utc("2026-03-09 09:00:00.000001")
    assert working.add(utc("2026-03-07 12:00"), timedelta(hours=9)) == utc("2026-03-09 18:00")
    assert working.add(utc("2026-03-07 12:00"), timedelta(0)) == utc("2026-03-07 12:00")


def test_lunch_is_not_worked():
    working = five_days(intervals=WITH_LUNCH)
    assert seconds(working, utc("2026-03-09 12:30"), utc("2026-03-09 14:30")) == 3_600
    assert working.add(utc("2026-03-09 12:30"), timedelta(hours=1)) == utc("2026-03-09 14:30")
    assert not working.is_working(utc("2026-03-09 13:00"))
    assert not working.is_working(utc("2026-03-09 13:59:59.999999"))
    assert working.is_working(utc("2026-03-09 14:00"))
    assert not working.is_working(utc("2026-03-09 18:00"))


def test_a_night_in_which_an_hour_is_skipped():
    """Berlin, 29 March 2026: 02:00 is 03:00 at once. From 22:00 to 06:00 only seven hours pass."""
    working = every_day("Europe/Berlin", NIGHT)
    assert seconds(working, utc("2026-03-28 12:00"), utc("2026-03-29 12:00")) == 25_200
    assert working.intervals(utc("2026-03-28 12:00"), utc("2026-03-29 12:00")) == [
        (utc("2026-03-28 21:00"), utc("2026-03-29 04:00"))
    ]
    # 22:00 CET and seven hours of work: 06:00 CEST
    assert working.add(utc("2026-03-28 21:00"), timedelta(hours=7)) == utc("2026-03-29 04:00")
    assert working.add(utc("2026-03-28 21:00"), timedelta(hours=8)) == utc("2026-03-29 21:00")


def test_a_night_in_which_an_hour_comes_twice():
    """Berlin, 25 October 2026: after 03:00 it is 02:00 again. From 22:00 to 06:00 nine hours pass."""
    working = every_day("Europe/Berlin", NIGHT)
    assert seconds(working, utc("2026-10-24 12:00"), utc("2026-10-25 12:00")) == 32_400
    assert working.add(utc("2026-10-24 20:00"), timedelta(hours=9)) == utc("2026-10-25 05:00")


def test_work_inside_the_hour_that_is_skipped_or_comes_twice():
    working = every_day("Europe/Berlin", ((2 * HOUR + 900, 2 * HOUR + 2700),))  # 02:15 to 02:45
    assert seconds(working, utc("2026-03-28 12:00"), utc("2026-03-29 12:00")) == 0
    assert working.intervals(utc("2026-10-24 12:00"), utc("2026-10-25 12:00")) == [
        (utc("2026-10-25 00:15"), utc("2026-10-25 00:45")),
        (utc("2026-10-25 01:15"), utc("2026-10-25 01:45")),
    ]
    assert seconds(working, utc("2026-10-24 12:00"), utc("2026-10-25 12:00")) == 3_600


def test_a_clock_that_moves_by_half_an_hour():
    """Lord Howe, 5 April 2026: after 02:00 (+11) it is 01:30 (+10:30) again."""
    working = every_day("Australia/Lord_Howe", NIGHT)
    assert seconds(working, utc("2026-04-04 05:00"), utc("2026-04-05 05:00")) == 8.5 * HOUR
    # 4 October 2026: 02:00 is 02:30 at once
    assert seconds(working, utc("2026-10-03 05:00"), utc("2026-10-04 05:00")) == 7.5 * HOUR


def test_a_night_from_sunday_to_monday_belongs_to_sunday():
    working = WorkingTime(Definition("UTC", (FREE,) * 6 + (NIGHT,)))
    assert working.is_working(utc("2026-03-09 05:59"))  # Monday
    assert not working.is_working(utc("2026-03-10 05:59"))
    holiday = WorkingTime(Definition("UTC", (FREE,) * 6 + (NIGHT,), days={date(2026, 3, 8): FREE}))
    assert not holiday.is_working(utc("2026-03-09 05:59"))
    # Monday's holiday takes nothing from the night that began on Sunday
    monday = WorkingTime(Definition("UTC", (FREE,) * 6 + (NIGHT,), days={date(2026, 3, 9): FREE}))
    assert monday.is_working(utc("2026-03-09 05:59"))


def test_a_working_saturday_and_a_shortened_day():
    """Russia 2021: Saturday 20 February was worked, an hour less; Monday 22 February was free for it."""
    shortened = ((9 * HOUR, 17 * HOUR),)
    days = {date(2021, 2, 20): shortened, date(2021, 2, 22): FREE, date(2021, 2, 23): FREE}
    working = five_days("Europe/Moscow", days=days)
    assert seconds(working, utc("2021-02-19 21:00"), utc("2021-02-20 21:00")) == 28_800
    # Friday 16:00 Moscow, with 11 hours of work: two on Friday, eight on Saturday, one on Wednesday
    assert working.add(utc("2021-02-19 13:00"), timedelta(hours=11)) == utc("2021-02-24 07:00")
    assert working.add(utc("2021-02-19 13:00"), timedelta(hours=10)) == utc("2021-02-20 14:00")


def test_later_spans_win():
    removed = Span(utc("2026-03-09 10:00"), utc("2026-03-09 16:00"), adds=False)
    added = Span(utc("2026-03-09 12:00"), utc("2026-03-09 13:00"), adds=True)
    night = Span(utc("2026-03-09 17:30"), utc("2026-03-09 23:00:00.5"), adds=True)
    working = five_days(spans=(removed, added, night))
    assert working.intervals(utc("2026-03-09 00:00"), utc("2026-03-10 00:00")) == [
        (utc("2026-03-09 09:00"), utc("2026-03-09 10:00")),
        (utc("2026-03-09 12:00"), utc("2026-03-09 13:00")),
        (utc("2026-03-09 16:00"), utc("2026-03-09 23:00:00.5")),
    ]
    assert seconds(working, utc("2026-03-09 00:00"), utc("2026-03-10 00:00")) == 32_400.5  # 1 + 1 + 7 hours
    other_way = five_days(spans=(added, removed))
    assert seconds(other_way, utc("2026-03-09 00:00"), utc("2026-03-10 00:00")) == 3 * HOUR


def test_validity_is_by_the_local_date_work_starts_on():
    working = every_day("Asia/Kolkata", NIGHT, valid_from=date(2026, 3, 9), valid_until=date(2026, 3, 10))
    assert working.intervals(utc("2026-01-01 00:00"), utc("2027-01-01 00:00")) == [
        (utc("2026-03-09 16:30"), utc("2026-03-10 00:30")),
        (utc("2026-03-10 16:30"), utc("2026-03-11 00:30")),
    ]
    assert working.add(utc("2026-03-01 00:00"), timedelta(hours=16)) == utc("2026-03-11 00:30")
    assert working.add(utc("2026-03-01 00:00"), timedelta(hours=16, microseconds=1)) is None
    assert working.next_start(utc("2026-03-10 16:30")) == utc("2026-03-10 16:30")
    assert working.next_start(utc("2026-03-10 16:30:01")) is None
    assert working.next_end(utc("2026-03-11 00:30")) is None


def test_next_start_and_end():
    working = five_days(intervals=WITH_LUNCH)
    assert working.next_start(utc("2026-03-09 10:00")) == utc("2026-03-09 14:00")
    assert working.next_end(utc("2026-03-09 10:00")) == utc("2026-03-09 13:00")
    assert working.next_start(utc("2026-03-06 18:00")) == utc("2026-03-09 09:00")
    assert working.next_end(utc("2026-03-06 18:00")) == utc("2026-03-09 13:00")


def test_work_over_new_year_is_one_piece():
    working = every_day("UTC", NIGHT)
    assert working.next_end(utc("2026-12-31 23:00")) == utc("2027-01-01 06:00")
    assert working.next_start(utc("2027-01-01 00:00")) == utc("2027-01-01 22:00")
    assert working.intervals(utc("2026-12-31 12:00"), utc("2027-01-01 12:00")) == [
        (utc("2026-12-31 22:00"), utc("2027-01-01 06:00"))
    ]


def test_always():
    start, end = utc("2026-03-06 17:30"), utc("2036-03-09 10:00:00.000007")
    assert ALWAYS.between(start, end) == end - start
    assert ALWAYS.add(start, end - start) == end
    assert ALWAYS.is_working(start)
    assert ALWAYS.intervals(start, end) == [(start, end)]
    assert ALWAYS.next_start(start) is None
    assert ALWAYS.next_end(start) is None


def test_work_around_the_clock_is_not_followed_further_than_asked(monkeypatch):
    working = every_day("UTC", ((0, 24 * HOUR),))
    years, work_out = [], WorkingTime._work_out
    monkeypatch.setattr(
        WorkingTime, "_work_out", lambda self, year: (years.append(year), work_out(self, year))[1]
    )
    assert working.next_end(utc("2026-03-09 10:00"), until=utc("2026-03-10 10:00")) >= utc("2026-03-10 10:00")
    assert years == [2025, 2026]
    assert working.next_end(utc("2026-03-09 10:00")) is None


def test_a_union_follows_the_sun():
    berlin, kolkata = five_days("Europe/Berlin"), five_days("Asia/Kolkata")
    both = union(berlin, kolkata)
    # Monday 9 March 2026: Kolkata 03:30–12:30 UTC, Berlin 08:00–17:00 UTC
    assert both.intervals(utc("2026-03-09 00:00"), utc("2026-03-10 00:00")) == [
        (utc("2026-03-09 03:30"), utc("2026-03-09 17:00"))
    ]
    assert both.add(utc("2026-03-09 12:00"), timedelta(hours=6)) == utc("2026-03-10 04:30")
    assert union(berlin) is berlin
    with pytest.raises(ValueError, match="something to unite"):
        union()


def test_instants_in_any_zone_are_the_same_instants():
    working = five_days()
    start = utc("2026-12-31 17:30")
    there = start.astimezone(ZoneInfo("Pacific/Kiritimati"))  # already 2027 there
    assert working.between(there, utc("2027-01-01 10:00")) == timedelta(hours=1, minutes=30)
    assert working.add(there, timedelta(hours=1)).utcoffset() == timedelta(0)


def test_a_year_is_worked_out_once(monkeypatch):
    worked_out = []
    original = WorkingTime._work_out

    def counted(self, number):
        worked_out.append(number)
        return original(self, number)

    monkeypatch.setattr(WorkingTime, "_work_out", counted)
    working = five_days("Europe/Berlin")
    start = utc("2026-03-06 17:30")
    for _ in range(3):
        due = working.add(start, timedelta(hours=4000))
        assert working.between(start, due) == timedelta(hours=4000)
    assert sorted(worked_out) == [2026, 2027]
    # and nobody looks for work that cannot come
    ended = five_days(valid_until=date(2026, 12, 31))
    worked_out.clear()
    assert ended.next_start(utc("2027-03-06 17:30")) is None
    assert ended.add(utc("2027-03-06 17:30"), timedelta(seconds=1)) is None
    assert set(worked_out) <= {2026, 2027}


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="seven days"):
        Definition("UTC", (NINE_TO_SIX,) * 5)
    for interval in [(-1, 5), (5, 5), (DAY, DAY + 5), (10, 11 + DAY)]:
        with pytest.raises(ValueError, match="no interval"):
            Definition("UTC", ((interval,),) * 7)
    with pytest.raises(ValueError, match="after its start"):
        Span(utc("2026-03-09 10:00"), utc("2026-03-09 10:00"), adds=True)
    with pytest.raises(ValueError, match="aware"):
        five_days().between(datetime(2026, 3, 9), utc("2026-03-10 10:00"))  # noqa: DTZ001  # that is the point
    with pytest.raises(ValueError, match="forwards"):
        five_days().add(utc("2026-03-09 10:00"), timedelta(seconds=-1))
