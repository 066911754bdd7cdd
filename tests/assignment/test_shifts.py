"""The end of a shift, once, whatever happens meanwhile."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from journal.models import Entry
from people.commands import shifts as plans
from people.models import Membership
from routing import reopening, waiting
from routing import shifts as routing_shifts
from routing.assignment import assign_by_strategy
from routing.models import ShiftEnd, Waiting
from routing.shifts import watch
from tests.assignment.cast import LEAD, RULE, agents, at, away, holder, make_calendar, works
from tests.world import make_world
from tickets import commands
from tickets.models import Category, Ticket


def policy(team, **fields):
    for name, value in fields.items():
        setattr(team, name, value)
    team.save()


def digests(user=None):
    rows = Entry.objects.filter(kind="shift_digest").order_by("pk")
    return [entry.event for entry in (rows.filter(stream_id=user.pk) if user else rows)]


@pytest.fixture
def day():
    return make_calendar("Day", 9, 13, 14, 18)


@pytest.fixture
def late():
    return make_calendar("Late", 14, 22)


@pytest.fixture
def crew(world, team, day, late, it_is):
    """Rita works days, Lena late, Kirill leads and is always there but takes nothing; Monday noon."""
    rita, lena, kirill = agents(3, team, prefix="rita")
    works(rita, day)
    works(lena, late)
    plans.set_available(kirill.pk, available=False, actor=LEAD)
    Membership.objects.filter(user=kirill).update(is_lead=True)
    it_is("03-02 12:00")
    watch()  # what ended last week
    return rita, lena, kirill


@pytest.fixture
def held(world, team, crew):
    """Three tickets of Rita's: the second is urgent, the third waits for the customer."""
    rita = crew[0]
    tickets = [world.ticket(team=team, assignee=rita, priority=priority) for priority in (2, 4, 2)]
    commands.set_status(tickets[2].pk, status=world.status(Category.PENDING), actor=LEAD)
    return tickets


def test_lunch_is_no_end(team, crew, held, it_is):
    policy(team, shift_end="queue")
    it_is("03-02 13:30")
    assert watch() == 0
    assert holder(held[0]) == crew[0]


@pytest.mark.parametrize("when", ["18:00", "21:59"])
def test_handed_over_to_who_is_on_shift_with_a_digest(team, crew, held, it_is, when):
    rita, lena, _kirill = crew
    policy(team, shift_end="hand_over")
    it_is("03-02 17:59")
    assert watch() == 0
    it_is(f"03-02 {when}")
    assert watch() == 1
    assert [holder(ticket) for ticket in held] == [lena, lena, rita]
    (digest,) = digests()
    assert (digest.user_id, digest.from_user_id, digest.team_id) == (lena.pk, rita.pk, team.pk)
    assert digest.received == [held[1].pk, held[0].pk]
    assert (digest.queued, digest.kept) == ([], [])
    assert digest.ended_at == "2026-03-02T18:00:00+00:00"
    entry = Entry.objects.filter(kind="ticket_assigned", stream_id=held[0].pk).get()
    assert entry.actor.name == "assignment:shift"


def test_back_to_the_queue_and_out_of_it_in_order(team, crew, held, it_is):
    rita, lena, kirill = crew
    policy(team, shift_end="queue")
    it_is("03-02 18:00")
    assert watch() == 1
    assert [holder(ticket) for ticket in held] == [None, None, rita]
    (digest,) = digests()
    assert (digest.user_id, digest.queued) == (kirill.pk, [held[1].pk, held[0].pk])
    assert waiting.drain() == 2
    assert holder(held[0]) == lena


def test_kept_and_the_leads_know(team, crew, held, it_is):
    rita, _lena, kirill = crew
    it_is("03-02 18:00")
    assert watch() == 1
    assert [holder(ticket) for ticket in held] == [rita] * 3
    (digest,) = digests(kirill)
    assert digest.kept == [held[1].pk, held[0].pk]


def test_without_leads_those_on_shift_are_told(team, crew, held, it_is):
    Membership.objects.filter(team=team).update(is_lead=False)
    it_is("03-02 18:00")
    watch()
    assert {digest.user_id for digest in digests()} == {crew[1].pk, crew[2].pk}


def test_a_team_that_does_not_share_out_still_hands_over(team, crew, held, it_is):
    policy(team, shift_end="hand_over", strategy="none")
    it_is("03-02 18:00")
    watch()
    assert holder(held[0]) == crew[1]


def test_each_end_is_dealt_with_once(world, team, crew, held, it_is):
    rita, _lena, _kirill = crew
    policy(team, shift_end="queue")
    it_is("03-02 18:00")
    assert [watch(), watch()] == [1, 0]
    commands.assign(held[0].pk, to=rita, actor=LEAD)  # somebody means it
    it_is("03-02 18:01")
    assert watch() == 0
    assert holder(held[0]) == rita
    it_is("03-03 18:00")
    assert watch() == 1
    assert holder(held[0]) is None


