"""The waiting list: what makes room is heard of, and the right ticket gets it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from common import clock, queue
from people.commands import shifts, teams, users
from people.models import Membership
from routing import hearing, timers, waiting
from routing.assignment import assign_by_strategy
from routing.models import Waiting
from tests.assignment.cast import LEAD, RULE, agents, at, away, holder, make_calendar, reason, works
from tickets import commands
from tickets.models import Category, Ticket


@pytest.fixture
def asked(monkeypatch):
    """How often somebody asked for a drain; nothing is published."""
    calls: list[str] = []
    monkeypatch.setattr(hearing, "ask_on_commit", lambda task, *args: calls.append(task.name))
    return calls


@pytest.fixture
def full(world, team):
    """Rita at her capacity of two, and a ticket that waits."""
    (rita,) = agents(1, team, prefix="rita", capacity={"email": 2})
    held = [world.ticket(team=team) for _ in range(2)]
    waits = world.ticket(team=team)
    for ticket in (*held, waits):
        assign_by_strategy(ticket.pk, actor=RULE)
    assert reason(waits) == Waiting.Reason.FULL
    return rita, held, waits


def test_nothing_is_drained_while_everybody_is_full(full):
    assert waiting.drain() == 0
    assert holder(full[2]) is None


FREEING = {
    "solved": lambda world, ticket: commands.set_status(
        ticket.pk, status=world.status(Category.RESOLVED), actor=LEAD
    ),
    "pending": lambda world, ticket: commands.set_status(
        ticket.pk, status=world.status(Category.PENDING), actor=LEAD
    ),
    "given away": lambda world, ticket: commands.assign(ticket.pk, to=world.boris, actor=LEAD),
    "snoozed": lambda world, ticket: commands.snooze(
        ticket.pk, until=clock.now() + timedelta(days=1), actor=LEAD
    ),
    "spam": lambda world, ticket: commands.mark_spam(ticket.pk, actor=LEAD),
    "deleted": lambda world, ticket: commands.delete(ticket.pk, actor=LEAD),
    "merged": lambda world, ticket: commands.merge(
        ticket.pk, into=world.ticket(assignee=world.boris).pk, actor=LEAD
    ),
}


@pytest.mark.parametrize("how", FREEING)
def test_a_slot_that_frees_is_heard_of_and_taken(world, full, drain, asked, how):
    rita, held, waits = full
    drain()
    asked.clear()
    FREEING[how](world, held[0])
    drain()
    assert asked == [timers.drain_waiting.name] * len(asked) and asked
    assert waiting.drain() == 1
    assert holder(waits) == rita
    assert not Waiting.objects.exists()


COMING = {
    "available": lambda world, team, user: shifts.set_available(user.pk, available=True, actor=LEAD),
    "more capacity": lambda world, team, user: users.change_user(user.pk, actor=LEAD, capacity={"email": 3}),
    "a new member": lambda world, team, user: users.change_user(world.boris.pk, actor=LEAD, teams=[team]),
    "staffed": lambda world, team, user: teams.change_team(
        team.pk, actor=LEAD, name=team.name, is_active=True, members=[user, world.boris]
    ),
    "extra time": lambda world, team, user: shifts.add_extra_time(
        user.pk,
        starts_at=clock.now() - timedelta(hours=1),
        ends_at=clock.now() + timedelta(hours=1),
        actor=LEAD,
    ),
}


@pytest.mark.parametrize("how", COMING)
def test_somebody_who_comes_is_heard_of(world, team, full, drain, asked, how):
    rita, _held, waits = full
    if how in {"available", "extra time"}:  # nobody is full, Rita is not there
        users.change_user(rita.pk, actor=LEAD, capacity={"email": 9})
        if how == "available":
            shifts.set_available(rita.pk, available=False, actor=LEAD)
        else:
            weekday = clock.now().weekday()
            other_day = make_calendar("Other", 0, 1, days=7)
            works(rita, other_day, last=(clock.now() - timedelta(days=9 + weekday)).date())
    drain()
    assert waiting.drain() == 0
    asked.clear()
    COMING[how](world, team, rita)
    drain()
    assert asked
    assert waiting.drain() == 1
    assert holder(waits) is not None


def test_an_absence_that_is_taken_back_is_heard_of(world, team, full, drain, asked):
    rita, held, _waits = full
    commands.assign(held[0].pk, to=None, actor=LEAD)
    absence = away(rita, clock.now() - timedelta(hours=1), timedelta(days=1))
    drain()
    assert waiting.drain() == 0
    asked.clear()
    shifts.remove_absence(absence.pk, actor=LEAD)
    drain()
    assert asked
    assert waiting.drain() == 1


def test_the_beginning_of_a_shift_is_noticed_by_the_sweep(world, team, it_is):
    (rita,) = agents(1, team)
    works(rita, make_calendar("Day", 9, 18))
    it_is("03-02 08:59")
    ticket = world.ticket(team=team)
    assign_by_strategy(ticket.pk, actor=RULE)
    assert waiting.drain() == 0
    it_is("03-02 09:00")
    assert timers.drain_waiting() == 1
    assert holder(ticket) == rita


def test_the_urgent_go_first_then_who_has_waited_longest(world, team):
    (rita,) = agents(1, team, is_available=False, capacity={"email": 3})
    tickets = [world.ticket(team=team, priority=priority) for priority in (2, 2, 4, 1, 3)]
    for minutes, ticket in enumerate(tickets):
        assign_by_strategy(ticket.pk, actor=RULE)
        Waiting.objects.filter(ticket=ticket).update(since=at("03-02 10:00") + timedelta(minutes=minutes))
    shifts.set_available(rita.pk, available=True, actor=LEAD)

    assert waiting.drain() == 3

    got = [index for index, ticket in enumerate(tickets) if holder(ticket) == rita]
    assert got == [0, 2, 4]


def test_what_nobody_can_do_holds_up_nobody(world, team):
    (rita,) = agents(1, team, is_available=False)
    french, plain = world.ticket(team=team, priority=4), world.ticket(team=team)
    assign_by_strategy(french.pk, language="fr", actor=RULE)
    assign_by_strategy(plain.pk, actor=RULE)
    shifts.set_available(rita.pk, available=True, actor=LEAD)
    assert waiting.drain() == 1
    assert (holder(french), holder(plain)) == (None, rita)


@pytest.mark.parametrize("how", ["by hand", "solved"])
def test_what_found_its_end_otherwise_waits_no_longer(world, full, drain, how):
    _rita, _held, waits = full
    if how == "by hand":
        commands.assign(waits.pk, to=world.boris, actor=LEAD)
    else:
        commands.set_status(waits.pk, status=world.status(Category.RESOLVED), actor=LEAD)
    drain()
    assert not Waiting.objects.exists()


@pytest.mark.parametrize("how", ["pending", "snoozed", "spam"])
def test_what_needs_nobody_just_now_keeps_its_place(world, team, full, drain, asked, how):
    rita, _held, waits = full
    since = Waiting.objects.get().since
    FREEING[how](world, waits)
    drain()
    users.change_user(rita.pk, actor=LEAD, capacity={"email": 9})
    assert waiting.drain() == 0
    if how == "pending":
        world.receive(waits, "И ещё вопрос")
    elif how == "snoozed":
        commands.wake(waits.pk, actor=LEAD)
    else:
        commands.unmark_spam(waits.pk, actor=LEAD)
    asked.clear()
    assert Waiting.objects.get().since == since
    drain()
    assert asked
    assert waiting.drain() == 1


def test_what_changes_its_team_waits_for_the_new_one(world, full, drain):
    _rita, _held, waits = full
    commands.set_team(waits.pk, team=world.second_line, actor=LEAD)
    drain()
    assert Waiting.objects.get().team == world.second_line
    assert waiting.drain() == 1
    assert holder(waits) == world.boris
    other = Ticket.objects.exclude(pk=waits.pk).first()
    commands.assign(other.pk, to=None, actor=LEAD)
    commands.set_team(other.pk, team=None, actor=LEAD)
    drain()
    assert not Waiting.objects.exists()


def test_a_team_that_stops_sharing_out_lets_go_of_its_list(world, team, full):
    team.strategy = "none"
    team.save()
    waiting.drain()
    assert not Waiting.objects.exists()
    assert holder(full[2]) is None


def test_an_empty_list_costs_one_query(world, team, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert waiting.drain() == 0


def test_a_long_list_that_nobody_can_take_costs_a_fixed_number(world, team, django_assert_num_queries):
    agents(3, team, capacity={"email": 0})
    for _ in range(12):
        assign_by_strategy(world.ticket(team=team).pk, actor=RULE)
    assert Waiting.objects.count() == 12
    with django_assert_num_queries(9):
        assert waiting.drain() == 0


def test_a_ticket_that_fails_holds_up_no_other(world, team, monkeypatch):
    (rita,) = agents(1, team, is_available=False)
    first, second = world.ticket(team=team), world.ticket(team=team)
    for ticket in (first, second):
        assign_by_strategy(ticket.pk, actor=RULE)
    Membership.objects.filter(user=rita).update(is_lead=True)
    shifts.set_available(rita.pk, available=True, actor=LEAD)
    real = waiting.place

    def place(ticket, *args, **given):
        if ticket.pk == first.pk:
            raise RuntimeError("broken")
        return real(ticket, *args, **given)

    monkeypatch.setattr(waiting, "place", place)
    assert waiting.drain() == 1
    assert holder(second) == rita


@pytest.mark.django_db(transaction=True)
def test_asking_for_a_drain_happens_with_the_commit_of_what_waits(world, team, monkeypatch):
    published = []
    monkeypatch.setattr(queue, "ask", lambda task, *args: published.append(task.name))
    assign_by_strategy(world.ticket(team=team).pk, actor=RULE)
    assert timers.drain_waiting.name in published
    assert not connection.in_atomic_block
