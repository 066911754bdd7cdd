"""The pure parts of the demonstration: words, hours, files, and who does what when."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from helpdesk.demo import quarantined, samples
from helpdesk.demo.company import tag_colour
from helpdesk.demo.hours import Hours
from helpdesk.demo.script import acts, load, write
from helpdesk.demo.words import Filler, Person

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def company():
    return load("company")


@pytest.fixture(scope="module")
def stories(company):
    return write(company, now=NOW, count=600)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("заказал{g:|а}", "заказала"),
        ("{ag:он|она} посмотрит", "он посмотрит"),
        ("{first_name}, до {day:+3}", "Вера, до 21 марта"),
        ("{org}", "Северград"),
        ("{order}", "Т-1"),
        ("{article:x}", "«Накипь»"),
        ("без скобок", "без скобок"),
    ],
)
def test_placeholders(text, words):
    filler = Filler({"order": "Т-1"}, {"x": "«Накипь»"}, "ru", MOSCOW)
    vera, boris = Person("Вера Ёлкина", "Вера", "f"), Person("Борис", "Борис", "m")
    assert filler.fill(text, to=vera, agent=boris, organization="Северград", at=NOW) == words


def test_an_unknown_placeholder_is_a_mistake_in_the_content():
    filler = Filler({}, {}, "en", MOSCOW)
    nobody = Person("", "", "m")
    with pytest.raises(KeyError):
        filler.fill("{nonsense}", to=nobody, agent=nobody, organization="", at=NOW)


def test_work_waits_for_the_next_working_day():
    london = Hours(ZoneInfo("Europe/London"), 8, 18)
    friday_night = datetime(2026, 3, 20, 22, 0, tzinfo=UTC)
    monday = london.next(friday_night, random.Random(1))
    assert monday.date() == datetime(2026, 3, 23, tzinfo=UTC).date()
    assert 8 <= monday.astimezone(london.zone).hour < 10
    noon = datetime(2026, 3, 18, 12, 0, tzinfo=UTC)
    assert london.next(noon, random.Random(1)) == noon


def test_customers_mostly_write_by_day():
    lots, hours = random.Random(1), Hours(MOSCOW, 9, 20)
    times = [hours.arrival(NOW - timedelta(days=90), NOW, lots).astimezone(MOSCOW) for _ in range(500)]
    assert sum(8 <= at.hour < 20 for at in times) > 400
    weekend = sum(at.weekday() >= 5 for at in times)
    assert 20 < weekend < 100


def test_six_hundred_tickets_over_ninety_days(stories):
    assert len(stories) == 600
    assert min(story.opened_at for story in stories) > NOW - timedelta(days=92)
    assert max(act.at for act in acts(stories)) < NOW
    assert {story.brand for story in stories} == {"tihiy-pomol", "stockwren"}
    assert sum(story.is_current for story in stories) == 40


def test_the_same_seed_tells_the_same(company, stories):
    again = write(company, now=NOW, count=600)
    assert [(one.opened_at, one.contact["email"], one.subject) for one in stories] == [
        (one.opened_at, one.contact["email"], one.subject) for one in again
    ]


def test_time_never_runs_backwards_in_a_story(stories):
    for story in stories:
        times = [act.at for act in story.acts]
        assert times == sorted(times), story.scenario["key"]


@pytest.mark.parametrize(
    ("kind", "begins"), [("png", b"\x89PNG"), ("pdf", b"%PDF-1.4"), ("csv", b"\xef\xbb\xbf")]
)
def test_files_are_what_they_say(kind, begins):
    file = samples.make(f"x.{kind}", kind, "треснувший поддон")
    assert file.data.startswith(begins)
    assert file == samples.make(f"x.{kind}", kind, "треснувший поддон")
    assert samples.make("empty.txt", "txt", "nothing").data == b""


def test_colours_become_the_desks():
    assert [tag_colour(one) for one in ("#C0392B", "#2E86C1", "#27AE60", "#7F7F7F")] == [
        "red", "blue", "green", "gray",
    ]  # fmt: skip


def test_there_is_something_for_the_quarantine():
    assert len(list(quarantined.mails())) == 1