def test_who_had_nothing_is_asked_nothing_later(world, team, crew, it_is):
    policy(team, shift_end="queue")
    it_is("03-02 18:00")
    assert watch() == 1
    ticket = world.ticket(team=team, assignee=crew[0])
    it_is("03-02 20:00")
    assert watch() == 0
    assert holder(ticket) == crew[0]
    assert digests() == []


def test_a_shift_planned_afterwards_did_not_end(world, team, day, it_is):
    (rita,) = agents(1, team)
    policy(team, shift_end="queue")
    ticket = world.ticket(team=team, assignee=rita)
    it_is("03-02 20:00")
    works(rita, day, at=at("03-02 19:59"))
    assert watch() == 0
    it_is("03-03 18:00")
    assert watch() == 1
    assert holder(ticket) is None


def test_falling_ill_is_an_end_also_told_late_and_without_shifts(world, team, it_is):
    ill, here = agents(2, team)
    policy(team, shift_end="hand_over")
    it_is("03-02 11:00")
    ticket = world.ticket(team=team, assignee=ill)
    away(ill, at("03-02 09:00"), timedelta(days=3))
    assert watch() == 1
    assert holder(ticket) == here
    assert ShiftEnd.objects.get().ended_at == at("03-02 09:00")
    it_is("03-02 15:00")
    assert watch() == 0


def test_what_moved_or_vanished_meanwhile_is_left_alone(world, team, crew, it_is):
    rita, lena, _kirill = crew
    policy(team, shift_end="queue")
    spam, solved, snoozed, elsewhere, merged = (world.ticket(team=team, assignee=rita) for _ in range(5))
    commands.mark_spam(spam.pk, actor=LEAD)
    commands.set_status(solved.pk, status=world.status(Category.RESOLVED), actor=LEAD)
    commands.snooze(snoozed.pk, until=at("03-04 00:00"), actor=LEAD)
    commands.merge(merged.pk, into=world.ticket(assignee=lena).pk, actor=LEAD)
    it_is("03-02 18:00")
    real, seen = routing_shifts._pass_on, []

    def meanwhile(end_id, ticket_id):
        if not seen:
            commands.assign(elsewhere.pk, to=lena, actor=LEAD)
        seen.append(ticket_id)
        return real(end_id, ticket_id)

    routing_shifts._pass_on, restore = meanwhile, real
    try:
        assert watch() == 1
    finally:
        routing_shifts._pass_on = restore
    assert seen == [elsewhere.pk]
    assert holder(elsewhere) == lena
    assert [holder(ticket) for ticket in (spam, solved, snoozed, merged)] == [rita] * 4
    assert ShiftEnd.objects.get(user=rita).outcomes == []


def test_a_worker_that_dies_leaves_the_rest_to_the_next(team, crew, held, it_is, monkeypatch):
    policy(team, shift_end="hand_over")
    real, seen = routing_shifts._pass_on, []

    class Died(BaseException):
        pass

    def die(end_id, ticket_id):
        if seen:
            raise Died
        seen.append(ticket_id)
        return real(end_id, ticket_id)

    it_is("03-02 18:00")
    with monkeypatch.context() as patch, pytest.raises(Died):
        patch.setattr(routing_shifts, "_pass_on", die)
        watch()
    assert [holder(ticket) for ticket in held[:2]] == [crew[0], crew[1]]
    it_is("03-02 18:01")
    assert watch() == 0  # its lease
    it_is("03-02 18:03")
    assert watch() == 1
    assert holder(held[0]) == crew[1]
    assert digests()[0].received == [held[1].pk, held[0].pk]


def test_one_that_fails_is_tried_again_and_the_others_go(team, crew, held, it_is, monkeypatch):
    policy(team, shift_end="hand_over")
    real = routing_shifts._pass_on

    def fail(end_id, ticket_id):
        if ticket_id == held[1].pk:
            raise RuntimeError("broken")
        return real(end_id, ticket_id)

    it_is("03-02 18:00")
    with monkeypatch.context() as patch:
        patch.setattr(routing_shifts, "_pass_on", fail)
        assert watch() == 0
    assert [holder(ticket) for ticket in held[:2]] == [crew[1], crew[0]]
    it_is("03-02 18:03")
    assert watch() == 1
    assert holder(held[1]) == crew[1]
    assert len(digests()) == 1


def test_skills_asked_for_before_are_asked_for_again(world, team, crew, it_is):
    policy(team, shift_end="hand_over")
    rita, _lena, _kirill = crew
    rita.spoken = ["de"]
    rita.save()
    ticket = world.ticket(team=team)
    assert assign_by_strategy(ticket.pk, language="de", actor=RULE) == rita
    it_is("03-02 18:00")
    watch()
    assert holder(ticket) is None
    assert Waiting.objects.get().reason == Waiting.Reason.SKILLS


