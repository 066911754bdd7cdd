"""A ticket that comes back: its assignee's, or whoever is next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import clock
from journal.models import Entry
from people.commands import shifts, users
from routing.assignment import assign_by_strategy
from routing.models import Waiting
from tests.assignment.cast import LEAD, RULE, agents, away, holder, reason
from tickets import commands
from tickets.models import Category


@pytest.fixture
def solved(world, team):
    """Rita's ticket, solved; Boris is there too."""
    rita, other = agents(2, team)
    ticket = world.ticket(team=team)
    assert assign_by_strategy(ticket.pk, actor=RULE) == rita
    commands.set_status(ticket.pk, status=world.status(Category.RESOLVED), actor=LEAD)
    return ticket, rita, other


def policy(team, name):
    team.on_reopen = name
    team.save()


@pytest.mark.parametrize(
    ("on_reopen", "rita_is", "to"),
    [
        ("keep", "there", "rita"),
        ("keep", "switched off", "rita"),
        ("keep", "absent", "rita"),
        ("keep", "left", "other"),
        ("if_available", "there", "rita"),
        ("if_available", "switched off", "other"),
        ("if_available", "absent", "other"),
        ("if_available", "left", "other"),
        ("queue", "there", "other"),
        ("queue", "absent", "other"),
    ],
)
def test_the_team_decides_whose_a_reopened_ticket_is(world, team, solved, drain, on_reopen, rita_is, to):
    ticket, rita, other = solved
    policy(team, on_reopen)
    if rita_is == "switched off":
        shifts.set_available(rita.pk, available=False, actor=LEAD)
    elif rita_is == "absent":
        away(rita, clock.now() - timedelta(hours=1), timedelta(days=2))
    elif rita_is == "left":
        users.change_user(rita.pk, actor=LEAD, is_active=False)
    world.receive(ticket, "Опять не работает")
    drain()
    assert holder(ticket) == {"rita": rita, "other": other}[to]


def test_a_thank_you_reopens_nothing_and_changes_no_hands(world, team, solved, drain):
    ticket, rita, _other = solved
    policy(team, "queue")
    world.receive(ticket, "Спасибо!")
    drain()
    assert holder(ticket) == rita


def test_with_nobody_there_it_waits(world, team, solved, drain):
    ticket, rita, other = solved
    for user in (rita, other):
        shifts.set_available(user.pk, available=False, actor=LEAD)
    world.receive(ticket, "Опять не работает")
    drain()
    assert holder(ticket) is None
    assert reason(ticket) == Waiting.Reason.AWAY


@pytest.mark.parametrize("asleep", ["pending", "snoozed", "woken"])
def test_a_conversation_changes_hands_only_when_its_assignee_has_gone_home(world, team, drain, asleep):
    rita, other = agents(2, team)
    policy(team, "queue")
    here, gone = world.ticket(team=team, assignee=rita), world.ticket(team=team, assignee=rita)
    for ticket in (here, gone):
        if asleep == "pending":
            commands.set_status(ticket.pk, status=world.status(Category.PENDING), actor=LEAD)
        else:
            commands.snooze(ticket.pk, until=clock.now() + timedelta(days=1), actor=LEAD)

    def comes_back(ticket):
        if asleep == "woken":
            commands.wake(ticket.pk, actor=LEAD)
        else:
            world.receive(ticket, "Вот номер заказа")
        drain()

    shifts.set_available(rita.pk, available=False, actor=LEAD)  # away from the desk, not gone
    comes_back(here)
    assert holder(here) == rita
    away(rita, clock.now() - timedelta(hours=1), timedelta(days=2))
    comes_back(gone)
    assert holder(gone) == other


@pytest.mark.parametrize("says_so", [True, False])
def test_a_message_that_wakes_a_ticket_says_so_and_older_ones_did_not(world, team, drain, says_so):
    rita, other = agents(2, team)
    policy(team, "queue")
    ticket = world.ticket(team=team, assignee=rita)
    commands.snooze(ticket.pk, until=clock.now() + timedelta(days=1), actor=LEAD)
    drain()
    away(rita, clock.now() - timedelta(hours=1), timedelta(days=2))
    world.receive(ticket, "Вот номер заказа")
    entry = Entry.objects.filter(kind="message_received").latest("pk")
    assert entry.data["woke"] is True
    if not says_so:
        del entry.data["woke"]
        entry.save()
    drain()
    assert holder(ticket) == other


def test_only_what_wakes_says_so(world, team, drain):
    ticket = world.ticket(team=team)
    side = commands.open_side_thread(ticket.pk, contact=world.peter, subject="?", user=world.anna)
    commands.snooze(ticket.pk, until=clock.now() + timedelta(days=1), actor=LEAD)
    world.receive(ticket, "Ответ со стороны", contact=world.peter, side_thread=side)
    world.receive(ticket, "Ну что?")
    world.receive(ticket, "Ау?")
    rows = Entry.objects.filter(kind="message_received", stream_id=ticket.pk).order_by("sequence")
    assert [entry.data["woke"] for entry in rows] == [False, False, True, False]


def test_another_message_to_an_open_ticket_changes_no_hands(world, team, drain):
    rita, _other = agents(2, team)
    ticket = world.ticket(team=team, assignee=rita)
    away(rita, clock.now() - timedelta(hours=1), timedelta(days=2))
    world.receive(ticket, "Вы здесь?")
    drain()
    assert holder(ticket) == rita
