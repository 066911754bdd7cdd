"""Who got how much, and the tickets behind each figure."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from people.commands import shifts
from people.models import Membership
from routing.assignment import assign_by_strategy
from routing.fairness import assigned_ids, available_time, fairness, load_ids
from tests.assignment.cast import LEAD, RULE, agents, at, away, make_calendar, works
from tickets import commands
from tickets.models import Category, Ticket

FROM, UNTIL = at("03-02 00:00"), at("03-03 00:00")


def lines(team, start=FROM, end=UNTIL):
    return {line.user_id: line for line in fairness(team, start, end)}


def test_each_count_is_its_tickets(world, team, it_is):
    rita, boris = agents(2, team)
    it_is("03-02 10:00")
    mine = [world.ticket(team=team, at=at("03-02 10:00")) for _ in range(6)]
    for ticket in mine[:3]:
        assign_by_strategy(ticket.pk, strategy="round_robin", actor=RULE)
    commands.assign(mine[3].pk, to=rita, actor=world.as_anna)
    commands.assign(mine[0].pk, to=boris, actor=world.as_anna)
    commands.assign(mine[0].pk, to=rita, actor=world.as_anna)  # the same ticket again, by hand now
    opened = world.ticket(team=team, assignee=rita, at=at("03-02 10:00"))
    commands.mark_spam(mine[2].pk, actor=LEAD)
    Ticket.objects.filter(pk=mine[1].pk).update(is_test=True)
    it_is("03-03 10:00")
    assign_by_strategy(mine[5].pk, actor=RULE)  # the day after
    found = lines(team)

    assert assigned_ids(team, rita.pk, FROM, UNTIL, automatic=True) == [mine[0].pk, opened.pk]
    assert assigned_ids(team, rita.pk, FROM, UNTIL, automatic=False) == [mine[0].pk, mine[3].pk]
    assert assigned_ids(team, boris.pk, FROM, UNTIL, automatic=True) == []
    assert assigned_ids(team, boris.pk, FROM, UNTIL, automatic=False) == [mine[0].pk]
    for user in (rita, boris):
        for automatic in (True, False):
            ids = assigned_ids(team, user.pk, FROM, UNTIL, automatic=automatic)
            line = found[user.pk]
            assert len(ids) == (line.automatic if automatic else line.by_hand)


def test_load_is_of_all_teams_and_a_share_of_capacity(world, team):
    (rita,) = agents(1, team, world.second_line, capacity={"email": 8})
    a, b, c = (world.ticket(team=one, assignee=rita) for one in (team, world.second_line, team))
    commands.set_status(c.pk, status=world.status(Category.PENDING), actor=LEAD)
    line = lines(team)[rita.pk]
    assert (line.load, line.share) == (2, Fraction(1, 4))
    assert load_ids(rita.pk) == [a.pk, b.pk]


def test_time_available_is_shift_without_absence_with_the_switch_on(world, team, it_is):
    (rita,) = agents(1, team)
    works(rita, make_calendar("Day", 9, 13, 14, 18))
    for when, available in (("03-02 10:00", False), ("03-02 11:30", True), ("03-02 17:00", False)):
        it_is(when)
        shifts.set_available(rita.pk, available=available, actor=LEAD)
    away(rita, at("03-02 14:00"), timedelta(hours=1))
    it_is("03-05 00:00")
    # 9–10, 11:30–13, 15–17; on Tuesday she has not switched it on again
    assert available_time([rita], FROM, UNTIL)[rita.pk] == timedelta(hours=4, minutes=30)
    assert available_time([rita], FROM, at("03-04 00:00"))[rita.pk] == timedelta(hours=4, minutes=30)
    assert available_time([rita], at("03-01 00:00"), at("03-02 10:30"))[rita.pk] == timedelta(hours=1)
    assert lines(team)[rita.pk].available == timedelta(hours=4, minutes=30)


def test_a_switch_turned_later_says_how_it_stood_before(world, team, it_is):
    (rita,) = agents(1, team)
    it_is("03-04 00:00")
    shifts.set_available(rita.pk, available=False, actor=LEAD)
    rita.refresh_from_db()
    assert available_time([rita], FROM, UNTIL)[rita.pk] == timedelta(days=1)


def test_the_future_is_no_time_yet(world, team, it_is):
    agents(1, team)
    it_is("03-02 06:00")
    (line,) = fairness(team, FROM, UNTIL)
    assert line.available == timedelta(hours=6)
    assert line.per_hour == 0
    it_is("03-01 06:00")
    (line,) = fairness(team, FROM, UNTIL)
    assert (line.available, line.per_hour) == (timedelta(0), None)


def test_who_has_left_the_team_is_still_in_its_figures(world, team, it_is):
    rita, boris = agents(2, team)
    it_is("03-02 10:00")
    ticket = world.ticket(team=team, at=at("03-02 10:00"))
    assign_by_strategy(ticket.pk, strategy="round_robin", actor=RULE)
    Membership.objects.filter(user=rita).delete()
    found = lines(team)
    assert (found[rita.pk].is_member, found[rita.pk].automatic) == (False, 1)
    assert found[boris.pk].is_member


def test_any_number_of_people_costs_the_same_queries(world, team, it_is, django_assert_num_queries):
    day = make_calendar("Day", 9, 18)
    it_is("03-02 10:00")
    for number, user in enumerate(agents(9, team)):
        works(user, day)
        world.ticket(team=team, assignee=user, at=at("03-02 10:00"))
        if number == 0:
            fairness(team, FROM, UNTIL)
            with django_assert_num_queries(8):
                fairness(team, FROM, UNTIL)
    with django_assert_num_queries(8):
        assert len(fairness(team, FROM, UNTIL)) == 9