# --- round the earth ----------------------------------------------------------------------------


@pytest.fixture
def earth(world, team, it_is):
    """Moscow hands over to New York, New York to Sydney, Sydney to Moscow; Monday noon in Moscow."""
    from people.models import Team

    zones = {"Moscow": "Europe/Moscow", "New York": "America/New_York", "Sydney": "Australia/Sydney"}
    teams = [Team.objects.create(name=name, shift_end="hand_over") for name in zones]
    people = []
    for index, (one, zone) in enumerate(zip(teams, zones.values(), strict=True)):
        policy(one, hands_over_to=teams[(index + 1) % 3])
        people += agents(1, one, prefix=one.name.split()[0].lower())
        works(people[-1], make_calendar(one.name, 9, 18, zone=zone))
    it_is("03-02 09:00")
    return teams, people


def test_work_follows_the_sun(world, earth, it_is):
    """18:00 in Moscow is 10:00 in New York; 18:00 there is 10:00 on Tuesday in Sydney, and so on."""
    teams, people = earth
    ticket = world.ticket(team=teams[0])
    assert assign_by_strategy(ticket.pk, actor=RULE) == people[0]
    for when, index in (("03-02 15:00", 1), ("03-02 23:00", 2), ("03-03 07:00", 0)):
        it_is(when)
        assert watch() >= 1
        ticket.refresh_from_db()
        assert (ticket.assignee, ticket.team) == (people[index], teams[index])
    assert [digest.user_id for digest in digests()] == [people[1].pk, people[2].pk, people[0].pk]


def test_what_waits_follows_the_sun_too(world, earth, it_is):
    teams, people = earth
    it_is("03-02 16:00")
    watch()
    ticket = world.ticket(team=teams[0])
    assert assign_by_strategy(ticket.pk, actor=RULE) is None
    watch()
    assert waiting.drain() == 1
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.team) == (people[1], teams[1])


def test_on_a_weekend_nobody_takes_over_and_it_waits_at_home(world, earth, it_is):
    teams, people = earth
    it_is("03-06 09:00")
    ticket = world.ticket(team=teams[0], assignee=people[0])
    for user in people[1:]:
        away(user, at("03-06 10:00"), timedelta(days=1))
    it_is("03-06 15:00")
    watch()
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.team) == (None, teams[0])
    it_is("03-09 06:00")
    assert waiting.drain() == 1
    assert holder(ticket) == people[0]


def test_who_is_full_over_there_lets_it_wait_over_there(world, earth, it_is):
    teams, people = earth
    people[1].capacity = {"email": 1}
    people[1].save()
    world.ticket(team=teams[1], assignee=people[1])
    ticket = world.ticket(team=teams[0], assignee=people[0])
    it_is("03-02 15:00")
    watch()
    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.team) == (None, teams[1])
    assert Waiting.objects.get(ticket=ticket).reason == Waiting.Reason.FULL


def test_a_pending_ticket_finds_a_new_assignee_when_the_customer_answers_at_night(
    world, team, crew, held, it_is
):
    policy(team, shift_end="hand_over")
    it_is("03-02 18:00")
    watch()
    assert holder(held[2]) == crew[0]
    world.receive(held[2], "Вот фото")
    reopening.came_back(held[2].pk, reopened=False)
    assert holder(held[2]) == crew[1]


def test_watching_costs_a_fixed_number_of_queries(world, team, day, it_is, django_assert_num_queries):
    for user in agents(20, team):
        works(user, day)
    it_is("03-02 12:00")
    watch()
    it_is("03-02 12:01")
    with django_assert_num_queries(7):
        assert watch() == 0


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_deal_with_an_end_once(transactional_db, it_is):
    world = make_world()
    team = world.first_line
    policy(team, shift_end="hand_over")
    rita, lena = agents(2, team)
    Membership.objects.filter(user=world.anna).delete()
    it_is("03-02 12:00")
    works(rita, make_calendar("Day", 9, 18))
    tickets = [world.ticket(team=team, assignee=rita) for _ in range(12)]
    it_is("03-02 18:00")
    ready = threading.Barrier(4)

    def run(_index):
        try:
            ready.wait(timeout=60)
            return watch()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(run, range(4)))

    assert sum(done) == 1
    assert Ticket.objects.filter(assignee=lena).count() == len(tickets)
    moves = Entry.objects.filter(kind="ticket_assigned")
    assert moves.count() == len(tickets)
    assert len(digests()) == 1
    assert sorted(digests()[0].received) == [ticket.pk for ticket in tickets]
