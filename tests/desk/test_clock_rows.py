"""Clocks in the rows of lists: what is told, and when a row is drawn anew."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from calendars.models import CalendarVersion
from calendars.starter import make_calendar
from common import clock
from desk import clocks, drawn_rows
from sla.models import Clock
from tests.desk.gold import HOUR, gold_policy, gold_ticket, in_working_time, page_of  # noqa: F401  # fixtures
from tickets.models import View


def test_a_row_has_the_most_pressing_clock(ticket, anna):
    view = View.objects.get(key="due-soon")
    page = anna.get(f"/views/{view.pk}/").content.decode()
    assert f'id="row-{ticket.pk}"' in page
    row = page.split(f'id="row-{ticket.pk}"')[1].split("</li>")[0]
    assert row.count("<sla-countdown") == 1
    assert 'what="First response"' in row


def test_at_risk_and_late_marks(ticket, anna):
    view = View.objects.get(key="due-soon")
    Clock.objects.filter(target="first_response").update(at_risk=True)
    assert "At risk" in anna.get(f"/views/{view.pk}/").content.decode()
    Clock.objects.filter(target="first_response").update(state="breached", stopped_at=clock.now())
    page = anna.get(f"/views/{view.pk}/").content.decode()
    assert "Was late before" in page
    assert 'what="Resolution"' in page


def test_a_row_is_drawn_anew_when_its_clock_changes_and_not_when_it_ticks(ticket, monkeypatch):
    before = clocks.of_list([ticket.pk])[ticket.pk].version
    now = clock.now() + timedelta(minutes=2)
    monkeypatch.setattr(clock, "now", lambda: now)
    assert clocks.of_list([ticket.pk])[ticket.pk].version == before
    Clock.objects.filter(target="first_response").update(at_risk=True)
    assert clocks.of_list([ticket.pk])[ticket.pk].version != before


def test_working_windows_travel_with_a_clock_of_working_time(world, monkeypatch):
    version = make_calendar(zone="UTC")
    row = Clock(
        target="first_response",
        state="running",
        is_business=True,
        calendar_version=version,
        started_at=clock.now(),
        due_at=datetime(2026, 3, 9, 10, tzinfo=UTC),
        target_seconds=4 * HOUR,
    )
    friday = datetime(2026, 3, 6, 17, tzinfo=UTC)
    shown = clocks.Shown(row, timedelta(hours=2), False, friday)
    spans = [tuple(map(int, span.split("-"))) for span in shown.ticking["windows"].split(",")]
    assert spans[0] == (int(friday.timestamp()), int(friday.timestamp()) + HOUR)
    assert datetime.fromtimestamp(spans[1][0], UTC) == datetime(2026, 3, 9, 9, tzinfo=UTC)


def test_a_row_stays_as_it_was_drawn_while_people_work(world, policy):
    """What a countdown knows of the days to come changes once a day, not with every second of work."""
    in_working_time(world, policy)
    monday = datetime(2026, 6, 1, 9, tzinfo=UTC)
    with clock.telling(monday):
        ticket = world.ticket(team=world.first_line)
    versions = []
    for minutes in (1, 2, 90, 3 * 24 * 60):
        with clock.telling(monday + timedelta(minutes=minutes)):
            versions.append(clocks.of_list([ticket.pk])[ticket.pk].version)
    assert versions[0] == versions[1] == versions[2] != versions[3]


def test_a_row_that_was_drawn_before_says_when_it_is_told(world, ticket, anna, monkeypatch):
    """Its clock is as of its drawing, and the page must know how long ago that was."""
    monkeypatch.setattr(drawn_rows, "_kept", kept := {})
    open_view = View.objects.get(key="open")
    now = clock.now().replace(microsecond=0)

    def told(seconds):
        with clock.telling(now + timedelta(seconds=seconds)):
            row = anna.part(f"/views/{open_view.pk}/?rows").content.decode()
        marks = re.search(r'<sla-countdown[^>]* at="(\d+)"[^>]* told="(\d+)"', row)
        return [int(mark) - round(now.timestamp()) for mark in marks.groups()]

    assert told(0) == [0, 0]
    assert told(200) == [0, 200]
    assert len(kept) == 1
    assert "told=" not in page_of(anna, ticket), "beside the ticket it is drawn anew each time"


@pytest.mark.parametrize("change", ["calendar_version_id", "warn_at", "due_at", "is_business"])
def test_a_row_is_drawn_anew_when_its_clock_counts_otherwise(ticket, change):
    row = Clock.objects.filter(ticket=ticket, state="running").order_by("due_at").first()
    before = clocks.of_list([ticket.pk])[ticket.pk].version
    now = row.warn_at + timedelta(minutes=1)
    calendar = CalendarVersion.objects.get().pk
    value = {"calendar_version_id": calendar, "is_business": not row.is_business}.get(change, now)
    Clock.objects.filter(pk=row.pk).update(**{change: value})
    assert clocks.of_list([ticket.pk])[ticket.pk].version != before


def test_without_a_calendar_a_row_stays_as_it_was_drawn_too(world, ticket):
    """Its only stretch of work goes on from now until the last day that is told."""
    Clock.objects.filter(ticket=ticket).update(is_business=True, calendar_version=None)
    now = clock.now().replace(hour=9)
    versions = set()
    for seconds in (0, 1, 60):
        with clock.telling(now + timedelta(seconds=seconds)):
            versions.add(clocks.of_list([ticket.pk])[ticket.pk].version)
    assert len(versions) == 1
