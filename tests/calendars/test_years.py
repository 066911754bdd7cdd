"""A year shown day by day, and the sentence about what would be due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from calendars import holidays_of, starter, stored
from calendars.arithmetic import ALWAYS, Definition, WorkingTime
from calendars.explain import MOST_STRETCHES, due_sentence, length_text
from calendars.models import Calendar
from calendars.versions import default_version_id, working_time
from calendars.years import midnight, year_view

HOUR = 3600
WEEK = [[[9 * HOUR, 18 * HOUR]]] * 5 + [[], []]


def view(year, **changes):
    data = stored.clean({"zone": "Europe/Moscow", "week": WEEK, **changes})
    if data["sources"]:
        data = holidays_of.with_holidays(data, since=date(year, 1, 1), last_year=year)
    return {one.day: one for one in year_view(data, year)}


def test_each_kind_of_day():
    def shown(month, day):
        one = days[date(2024, month, day)]
        return one.kind, one.seconds, one.name, one.hours

    with translation.override("en"):
        days = view(2024, sources={"country": "RU", "shorten": 60})
        assert len(days) == 366
        assert shown(3, 4) == ("working", 9 * HOUR, "", ("09:00–18:00",))
        assert shown(3, 3) == ("free", 0, "", ())
        assert shown(3, 8) == ("holiday", 0, "International Women's Day", ())
        assert shown(3, 7) == (
            "shortened",
            8 * HOUR,
            "Shorter before a holiday: International Women's Day",
            ("09:00–17:00",),
        )
        assert shown(4, 27) == ("moved", 9 * HOUR, "Worked instead of April 29, 2024", ("09:00–18:00",))
        assert shown(4, 29) == ("moved", 0, "Day off (substituted from 04/27/2024)", ())


def test_exceptions_by_hand():
    days = view(
        2024,
        days={"2024-07-01": {"intervals": [[36_000, 50_400]], "kind": "shortened", "name": "Инвентаризация"}},
        spans=[
            {
                "start": "2024-08-02T14:00:00Z",  # Friday 17:00 in Moscow
                "end": "2024-08-03T10:00:00Z",
                "adds": True,
                "name": "Переезд",
            }
        ],
    )
    monday, friday, saturday, sunday = (
        days[date(2024, month, day)] for month, day in ((7, 1), (8, 2), (8, 3), (8, 4))
    )
    assert (monday.kind, monday.seconds, monday.name) == ("shortened", 4 * HOUR, "Инвентаризация")
    assert (friday.kind, friday.seconds, friday.name) == ("exception", 15 * HOUR, "Переезд")
    assert (saturday.kind, saturday.seconds) == ("exception", 13 * HOUR)
    assert (sunday.kind, sunday.seconds) == ("free", 0)


def test_days_on_which_clocks_move_have_other_lengths():
    data = stored.clean({"zone": "Europe/Berlin", "week": [[[0, 86_400]]] * 7})
    seconds = {one.day: one.seconds for one in year_view(data, 2026)}
    assert seconds[date(2026, 3, 29)] == 23 * HOUR
    assert seconds[date(2026, 10, 25)] == 25 * HOUR
    assert sum(seconds.values()) == 365 * 24 * HOUR


def test_a_span_over_new_year_shows_in_both():
    spans = [
        {"start": "2026-12-30T00:00:00Z", "end": "2027-01-02T00:00:00Z", "adds": False, "name": "Отпуск"}
    ]
    assert [day.isoformat() for day, one in view(2026, spans=spans).items() if one.kind == "exception"] == [
        "2026-12-30",
        "2026-12-31",
    ]
    assert [day.isoformat() for day, one in view(2027, spans=spans).items() if one.kind == "exception"] == [
        "2027-01-01",
        "2027-01-02",
    ]


def five_days(zone="Europe/Moscow"):
    return WorkingTime(Definition(zone, (((9 * HOUR, 18 * HOUR),),) * 5 + ((), ())))


FRIDAY = datetime(2026, 3, 6, 14, 30, tzinfo=UTC)  # 17:30 in Moscow


def test_the_sentence_and_its_parts():
    data = stored.clean(
        {
            "zone": "Europe/Moscow",
            "week": WEEK,
            "days": {"2026-03-09": {"kind": "holiday", "name": {"en": "Women's Day", "ru": "8 Марта"}}},
        }
    )
    working = WorkingTime(stored.from_json(data))
    due = due_sentence(working, FRIDAY, timedelta(hours=4), "en", data)
    assert due.text.replace("\u202f", " ") == (
        "A request made now, with a target of 4 hours, is due on Tuesday, March 10, 2026 at 12:30 PM."
    )
    assert due.due == datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
    assert due.due.hour == 12
    assert [
        (piece.start.strftime("%a %H:%M"), piece.end.strftime("%H:%M"), piece.seconds)
        for piece in due.stretches
    ] == [("Fri 17:30", "18:00", 1800), ("Tue 09:00", "12:30", 12_600)]
    assert [(one.day.isoformat(), one.name) for one in due.free] == [
        ("2026-03-07", ""),
        ("2026-03-08", ""),
        ("2026-03-09", "Women's Day"),
    ]
    assert not due.more
    in_russian = due_sentence(working, FRIDAY, timedelta(hours=4), "ru", data)
    assert "вторник, 10 марта 2026" in in_russian.text
    assert "4 часа" in in_russian.text
    assert in_russian.free[-1].name == "8 Марта"


def test_long_targets_are_not_told_hour_by_hour():
    due = due_sentence(five_days(), FRIDAY, timedelta(hours=900), "en")
    assert len(due.stretches) == MOST_STRETCHES
    assert due.more


def test_what_can_never_be_due():
    over = WorkingTime(Definition("UTC", ((),) * 7))
    due = due_sentence(over, FRIDAY, timedelta(hours=4), "en")
    assert due.due is None
    assert "could never be due" in due.text
    assert due.stretches == ()


def test_round_the_clock():
    due = due_sentence(ALWAYS, FRIDAY, timedelta(days=1, seconds=1), "en")
    assert due.text.replace("\u202f", " ") == (
        "A request made now, with a target of 24 hours 1 second, is due on Saturday, March 7, 2026 at "
        "2:30:01 PM."
    )


def test_lengths_in_words():
    assert length_text(timedelta(hours=1, minutes=30), "ru") == "1 час 30 минут"
    assert length_text(timedelta(0), "en") == "0 minutes"


def test_midnight_where_clocks_skip_it():
    sao_paulo = ZoneInfo("America/Sao_Paulo")
    assert midnight(date(2018, 11, 4), sao_paulo) == datetime(2018, 11, 4, 3, tzinfo=UTC)


@pytest.mark.django_db
def test_the_calendar_to_start_with():
    made = starter.make_calendar(zone="Europe/Moscow", language="ru")
    assert made.calendar.is_default
    assert default_version_id() == made.pk
    assert working_time(made.pk).add(FRIDAY, timedelta(hours=4)) == datetime(2026, 3, 9, 9, 30, tzinfo=UTC)
    assert starter.make_calendar(zone="UTC") == made
    assert Calendar.objects.count() == 1
