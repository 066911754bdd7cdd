"""Clocks on the ticket and in lists, due times by hand, promises."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from calendars.models import CalendarVersion
from calendars.starter import make_calendar
from common import clock
from desk import clocks, drawn_rows, promising
from desk.beside import beside
from sla import commands as sla
from sla.models import Clock, Promise
from tickets import commands
from tickets.models import Category, Message, MessageKind, View

HOUR = 3600


def target(hours, *, business=False, pauses=(), warn=80):
    return {
        "seconds": dict.fromkeys(("low", "normal", "high", "urgent"), hours * HOUR),
        "business": business,
        "pauses": list(pauses),
        "warn_percent": warn,
    }


@pytest.fixture
def policy(world):
    make_calendar(zone="Europe/Moscow")
    return sla.save_policy(
        None,
        name="Gold first",
        conditions={"all": [{"field": "tier", "op": "is", "value": "gold"}]},
        calendar=None,
        targets={
            "first_response": target(4),
            "next_response": target(4),
            "resolution": target(24, pauses=["pending", "resolved"]),
        },
        actor=world.as_anna,
    ).policy


@pytest.fixture
def ticket(world, policy):
    world.vera.organization = world.organization
    world.vera.save()
    return world.ticket(team=world.first_line, assignee=world.anna, at=clock.now() - timedelta(hours=1))


def page_of(anna, ticket):
    return anna.get(f"/tickets/{ticket.pk}/").content.decode()


# --- the panel ----------------------------------------------------------------


def test_a_clock_shows_target_due_time_and_countdown(ticket, anna):
    page = page_of(anna, ticket)
    assert 'id="panel-clocks"' in page
    assert page.count("<sla-countdown") >= 2
    assert "First response" in page
    assert 'data-clock="running"' in page
    assert "Running" in page, "the state in words, for whoever sees no colour"
    due = Clock.objects.get(target="first_response").due_at
    assert f'due="{due.isoformat()}"' in page
    left = int(page.split('what="First response"')[1].split('left="')[1].split('"')[0])
    assert 3 * HOUR - 60 < left <= 3 * HOUR


def test_a_paused_one_says_so_and_what_is_left(world, ticket, anna):
    commands.set_status(ticket.pk, status=world.status(Category.PENDING), actor=world.as_anna)
    page = page_of(anna, ticket)
    assert 'data-clock="paused"' in page
    assert "Paused: pending" in page, "the bar tells why"


def test_an_overdue_and_a_late_one(world, policy, anna):
    world.vera.organization = world.organization
    world.vera.save()
    ticket = world.ticket(team=world.first_line, at=clock.now() - timedelta(hours=5))
    page = page_of(anna, ticket)
    assert 'data-clock="overdue"' in page
    assert "Overdue" in page
    world.reply(ticket)
    page = page_of(anna, ticket)
    assert 'data-clock="breached"' in page
    assert "Ended" in page


def test_a_withdrawn_breach_stays_in_history_with_its_reason(world, policy, anna):
    world.vera.organization = world.organization
    world.vera.save()
    ticket = world.ticket(team=world.first_line, at=clock.now() - timedelta(hours=5))
    news = [
        {
            "kind": "sla_breached",
            "data": {"target": "first_response", "ordinal": 0},
            "at": clock.now(),
            "by": "",
        },
        {
            "kind": "sla_breach_withdrawn",
            "data": {"target": "first_response", "ordinal": 0, "reason": "priority", "new_due_at": None},
            "at": clock.now(),
            "by": "Anna Lind",
        },
    ]
    shown = {one.row.target: one for one in clocks.of_ticket(ticket, news)}
    assert [entry["kind"] for entry in shown["first_response"].news] == [
        "sla_breached",
        "sla_breach_withdrawn",
    ]
    assert shown["resolution"].news == []


def test_of_a_long_talk_the_last_clocks_stand_beside_the_ticket(world, ticket, anna, by):
    """Each answer had a clock; the earlier ones come when they are asked for."""
    for _ in range(clocks.MOST_ENDED + 2):
        world.reply(ticket)
        world.receive(ticket, "Ещё вопрос")

    def ended(page):
        return page.count('data-clock="met"')

    page = page_of(anna, ticket)
    assert ended(page) == clocks.MOST_ENDED
    assert "Earlier: 2" in page  # the first response, and one of the next ones
    path = f"/tickets/{ticket.pk}/clocks/ended/"
    earlier = anna.part(path).content.decode()
    last = re.search(r'clocks/ended/\?after=([\w-]+)"', page)[1]
    assert anna.part(f"{path}?after={last}").content.decode() == earlier
    world.reply(ticket)  # one more has ended since
    assert ended(anna.part(f"{path}?after={last}").content.decode()) == 2
    earlier = anna.part(f"{path}?after={last}").content.decode()
    assert (ended(earlier), "<ul" in earlier.split('class="clock')[0]) == (2, False)
    assert "First response" in earlier
    assert ended(anna.get(f"{path}?after={last}").content.decode()) == 2, (
        "as a page of its own without scripts"
    )
    assert by(world.carla).get(path).status_code == 403


def test_a_ticket_without_a_policy_says_so(world, policy, anna):
    ticket = world.ticket(team=world.first_line, requester=world.peter)
    page = page_of(anna, ticket)
    assert "no SLA policy fits this ticket" in page
    why = anna.part(f"/tickets/{ticket.pk}/clocks/why/").content.decode()
    assert "No SLA policy fits" in why


def test_why_these_times_names_policy_condition_and_calendar(world, ticket, anna, maria):
    why = anna.part(f"/tickets/{ticket.pk}/clocks/why/").content.decode()
    for words in ("Gold first", "version 1", "Tier", "Gold", "holds", "First response", "4 h"):
        assert words in why
    assert "/settings/sla/" not in why, "agents do not edit policies"
    assert "/settings/sla/" in maria.part(f"/tickets/{ticket.pk}/clocks/why/").content.decode()


def test_a_clock_of_months_tells_how_much_was_worked(world, policy, anna):
    """Cut at each evening it would be hundreds of pieces, of which nobody could tell one from another."""
    targets = {"resolution": target(80, business=True, pauses=["pending"])}
    sla.save_policy(
        policy.pk, name="Gold first", conditions=policy.current.conditions, calendar=None, targets=targets,
        actor=world.as_anna,
    )  # fmt: skip
    world.vera.organization = world.organization
    world.vera.save()
    now = datetime(2026, 6, 1, 9, tzinfo=UTC)
    with clock.telling(now - timedelta(days=84)):
        ticket = world.ticket(team=world.first_line)
    with clock.telling(now - timedelta(days=28)):
        commands.set_status(ticket.pk, status=world.status(Category.PENDING), actor=world.as_anna)
    with clock.telling(now - timedelta(days=21)):
        world.receive(ticket, "Ну что там?")
    with clock.telling(now):
        [shown] = clocks.of_ticket(ticket, [])
        pieces = shown.pieces
    assert [piece.counted for piece in pieces] == [True, False, True]
    assert pieces[0].words.startswith("Counted: ")
    assert pieces[0].words.endswith(" h of working time")
    assert pieces[1].words == "Paused: pending"
    hours = [int(pieces[at].words.split()[1]) for at in (0, 2)]
    assert hours == [8 * 45, 3 * 45]


def test_a_row_stays_as_it_was_drawn_while_people_work(world, policy):
    """What a countdown knows of the days to come changes once a day, not with every second of work."""
    targets = {"resolution": target(80, business=True)}
    sla.save_policy(
        policy.pk, name="Gold first", conditions=policy.current.conditions, calendar=None, targets=targets,
        actor=world.as_anna,
    )  # fmt: skip
    world.vera.organization = world.organization
    world.vera.save()
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


def test_clocks_cost_the_same_however_many(world, ticket, anna):
    anna.get("/healthz")

    def asked():
        world.reply(ticket)
        world.receive(ticket, "Ещё вопрос")
        with CaptureQueriesContext(connection) as queries:
            anna.get(f"/tickets/{ticket.pk}/")
        return len(queries)

    one = asked()
    asked()
    assert asked() == one


# --- due by hand ----------------------------------------------------------------


def due(**more):
    at = (clock.now() + timedelta(hours=9)).isoformat()
    return {
        "target": "first_response",
        "ordinal": 0,
        "due_at": at,
        "reason": "Договорились по телефону",
        **more,
    }


def test_a_due_time_by_hand_and_back(ticket, anna):
    answer = anna.send(f"/tickets/{ticket.pk}/clocks/due/", due())
    assert "The due time is set." in answer.content.decode()
    row = Clock.objects.get(target="first_response")
    assert row.due_by_hand
    page = page_of(anna, ticket)
    assert "by hand" in page
    assert "Договорились по телефону" in page
    anna.send(f"/tickets/{ticket.pk}/clocks/due/", {"target": "first_response", "ordinal": 0, "back": "1"})
    row.refresh_from_db()
    assert not row.due_by_hand


def test_the_time_is_meant_where_the_reader_is(ticket, anna):
    day = (clock.now() + timedelta(days=2)).date()
    anna.send(f"/tickets/{ticket.pk}/clocks/due/", due(due_at=f"{day}T15:00", zone="Asia/Tokyo"))
    assert Clock.objects.get(target="first_response").due_at.strftime("%H:%M") == "06:00"


@pytest.mark.parametrize(
    "more",
    [
        {"reason": ""},
        {"due_at": ""},
        {"due_at": "tomorrow"},
        {"due_at": "2001-01-01T10:00"},
        {"due_at": "9999-12-31T23:59"},
        {"target": "poem"},
        {"target": "promise"},
        {"target": "next_response"},
        {"ordinal": "-1"},
        {"ordinal": "x"},
    ],
)
def test_what_is_refused_leaves_the_clock_alone(ticket, anna, more):
    assert anna.send(f"/tickets/{ticket.pk}/clocks/due/", due(**more)).status_code == 422
    assert not Clock.objects.filter(due_by_hand=True).exists()


# --- promises ----------------------------------------------------------------


def later(**delta):
    return (clock.now() + timedelta(**delta)).isoformat()


def reply(ticket, **more):
    return {
        "kind": "reply",
        "html": "<div>Вернусь</div>",
        "to": "vera@severgrad.example",
        "based_on": ticket.last_public_id,
        "key": "k1",
        **more,
    }


def test_a_promise_goes_with_the_reply_in_one_act(ticket, anna):
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, promise=later(hours=3)))
    assert answer.status_code == 200
    promise = Promise.objects.get()
    assert promise.message == Message.objects.get(ticket=ticket, kind=MessageKind.REPLY)
    assert Clock.objects.get(target="promise").state == "running"
    assert "Withdraw" in page_of(anna, ticket)


@pytest.mark.parametrize("promise", ["soon", "2001-01-01T10:00", "9999-12-31T23:59:59"])
def test_a_promise_that_cannot_be_sends_nothing(ticket, anna, promise):
    answer = anna.send(f"/tickets/{ticket.pk}/messages/", reply(ticket, promise=promise))
    assert answer.status_code == 422
    assert not Promise.objects.exists()
    assert not Message.objects.filter(ticket=ticket, kind=MessageKind.REPLY).exists()


def test_a_note_promises_nothing(ticket, anna):
    anna.send(
        f"/tickets/{ticket.pk}/messages/", {"kind": "note", "html": "<div>x</div>", "promise": later(hours=3)}
    )
    assert not Promise.objects.exists()


def test_a_promise_from_the_side_panel_is_kept_or_withdrawn(ticket, anna):
    for ending, state in (("keeping", "kept"), ("withdrawal", "withdrawn")):
        anna.send(f"/tickets/{ticket.pk}/promises/", {"promise": later(hours=3), "text": "Узнаю на складе"})
        promise = Promise.objects.get(state="open")
        assert "Узнаю на складе" in page_of(anna, ticket)
        assert anna.send(f"/tickets/{ticket.pk}/promises/{promise.pk}/{ending}/").status_code == 200
        promise.refresh_from_db()
        assert promise.state == state


@pytest.mark.parametrize("promise", ["", "x", "2001-01-01T10:00"])
def test_a_promise_needs_a_time_to_come(ticket, anna, promise):
    assert anna.send(f"/tickets/{ticket.pk}/promises/", {"promise": promise}).status_code == 422
    assert not Promise.objects.exists()


def test_the_usual_times_are_working_time(world, ticket, anna, monkeypatch):
    friday = datetime(2026, 3, 6, 12, tzinfo=UTC)  # 15:00 in Moscow, where work ends at 18:00
    monkeypatch.setattr(clock, "now", lambda: friday)
    at = [choice.at.strftime("%a %H:%M") for choice in promising.choices(ticket)]
    assert at == ["Fri 13:00", "Fri 14:00", "Mon 07:00", "Mon 11:00", "Fri 15:00", "Mon 15:00"]
    menu = anna.part(f"/tickets/{ticket.pk}/promises/?composer").content.decode()
    assert "2026-03-06T13:00:00+00:00" in menu
    assert 'data-zone="Europe/Moscow"' in menu
    assert 'name="promise"' not in menu, "in the composer it is sent with the letter"


def test_another_tickets_promise_is_not_found_here(world, ticket, anna):
    other = world.ticket(team=world.first_line)
    promise = sla.make_promise(other.pk, user=world.anna, due_at=clock.now() + timedelta(hours=3))
    assert anna.send(f"/tickets/{ticket.pk}/promises/{promise.pk}/keeping/").status_code == 404
    commands.merge(other.pk, into=ticket.pk, actor=world.as_anna)
    assert anna.send(f"/tickets/{ticket.pk}/promises/{promise.pk}/keeping/").status_code == 200


# --- lists ----------------------------------------------------------------


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


# --- doors ----------------------------------------------------------------


def test_experts_and_others_change_no_clock(world, policy, by, anna):
    ticket = world.ticket(team=world.second_line)
    egor = by(world.egor)
    assert egor.get(f"/tickets/{ticket.pk}/clocks/why/").status_code == 200
    for path, data in (("clocks/due/", due()), ("promises/", {"promise": later(hours=2)})):
        assert egor.send(f"/tickets/{ticket.pk}/{path}", data).status_code == 403
        assert anna.send(f"/tickets/{ticket.pk}/{path}", data).status_code == 404
    assert by(world.carla).get(f"/tickets/{ticket.pk}/clocks/why/").status_code == 403
    assert not Promise.objects.exists()


def test_how_each_address_may_be_asked(ticket, anna, client):
    assert anna.get(f"/tickets/{ticket.pk}/clocks/due/").status_code == 405
    assert anna.get(f"/tickets/{ticket.pk}/promises/1/keeping/").status_code == 405
    assert anna.get(f"/tickets/{ticket.pk}/promises/1/withdrawal/").status_code == 405
    assert anna.send(f"/tickets/{ticket.pk}/clocks/why/").status_code == 405
    assert "<html" in anna.get(f"/tickets/{ticket.pk}/promises/").content.decode()
    assert client.get(f"/tickets/{ticket.pk}/promises/").status_code == 302


def test_reading_writes_nothing(world, ticket, anna):
    side = beside(ticket, world.anna)
    assert [entry["kind"] for entry in side["clock_news"]] == ["sla_policy_applied"]
    before = Clock.objects.count()
    for path in ("", "clocks/why/", "promises/", "promises/?composer"):
        anna.get(f"/tickets/{ticket.pk}/{path}")
    assert Clock.objects.count() == before
