"""Clocks on the ticket, due times by hand, promises."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from common import clock
from desk import clocks, promising
from desk.beside import beside
from sla import commands as sla
from sla.models import Clock, Promise
from tests.desk.gold import HOUR, gold_policy, gold_ticket, in_working_time, page_of  # noqa: F401  # fixtures
from tickets import commands
from tickets.models import Category, Message, MessageKind

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
    in_working_time(world, policy, pauses=["pending"])
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
