"""One ticket, one team: who gets it, what waits, who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from common import clock
from journal.models import Entry
from people.commands import shifts, users
from people.commands.skills import save_skill
from people.models import Membership, Role
from routing.assignment import assign_by_strategy
from routing.models import Rotation, Waiting
from tests.assignment.cast import LEAD, RULE, agents, at, away, holder, make_calendar, reason, works
from tickets import commands
from tickets.models import Category

NOW = at("03-02 10:00")


def give(ticket, **given):
    return assign_by_strategy(ticket.pk, actor=RULE, **given)


def notices():
    return list(Entry.objects.filter(kind="notice_requested").order_by("pk"))


def test_the_teams_strategy_finds_somebody_and_the_journal_says_who_did_it(world, team):
    (rita,) = agents(1, team)
    ticket = world.ticket(team=team)

    assert give(ticket) == rita

    assert holder(ticket) == rita
    entry = Entry.objects.get(kind="ticket_assigned")
    assert (entry.data["new_assignee_id"], entry.actor) == (rita.pk, RULE)
    assert (Rotation.objects.get().turn, Rotation.objects.get().count) == (1, 1)


def test_asking_twice_changes_nothing(world, team):
    agents(2, team)
    ticket = world.ticket(team=team)
    assert give(ticket) == give(ticket)
    assert Entry.objects.filter(kind="ticket_assigned").count() == 1


@pytest.mark.parametrize("strategy", ["round_robin", "least_loaded", "weighted"])
def test_a_round_is_fair_to_within_one_ticket(world, team, strategy):
    people = agents(3, team)
    got = [give(world.ticket(team=team), strategy=strategy) for _ in range(8)]
    counts = sorted(got.count(user) for user in people)
    assert counts == [2, 3, 3]
    assert got[:3] == people


def test_a_rule_may_give_it_to_another_team(world, team):
    (rita,) = agents(1, world.second_line, prefix="rita")
    Membership.objects.filter(user=world.boris).delete()
    ticket = world.ticket(team=team)
    assert give(ticket, team=world.second_line) == rita
    ticket.refresh_from_db()
    assert ticket.team == world.second_line


def test_whoever_has_it_and_is_of_the_team_keeps_it(world, team):
    rita, boris = agents(2, team)
    ticket = world.ticket(team=team, assignee=boris)
    assert give(ticket) == boris
    other = world.ticket(team=team, assignee=world.boris)
    assert give(other) == rita


def test_experts_customers_and_those_who_left_get_nothing(world, team):
    expert, gone, unavailable = agents(3, team)
    users.change_user(expert.pk, actor=LEAD, role=Role.EXPERT)
    users.change_user(gone.pk, actor=LEAD, is_active=False)
    shifts.set_available(unavailable.pk, available=False, actor=LEAD)
    ticket = world.ticket(team=team)
    assert give(ticket) is None
    assert reason(ticket) == Waiting.Reason.AWAY


def test_absent_people_and_those_out_of_shift_get_nothing(world, team):
    sick, late, here = agents(3, team)
    away(sick, NOW - timedelta(hours=1), timedelta(days=1))
    works(late, make_calendar("Late", 14, 22))
    works(here, make_calendar("Early", 6, 14))
    tickets = [world.ticket(team=team, at=NOW) for _ in range(3)]
    assert {give(ticket, at=NOW) for ticket in tickets} == {here}


def test_nobody_gets_more_than_their_capacity(world, team):
    (rita,) = agents(1, team, capacity={"email": 2})
    tickets = [world.ticket(team=team) for _ in range(3)]
    assert [give(ticket) for ticket in tickets] == [rita, rita, None]
    assert reason(tickets[2]) == Waiting.Reason.FULL


def test_pending_snoozed_and_hidden_tickets_are_no_load(world, team):
    (rita,) = agents(1, team, capacity={"email": 1})
    pending, snoozed, spam, last = (world.ticket(team=team, assignee=rita) for _ in range(4))
    commands.set_status(pending.pk, status=world.status(Category.PENDING), actor=LEAD)
    commands.snooze(snoozed.pk, until=clock.now() + timedelta(days=1), actor=LEAD)
    commands.mark_spam(spam.pk, actor=LEAD)
    assert give(world.ticket(team=team)) is None
    commands.set_status(last.pk, status=world.status(Category.RESOLVED), actor=LEAD)
    assert give(world.ticket(team=team, priority=4)) == rita


def test_skills_and_language_are_asked_for_and_remembered(world, team):
    german, roaster = agents(2, team)
    skill = save_skill(None, actor=LEAD, labels={"en": "Roasting", "ru": "Обжарка"})
    users.change_user(roaster.pk, actor=LEAD, skills=[skill], spoken=["de", "EN"])
    users.change_user(german.pk, actor=LEAD, spoken=["de"])
    ticket = world.ticket(team=team)

    assert give(ticket, skills=[skill.pk], language="de-AT") == roaster

    commands.assign(ticket.pk, to=None, actor=LEAD)
    for _ in range(3):
        assert give(world.ticket(team=team), language="de") in {german, roaster}
    assert give(ticket) == roaster
    other = world.ticket(team=team)
    assert give(other, language="fr") is None
    assert reason(other) == Waiting.Reason.SKILLS


def test_who_names_no_language_speaks_that_of_their_desk(world, team):
    english, russian = agents(2, team)
    users.change_user(russian.pk, actor=LEAD, language="ru")
    assert give(world.ticket(team=team), language="ru") == russian
    assert give(world.ticket(team=team), language="en") == english


@pytest.mark.parametrize("change", ["none", "inactive", "no team", "solved", "spam"])
def test_what_nobody_should_get_does_not_wait(world, team, change):
    agents(1, team)
    ticket = world.ticket(team=None if change == "no team" else team)
    if change == "none":
        team.strategy = "none"
        team.save()
    elif change == "inactive":
        team.is_active = False
        team.save()
    elif change == "solved":
        commands.set_status(ticket.pk, status=world.status(Category.RESOLVED), actor=LEAD)
    elif change == "spam":
        commands.mark_spam(ticket.pk, actor=LEAD)
    assert give(ticket) is None
    assert not Waiting.objects.exists()
    assert notices() == []


def test_leads_are_told_once_in_fifteen_minutes(world, team):
    lead, other_lead = agents(2, team, prefix="lead", is_available=False)
    Membership.objects.filter(team=team).update(is_lead=True)
    first = world.ticket(team=team, at=NOW)
    for minutes in (0, 5, 14.9):
        give(world.ticket(team=team, at=NOW), at=NOW + timedelta(minutes=minutes))
    (notice,) = notices()
    assert notice.data["user_ids"] == sorted([lead.pk, other_lead.pk])
    assert notice.data["notice_kind"] == "nobody_available"
    assert notice.data["data"] == {"team": team.pk, "reason": "away", "waiting": 1}
    give(first, at=NOW + timedelta(minutes=15))
    assert [entry.stream_id for entry in notices()][1:] == [first.pk]


def test_without_leads_managers_are_told(world, team):
    give(world.ticket(team=team))
    assert notices()[0].data["user_ids"] == [world.maria.pk]


def test_outside_of_its_own_calendar_a_team_expects_nobody(world, team):
    team.calendar = make_calendar("Day", 9, 18)
    team.save()
    give(world.ticket(team=team, at=at("03-02 08:00")), at=at("03-02 08:00"))
    assert notices() == []
    give(world.ticket(team=team, at=NOW), at=NOW)
    assert len(notices()) == 1


def test_a_newcomer_does_not_overtake_who_waits(world, team):
    (rita,) = agents(1, team, capacity={"email": 1}, is_available=False)
    early = world.ticket(team=team)
    assert give(early) is None
    rita.is_available = True
    rita.save()

    late, urgent = world.ticket(team=team), world.ticket(team=team, priority=4)

    assert give(late) is None
    assert reason(late) == Waiting.Reason.LINE
    assert give(urgent) == rita


def test_a_newcomer_need_not_wait_behind_what_that_person_cannot_do(world, team):
    (rita,) = agents(1, team)
    assert give(world.ticket(team=team), language="fr") is None
    assert give(world.ticket(team=team)) == rita


def test_an_escalated_ticket_is_found_somebody_of_the_new_line(world, team, drain):
    ticket = world.ticket(team=team, assignee=world.anna)
    commands.escalate(ticket.pk, team=world.second_line, reason="Нужен инженер", actor=world.as_anna)
    drain()
    assert holder(ticket) == world.boris


def test_candidates_are_read_in_a_fixed_number_of_queries(world, team, django_assert_max_num_queries):
    day = make_calendar("Day", 0, 24, days=7)
    for user in agents(15, team):
        works(user, day)
    give(world.ticket(team=team))
    ticket = world.ticket(team=team)
    with django_assert_max_num_queries(26):
        assert give(ticket) is not None
