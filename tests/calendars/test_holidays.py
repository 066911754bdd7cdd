"""Public holidays as days of a calendar: Russia's production calendar, parts of countries, later years."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from calendars import commands, holidays_of, stored
from calendars.arithmetic import WorkingTime
from calendars.errors import UnknownCountry
from calendars.models import Calendar, CalendarVersion
from calendars.tasks import extend_holidays
from calendars.versions import working_time
from journal.actor import Actor
from journal.models import Entry

HOUR = 3600
NINE_TO_SIX = [[9 * HOUR, 18 * HOUR]]
WEEK = [NINE_TO_SIX] * 5 + [[], []]
ANNA = Actor.system("tests")


def written_out(year, country="RU", shorten=60, week=WEEK, **sources):
    data = stored.clean(
        {
            "zone": "Europe/Moscow",
            "week": week,
            "sources": {"country": country, "shorten": shorten, **sources},
        }
    )
    made = holidays_of.with_holidays(data, since=date(year, 1, 1), last_year=year)
    assert stored.clean(made) == made
    return {date.fromisoformat(day): entry for day, entry in made["days"].items()}


# From the official production calendars: weekdays off, worked weekends, days shortened by an hour.
OFFICIAL = {
    2021: (
        "01-01 01-04 01-05 01-06 01-07 01-08 02-22 02-23 03-08 05-03 05-10 06-14 11-04 11-05 12-31",
        "02-20",
        "02-20 04-30 06-11 11-03",
    ),
    2022: (
        "01-03 01-04 01-05 01-06 01-07 02-23 03-07 03-08 05-02 05-03 05-09 05-10 06-13 11-04",
        "03-05",
        "02-22 03-05 11-03",
    ),
    2023: (
        "01-02 01-03 01-04 01-05 01-06 02-23 02-24 03-08 05-01 05-08 05-09 06-12 11-06",
        "",
        "02-22 03-07 11-03",
    ),
    2024: (
        (
            "01-01 01-02 01-03 01-04 01-05 01-08 02-23 03-08 "
            "04-29 04-30 05-01 05-09 05-10 06-12 11-04 12-30 12-31"
        ),
        "04-27 11-02 12-28",
        "02-22 03-07 05-08 06-11 11-02",
    ),
    2025: (
        "01-01 01-02 01-03 01-06 01-07 01-08 05-01 05-02 05-08 05-09 06-12 06-13 11-03 11-04 12-31",
        "11-01",
        "03-07 04-30 06-11 11-01",
    ),
    2026: (
        "01-01 01-02 01-05 01-06 01-07 01-08 01-09 02-23 03-09 05-01 05-11 06-12 11-04 12-31",
        "",
        "04-30 05-08 06-11 11-03",
    ),
}
# The hours of a 40-hour week in the same calendars.
NORM = {2021: 1972, 2022: 1973, 2023: 1973, 2024: 1979, 2025: 1972, 2026: 1972}


@pytest.mark.parametrize("year", OFFICIAL)
def test_the_production_calendar_of_russia(year):
    days = written_out(year)

    def text(chosen):
        return " ".join(day.strftime("%m-%d") for day in sorted(chosen))

    free, worked, shorter = OFFICIAL[year]
    assert text(day for day, entry in days.items() if not entry["intervals"] and day.weekday() < 5) == free
    assert text(day for day, entry in days.items() if entry["intervals"] and day.weekday() > 4) == worked
    eight_hours = [[9 * HOUR, 17 * HOUR]]
    assert text(day for day, entry in days.items() if entry["intervals"] == eight_hours) == shorter


@pytest.mark.parametrize("year", NORM)
def test_the_hours_of_a_year_are_those_of_the_law(year):
    """A week of five days of eight hours, in the year that the labour ministry has counted."""
    eight = [[[9 * HOUR, 13 * HOUR], [14 * HOUR, 18 * HOUR]]] * 5 + [[], []]
    data = stored.clean({"zone": "Europe/Moscow", "week": eight, "sources": {"country": "RU", "shorten": 60}})
    made = holidays_of.with_holidays(data, since=date(year, 1, 1), last_year=year)
    working = WorkingTime(stored.from_json(made))
    start = datetime(year - 1, 12, 31, 21, tzinfo=UTC)
    end = datetime(year, 12, 31, 21, tzinfo=UTC)
    assert working.between(start, end) == timedelta(hours=NORM[year])


def test_what_the_entries_say():
    days = written_out(2024)
    assert days[date(2024, 1, 7)]["name"] == {"ru": "Рождество Христово", "en": "Christmas Day"}
    assert days[date(2024, 1, 7)]["kind"] == "holiday"
    assert days[date(2024, 11, 2)] == {
        "intervals": [[9 * HOUR, 17 * HOUR]],
        "kind": "moved",
        "name": {},
        "source": "country",
        "of": "2024-04-30",
    }
    assert days[date(2024, 4, 30)]["kind"] == "moved"
    assert days[date(2024, 4, 30)]["of"] == "2024-11-02"
    assert "02.11.2024" in days[date(2024, 4, 30)]["name"]["ru"]
    assert days[date(2024, 5, 8)]["kind"] == "shortened"
    assert days[date(2024, 5, 8)]["of"] == "2024-05-09"


def test_nothing_is_shortened_unless_wanted():
    days = written_out(2024, shorten=0)
    assert date(2024, 5, 8) not in days
    assert days[date(2024, 11, 2)]["intervals"] == NINE_TO_SIX


def test_the_day_before_the_first_of_january():
    """31 December 2020 was worked; the holiday that shortens it is in the next year."""
    assert written_out(2020)[date(2020, 12, 31)]["kind"] == "shortened"


def test_shortening_eats_whole_intervals():
    short_afternoon = [[[9 * HOUR, 13 * HOUR], [14 * HOUR, 14 * HOUR + 1800]]] * 5 + [[], []]
    assert written_out(2026, week=short_afternoon)[date(2026, 5, 8)]["intervals"] == [[9 * HOUR, 12.5 * HOUR]]
    half_an_hour = [[[9 * HOUR, 9 * HOUR + 1800]]] * 5 + [[], []]
    assert written_out(2026, week=half_an_hour)[date(2026, 5, 8)]["intervals"] == []


def test_a_weekend_worked_anyway_needs_no_entry():
    seven_days = [NINE_TO_SIX] * 7
    days = written_out(2024, week=seven_days)
    assert date(2024, 4, 27) not in days
    assert date(2024, 11, 2) not in days
    assert days[date(2024, 1, 6)]["intervals"] == []


def test_parts_of_a_country_have_days_of_their_own():
    bavaria, berlin = (written_out(2026, country="DE", subdivision=part, shorten=0) for part in ("BY", "BE"))
    assert bavaria[date(2026, 1, 6)]["name"]["de"] == "Heilige Drei Könige"
    assert date(2026, 1, 6) not in berlin
    assert berlin[date(2026, 3, 8)]["intervals"] == []
    assert ("BY", "Bayern") in holidays_of.subdivision_choices("DE")
    assert ("RU", "Россия") in holidays_of.country_choices("ru")
    assert ("RU", "Russia") in holidays_of.country_choices("en")


def test_strange_countries_are_refused():
    for country, subdivision in [("XX", ""), ("", ""), ("RU", "BY"), ("../x", "")]:
        with pytest.raises(UnknownCountry):
            holidays_of.days_of(country, subdivision, [2026])
    with pytest.raises(UnknownCountry):
        holidays_of.subdivision_choices("XX")


def save(at, calendar_id=None, **changes):
    definition = {
        "zone": "Europe/Moscow",
        "week": WEEK,
        "sources": {"country": "RU", "shorten": 60},
        **changes,
    }
    return commands.save_calendar(calendar_id, name="Офис", definition=definition, actor=ANNA, at=at)


@pytest.mark.django_db
class TestTheYearsAhead:
    def test_another_year_is_written_out(self, monkeypatch):
        first = save(datetime(2026, 3, 6, 12, tzinfo=UTC))
        assert first.definition["sources"]["until"] == 2028
        now = datetime(2027, 1, 1, 3, tzinfo=UTC)
        monkeypatch.setattr("common.clock.now", lambda: now)
        assert extend_holidays() == 1
        second = Calendar.objects.get().current
        assert second.number == 2
        assert second.author_id is None
        assert second.definition["sources"]["until"] == 2029
        assert max(second.definition["days"]) > "2029"
        # what has been stays word for word
        old = {day: entry for day, entry in first.definition["days"].items() if day < "2027-01-01"}
        assert {day: second.definition["days"][day] for day in old} == old
        entry = Entry.objects.filter(stream_type="calendar", kind="calendar_saved").latest("pk")
        assert (entry.actor_kind, entry.actor_name) == ("system", "holidays")
        assert extend_holidays() == 0
        assert CalendarVersion.objects.count() == 2

    def test_a_day_moved_by_a_later_decree_is_noticed(self, monkeypatch):
        """What the library did not know when the year was written out comes with its next update."""
        now = datetime(2026, 3, 6, 12, tzinfo=UTC)
        monkeypatch.setattr("common.clock.now", lambda: now)
        version = save(now)
        ignorant = version.definition["days"].copy()
        del ignorant["2026-12-31"]
        del ignorant["2026-01-09"]
        CalendarVersion.objects.filter(pk=version.pk).update(
            definition={**version.definition, "days": ignorant}
        )
        assert extend_holidays() == 1
        days = Calendar.objects.get().current.definition["days"]
        assert "2026-12-31" in days
        assert "2026-01-09" not in days  # too late

    def test_one_that_has_ended_holds_up_no_other(self, monkeypatch):
        before = datetime(2026, 3, 6, 12, tzinfo=UTC)
        ended = save(before, valid_until="2026-12-31")
        other = commands.save_calendar(
            None,
            name="Склад",
            definition={"zone": "Europe/Berlin", "week": WEEK, "sources": {"country": "DE"}},
            actor=ANNA,
            at=before,
        )
        plain = commands.save_calendar(
            None, name="Без праздников", definition={"zone": "UTC", "week": WEEK}, actor=ANNA, at=before
        )
        monkeypatch.setattr("common.clock.now", lambda: datetime(2027, 2, 1, tzinfo=UTC))
        assert extend_holidays() == 1
        numbers = {row.calendar_id: row.current.number for row in map(_version, (ended, other, plain))}
        assert numbers == {ended.calendar_id: 1, other.calendar_id: 2, plain.calendar_id: 1}

    def test_the_beat_asks_for_it(self, settings):
        entry = settings.CELERY_BEAT_SCHEDULE["holidays"]
        assert entry["task"] == extend_holidays.name
        assert entry["schedule"] <= 24 * HOUR

    def test_versions_answer_for_themselves(self):
        first = save(datetime(2026, 3, 6, 12, tzinfo=UTC))
        save(datetime(2026, 3, 6, 12, tzinfo=UTC), first.calendar_id, sources={})
        eve = datetime(2026, 5, 8, 14, 30, tzinfo=UTC)  # 17:30 in Moscow, shortened to 17:00
        assert not working_time(first.pk).is_working(eve)
        assert working_time(Calendar.objects.get().current.pk).is_working(eve)


def _version(version):
    version.current = version.calendar.current
    return version
