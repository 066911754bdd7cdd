"""Calendar files: what is taken, what is told, and what cannot hurt."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calendars import ical, stored
from calendars.errors import BadFile

TODAY = date(2026, 3, 6)
WEEK = [[[32_400, 64_800]]] * 5 + [[], []]


def file(*events, head=""):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Example//EN", *head.split()]
    for event in events:
        lines += ["BEGIN:VEVENT", *(line.strip() for line in event.strip().splitlines()), "END:VEVENT"]
    return ("\r\n".join([*lines, "END:VCALENDAR"]) + "\r\n").encode()


def read(*events, zone="Europe/Moscow", **more):
    return ical.read(file(*events, **more), zone=zone, today=TODAY)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_days_of_an_event_end_before_its_end():
    found = read(
        """UID:1
        DTSTART;VALUE=DATE:20260501
        DTEND;VALUE=DATE:20260504
        SUMMARY:Майские\\, длинные""",
        """UID:2
        DTSTART;VALUE=DATE:20260612
        SUMMARY:День России""",
    )
    assert found.days == {
        date(2026, 5, 1): "Майские, длинные",
        date(2026, 5, 2): "Майские, длинные",
        date(2026, 5, 3): "Майские, длинные",
        date(2026, 6, 12): "День России",
    }
    assert found.spans == []
    assert found.skipped == []


def test_times_in_any_zone():
    found = read(
        """DTSTART:20260309T100000Z
        DTEND:20260309T113000Z
        SUMMARY:UTC""",
        """DTSTART;TZID=America/New_York:20260309T100000
        DURATION:PT90M
        SUMMARY:Нью-Йорк""",
        """DTSTART;TZID=Russian Standard Time:20260309T100000
        DTEND;TZID=Russian Standard Time:20260309T110000
        SUMMARY:Outlook""",
        """DTSTART:20260309T100000
        DTEND:20260309T110000
        SUMMARY:Без зоны""",
        """DTSTART;TZID=Europe/Berlin:20260309T230000
        DTEND;TZID=Europe/Moscow:20260310T020000
        SUMMARY:Через полночь""",
    )
    assert found.spans == [
        (utc("2026-03-09 10:00"), utc("2026-03-09 11:30"), "UTC"),
        (utc("2026-03-09 14:00"), utc("2026-03-09 15:30"), "Нью-Йорк"),
        (utc("2026-03-09 07:00"), utc("2026-03-09 08:00"), "Outlook"),
        (utc("2026-03-09 07:00"), utc("2026-03-09 08:00"), "Без зоны"),
        (utc("2026-03-09 22:00"), utc("2026-03-09 23:00"), "Через полночь"),
    ]


def test_yearly_days_are_written_out_for_the_years_ahead():
    found = read(
        """DTSTART;VALUE=DATE:20200229
        RRULE:FREQ=YEARLY
        SUMMARY:Високосный""",
        """DTSTART;VALUE=DATE:20241126
        RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH
        EXDATE;VALUE=DATE:20261126
        SUMMARY:Thanksgiving""",
        """DTSTART;VALUE=DATE:20261231
        RRULE:FREQ=YEARLY;COUNT=2
        SUMMARY:Канун""",
    )
    by_name = {}
    for day, name in found.days.items():
        by_name.setdefault(name, []).append(day.isoformat())
    assert by_name == {
        "Високосный": ["2020-02-29", "2024-02-29", "2028-02-29"],
        "Thanksgiving": ["2024-11-28", "2025-11-27", "2027-11-25", "2028-11-23"],
        "Канун": ["2026-12-31", "2027-12-31"],
    }


def test_weekly_times_keep_to_the_wall_clock():
    """A meeting at ten in Berlin is at nine UTC in winter and at eight in summer."""
    found = read(
        """UID:standup
        DTSTART;TZID=Europe/Berlin:20260323T100000
        DTEND;TZID=Europe/Berlin:20260323T110000
        RRULE:FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20260408T080000Z
        EXDATE;TZID=Europe/Berlin:20260325T100000
        SUMMARY:Летучка""",
        """UID:standup
        RECURRENCE-ID;TZID=Europe/Berlin:20260401T100000
        DTSTART;TZID=Europe/Berlin:20260402T150000
        DTEND;TZID=Europe/Berlin:20260402T160000
        SUMMARY:Летучка""",
    )
    assert sorted(start for start, _end, _name in found.spans) == [
        utc("2026-03-23 09:00"),
        utc("2026-03-30 08:00"),
        utc("2026-04-02 13:00"),  # moved from Wednesday 1 April
        utc("2026-04-06 08:00"),
        utc("2026-04-08 08:00"),
    ]


def test_cancelled_events_are_none():
    found = read(
        """DTSTART;VALUE=DATE:20260501
        STATUS:CANCELLED
        SUMMARY:Отменено""",
        """DTSTART;VALUE=DATE:20260502""",
    )
    assert list(found.days) == [date(2026, 5, 2)]
    assert found.skipped_count == 0


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("SUMMARY:Без начала", "“Без начала”: its times cannot be read."),
        ("SUMMARY:x\nDTSTART:20261301T100000Z", "“x”: its times cannot be read."),
        ("SUMMARY:x\nDTSTART:20260301T100000Z", "“x”: it has no length."),
        ("SUMMARY:x\nDTSTART:20260301T100000Z\nDTEND:20260301T090000Z", "“x”: it has no length."),
        ("SUMMARY:x\nDTSTART:20260301T100000Z\nDTEND:20280301T090000Z", "“x”: it is longer than 400 days."),
        (
            "DTSTART;VALUE=DATE:20260301\nDTEND;VALUE=DATE:20270301",
            "“?”: it is longer than 100 days.",
        ),
        ("SUMMARY:x\nDTSTART;VALUE=DATE:18120907", "“x”: it lies too far away."),
        (
            "SUMMARY:x\nDTSTART:20260301T100000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY",
            "“x”: its repetition is not understood.",
        ),
        (
            "SUMMARY:x\nDTSTART;VALUE=DATE:20260301\nRRULE:FREQ=DAILY;INTERVAL=0",
            "“x”: its repetition is not understood.",
        ),
        (
            "SUMMARY:x\nDTSTART;VALUE=DATE:20260301\nRRULE:FREQ=YEARLY;BYWEEKNO=20",
            "“x”: its repetition is not understood.",
        ),
        (
            "SUMMARY:x\nDTSTART;VALUE=DATE:20260301\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY",
            "“x”: it has several repetitions.",
        ),
        (
            "SUMMARY:x\nDTSTART;VALUE=DATE:20260301\nRDATE;VALUE=DATE:20260401",
            "“x”: lists of dates (RDATE) are not understood.",
        ),
    ],
)
def test_what_is_not_understood_is_told_and_the_rest_taken(event, reason):
    found = read(event, "SUMMARY:Хорошее\nDTSTART;VALUE=DATE:20260502")
    assert found.skipped == [reason]
    assert found.days == {date(2026, 5, 2): "Хорошее"}
    assert found.spans == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no event"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "no calendar file"),
        (b"<html></html>", "no calendar file"),
        (file(), "no event"),
        (b"BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260301\r\nEND:VEVENT\r\n", "no event"),
        (b"x" * (ical.LARGEST + 1), "larger than 1000 kB"),
        (file(*["DTSTART;VALUE=DATE:20260301"] * (ical.MOST_EVENTS + 1)), "more than 5000 events"),
        (
            file(*["DTSTART;VALUE=DATE:20260301\nRRULE:FREQ=YEARLY"] * (ical.MOST_REPEATED + 1)),
            "more than 200 repeated",
        ),
        (file("DTSTART;VALUE=DATE:20100101\nRRULE:FREQ=DAILY"), "more than 3000 days"),
        (
            file("DTSTART:20100101T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"),
            "more than 1000 one-off times",
        ),
    ],
)
def test_files_that_are_refused(content, message):
    with pytest.raises(BadFile, match=message):
        ical.read(content, zone="UTC", today=TODAY)


def test_a_zone_described_in_the_file_cannot_keep_us_busy():
    bomb = """BEGIN:VTIMEZONE
