"""The stored form: what comes in crooked is refused with every reason, and what is kept is canonical."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from calendars import stored
from calendars.arithmetic import Definition, Span
from calendars.checks import MOST_DAYS, MOST_INTERVALS, MOST_PROBLEMS, MOST_SPANS, clock_text
from calendars.errors import BadDefinition

WEEK = [[[32_400, 64_800]]] * 5 + [[], []]


def problems(data):
    with pytest.raises(BadDefinition) as caught:
        stored.clean(data)
    return [(problem.where, problem.message) for problem in caught.value.problems]


def calendar(**changes):
    return {"zone": "UTC", "week": WEEK, **changes}


def week(**days):
    made = list(WEEK)
    for number, intervals in days.items():
        made[int(number[1:])] = intervals
    return calendar(week=made)


def span(start="2026-03-09T10:00:00Z", end="2026-03-09T12:00:00Z", **changes):
    return {"start": start, "end": end, "adds": True, **changes}


@pytest.mark.parametrize(
    ("data", "where", "message"),
    [
        ([], "", "This is not a calendar."),
        (None, "", "This is not a calendar."),
        (calendar(zone="Mars/Olympus"), "zone", "“Mars/Olympus” is no known time zone."),
        (calendar(zone=None), "zone", "“” is no known time zone."),
        (calendar(zone="../../etc/passwd"), "zone", "“../../etc/passwd” is no known time zone."),
        (calendar(week=WEEK[:6]), "week", "A week has seven days."),
        (calendar(colour="red"), "colour", "“colour” is no part of a calendar."),
        (week(d0="09:00"), "week.0", "Monday: these are no intervals."),
        (week(d0=[["09:00", "18:00"]]), "week.0", "Monday: these are no intervals."),
        (week(d0=[[True, 60]]), "week.0", "Monday: these are no intervals."),
        (week(d0=[[1.5, 60]]), "week.0", "Monday: these are no intervals."),
        (week(d1=[[86_400, 90_000]]), "week.1", "Tuesday: an interval starts between 00:00 and 24:00."),
        (week(d1=[[-1, 90]]), "week.1", "Tuesday: an interval starts between 00:00 and 24:00."),
        (week(d1=[[64_800, 32_400]]), "week.1", "Tuesday: 18:00–09:00 ends before it starts."),
        (week(d1=[[3600, 3600 + 86_401]]), "week.1", "Tuesday: an interval is at most 24 hours long."),
        (
            week(d2=[[32_400, 50_400], [46_800, 64_800]]),
            "week.2",
            "Wednesday: 09:00–14:00 and 13:00–18:00 overlap.",
        ),
        (
            week(d6=[[79_200, 122_400]]),
            "week.0",
            "Sunday runs over midnight until 10:00, into the working time of Monday.",
        ),
        (
            week(d3=[[number * 60, number * 60 + 30] for number in range(MOST_INTERVALS + 1)]),
            "week.3",
            "Thursday: at most 12 intervals.",
        ),
        (calendar(days=[]), None, None),
        (calendar(days=[1]), "days", "These are no exceptional days."),
        (
            calendar(days={"2026-13-01": {}}),
            "days.2026-13-01",
            "“2026-13-01” is no date from 1970 to 2198.",
        ),
        (calendar(days={"1812-09-07": {}}), "days.1812-09-07", "“1812-09-07” is no date from 1970 to 2198."),
        (
            calendar(days={"2026-05-09": {"intervals": [[1, 1]]}}),
            "days.2026-05-09",
            "May 9, 2026: 00:00:01–00:00:01 ends before it starts.",
        ),
        (calendar(days={"2026-05-09": []}), "days.2026-05-09", "This is not a calendar."),
        (
            calendar(days={"2026-05-09": {"kind": "party"}}),
            "days.2026-05-09",
            "“party” is no kind of day.",
        ),
        (
            calendar(days={"2026-05-09": {"name": "x" * 201}}),
            "days.2026-05-09",
            "A name is at most 200 characters long.",
        ),
        (calendar(days={"2026-05-09": {"name": 7}}), "days.2026-05-09", "This is not a name."),
        (
            calendar(
                days={date.fromordinal(730_000 + number).isoformat(): {} for number in range(MOST_DAYS + 1)}
            ),
            "days",
            "At most 3000 exceptional days.",
        ),
        (
            calendar(spans=[span(end="2026-03-09T10:00Z")]),
            "spans.0",
            "A one-off time must end after it starts.",
        ),
        (
            calendar(spans=[span(), span(start="2026-03-09T10:00")]),
            "spans.1",
            "“2026-03-09T10:00” is no instant with a time zone.",
        ),
        (
            calendar(spans=[span(end="2028-03-09T10:00Z")]),
            "spans.0",
            "A one-off time is at most 400 days long.",
        ),
        (calendar(spans=[span(adds=1)]), "spans.0", "A one-off time is either worked or free."),
        (calendar(spans=[span()] * (MOST_SPANS + 1)), "spans", "At most 1000 one-off times."),
        (
            calendar(valid_from="2026-03-09", valid_until="2026-03-08"),
            "valid_until",
            "The last day of the calendar is before its first.",
        ),
        (calendar(valid_from="soon"), "valid_from", "“soon” is no date from 1970 to 2198."),
        (
            calendar(sources={"country": "RU", "shorten": 721}),
            "sources",
            "The day before a holiday is shortened by 0 to 720 minutes.",
        ),
        (calendar(sources={"country": ["RU"]}), "sources", "This country is not known."),
    ],
)
def test_what_is_refused(data, where, message):
    if where is None:
        assert stored.clean(data)["days"] == {}
    else:
        assert problems(data) == [(where, message)]


def test_all_reasons_at_once_but_not_without_end():
    assert [where for where, _message in problems({"zone": "x", "week": [], "spans": 5})] == [
        "zone",
        "week",
        "spans",
    ]
    assert len(problems(calendar(spans=[{}] * 100))) == MOST_PROBLEMS


def test_the_stored_form_is_canonical():
    given = calendar(
        week=[[(50_400, 64_800), (32_400, 46_800)], *WEEK[1:]],
        days={
            "2026-12-31": {"intervals": [], "name": "  Канун \n Нового года"},
            "20260509": {"kind": "holiday", "name": {"ru": "День Победы", "en": ""}, "of": "2026-05-11"},
        },
        spans=[span(start="2026-03-09T13:00:00+03:00", name="Учения")],
    )
    made = stored.clean(given)
    assert made == {
        "zone": "UTC",
        "week": [[[32_400, 46_800], [50_400, 64_800]], *WEEK[1:]],
        "days": {
            "2026-05-09": {
                "intervals": [],
                "kind": "holiday",
                "name": {"ru": "День Победы"},
                "source": "",
                "of": "2026-05-11",
            },
            "2026-12-31": {
                "intervals": [],
                "kind": "exception",
                "name": {"": "Канун Нового года"},
                "source": "",
            },
        },
        "spans": [
            {
                "start": "2026-03-09T10:00:00Z",
                "end": "2026-03-09T12:00:00Z",
                "adds": True,
                "name": {"": "Учения"},
                "source": "",
            }
        ],
        "valid_from": None,
        "valid_until": None,
        "sources": {},
    }
    assert list(made["days"]) == ["2026-05-09", "2026-12-31"]
    assert stored.clean(made) == made


def test_there_and_back():
    definition = Definition(
        zone="America/New_York",
        week=(((79_200, 108_000),),) * 7,
        days={date(2026, 7, 4): (), date(2026, 7, 5): ((0, 3600), (7200, 9000))},
        spans=(
            Span(
                datetime(2026, 3, 9, 10, 0, 0, 5, tzinfo=UTC),
                datetime(2026, 3, 9, 11, tzinfo=UTC),
                adds=False,
            ),
        ),
        valid_from=date(2026, 1, 1),
        valid_until=date(2027, 1, 1),
    )
    assert stored.from_json(stored.to_json(definition)) == definition


def test_names_in_the_readers_language():
    names = {"name": {"en": "Victory Day", "ru": "День Победы", "be": "Дзень Перамогі"}}
    assert stored.called(names, "ru") == "День Победы"
    assert stored.called(names, "de") == "Victory Day"
    assert stored.called({"name": {"be": "Дзень Перамогі"}}, "ru") == "Дзень Перамогі"
    assert stored.called({"name": {}}, "ru") == ""


def test_times_of_day():
    assert [clock_text(seconds) for seconds in (0, 32_400, 86_400, 108_000, 61)] == [
        "00:00",
        "09:00",
        "24:00",
        "06:00",
        "00:01:01",
    ]