TZID:Bomb
BEGIN:STANDARD
DTSTART:19700101T000000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=SECONDLY
END:STANDARD
END:VTIMEZONE
"""
    found = read(
        "DTSTART;TZID=Bomb:20260309T100000\nDTEND;TZID=Bomb:20260309T110000\nSUMMARY:x", head=bomb, zone="UTC"
    )
    assert found.spans == [(utc("2026-03-09 10:00"), utc("2026-03-09 11:00"), "x")]
    folded = bomb.replace("BEGIN:VTIMEZONE", "BEGIN:VTIME\r\n ZONE")
    content = file("DTSTART;TZID=Bomb:20260309T100000\nDURATION:PT1H").replace(
        b"BEGIN:VEVENT", folded.encode() + b"BEGIN:VEVENT", 1
    )
    assert len(ical.read(content, zone="UTC", today=TODAY).spans) == 1


def calendar(**changes):
    return stored.clean({"zone": "Europe/Moscow", "week": WEEK, **changes})


def test_a_file_becomes_free_days_and_times():
    found = read(
        "DTSTART;VALUE=DATE:20260501\nSUMMARY:Праздник",
        "DTSTART;VALUE=DATE:20260502\nSUMMARY:Из файла",
        "DTSTART:20260309T100000Z\nDTEND:20260309T113000Z\nSUMMARY:Учения",
    )
    by_hand = {"2026-05-02": {"intervals": [[36_000, 50_400]], "name": "Дежурим"}}
    made = ical.merge(calendar(days=by_hand), found, adds=False)
    assert made["days"]["2026-05-01"] == {
        "intervals": [],
        "kind": "holiday",
        "name": {"": "Праздник"},
        "source": "file",
    }
    assert made["days"]["2026-05-02"]["name"] == {"": "Дежурим"}
    assert made["spans"] == [
        {
            "start": "2026-03-09T10:00:00Z",
            "end": "2026-03-09T11:30:00Z",
            "adds": False,
            "name": {"": "Учения"},
            "source": "file",
        }
    ]
    # another file takes the place of this one
    again = ical.merge(made, read("DTSTART;VALUE=DATE:20260601\nSUMMARY:Новое"), adds=False)
    assert list(again["days"]) == ["2026-05-02", "2026-06-01"]
    assert again["spans"] == []


def test_a_file_of_shifts_becomes_working_time():
    found = read(
        "DTSTART;VALUE=DATE:20260307\nSUMMARY:Дежурство",
        "DTSTART:20260309T170000Z\nDTEND:20260309T200000Z\nSUMMARY:Вечер",
    )
    made = ical.merge(calendar(), found, adds=True)
    assert made["days"]["2026-03-07"]["intervals"] == [[0, 86_400]]
    assert made["spans"][0]["adds"] is True


def test_times_by_hand_win_over_those_of_a_file():
    by_hand = {"start": "2026-03-09T10:00:00Z", "end": "2026-03-09T11:00:00Z", "adds": True}
    found = read("DTSTART:20260309T090000Z\nDTEND:20260309T120000Z")
    made = ical.merge(calendar(spans=[by_hand]), found, adds=False)
    assert [span["source"] for span in made["spans"]] == ["file", ""]


LINES = st.sampled_from(
    [
        "DTSTART;VALUE=DATE:20260301",
        "DTSTART:20260301T100000",
        "DTSTART;TZID=Europe/Berlin:20260329T023000",
        "DTSTART;TZID=Nowhere/Land:20260329T023000",
        "DTSTART;VALUE=DATE:00010101",
        "DTSTART;VALUE=DATE:99991231",
        "DTSTART:oops",
        "DTEND;VALUE=DATE:20260302",
        "DTEND:20260301T110000Z",
        "DTEND:99991231T235959Z",
        "DURATION:PT1H",
        "DURATION:P99999999D",
        "DURATION:-PT1H",
        "RRULE:FREQ=YEARLY",
        "RRULE:FREQ=WEEKLY;BYDAY=XX",
        "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYSETPOS=-1",
        "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "RRULE:FREQ=MONTHLY;BYDAY=9MO",
        "RRULE:COUNT=-1",
        "RRULE:FREQ=WEEKLY;COUNT=x",
        "RRULE:FREQ=YEARLY;INTERVAL=99999999",
        "RRULE:FREQ=YEARLY;UNTIL=oops",
        "RRULE:FREQ=YEARLY;BYMONTH=13",
        "RRULE:FREQ=MONTHLY;BYSETPOS=0;BYDAY=MO",
        "EXDATE:20260301T100000Z",
        "EXDATE:oops",
        "EXDATE;VALUE=DATE:20260301",
        "RECURRENCE-ID:20260301T100000Z",
        "RECURRENCE-ID:oops",
        "UID:1",
        "UID;=:",
        "SUMMARY:Одно",
        "SUMMARY:Два",
        "STATUS:CONFIRMED",
        "STATUS;X=1:",
        "BEGIN:VALARM",
        "END:VALARM",
        "X-ODD",
    ]
)


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(LINES, max_size=7).map("\n".join), min_size=1, max_size=4))
def test_whatever_a_file_says_it_is_read_or_refused(events):
    try:
        found = ical.read(file(*events), zone="Europe/Moscow", today=TODAY)
    except BadFile:
        return
    assert all(timedelta(0) < end - start for start, end, _name in found.spans)
    made = ical.merge(calendar(), found, adds=False)
    assert stored.clean(made) == made
    stored.from_json(made)
