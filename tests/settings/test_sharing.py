"""The waiting list and the fairness report: what they say, and what is behind each figure."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse

from common import clock
from journal.actor import Actor
from people.commands import shifts
from people.commands.skills import save_skill
from people.commands.users import change_user
from routing.assignment import assign_by_strategy
from routing.models import Waiting
from tickets import commands

RULE = Actor.system("rule:1")


@pytest.fixture
def maria(world, by):
    """The manager's browser."""
    return by(world.maria)


def words(answer):
    return answer.content.decode()


def hand_out(ticket, **asked):
    with transaction.atomic():
        return assign_by_strategy(ticket.pk, actor=RULE, **asked)


def test_nobody_waits(maria, world):
    assert "Nobody waits" in words(maria.get(reverse("waiting")))


def test_the_list_says_who_waits_and_why(maria, world):
    actor = Actor.user(world.oleg)
    skill = save_skill(None, actor=actor, labels={"en": "Coffee"})
    ticket = world.ticket(subject="Нужен бариста", team=world.first_line)
    assert hand_out(ticket, skills=[skill.pk], language="de") is None
    page = words(maria.get(reverse("waiting")))
    for shown in (
        "Нужен бариста",
        "First line",
        "Coffee",
        "German",
        "Nobody at work has the skills",
        "lacks a skill",
    ):
        assert shown in page
    assert reverse("ticket", args=[ticket.pk]) in page
    change_user(world.anna.pk, actor=actor, skills=[skill], spoken=["de"], capacity={"email": 0})
    assert "full: " in words(maria.get(reverse("waiting")))
    shifts.set_available(world.anna.pk, available=False, actor=actor)
    assert "takes no new tickets" in words(maria.get(reverse("waiting")))


def test_the_list_is_in_the_order_it_is_served(maria, world):
    shifts.set_available(world.anna.pk, available=False, actor=Actor.user(world.oleg))
    tickets = [world.ticket(subject=f"Номер-{one}", team=world.first_line) for one in range(3)]
    for ticket in tickets:
        hand_out(ticket)
    Waiting.objects.filter(ticket=tickets[2]).update(since=clock.now() - timedelta(days=2))
    commands.set_priority(tickets[1].pk, priority=4, actor=Actor.user(world.oleg))
    page = words(maria.get(reverse("waiting")))
    assert page.index("Номер-1") < page.index("Номер-2") < page.index("Номер-0")
    other = words(maria.get(reverse("waiting"), {"team": world.second_line.pk}))
    assert "Номер-1" not in other
    assert "Номер-1" in words(maria.get(reverse("waiting"), {"team": "abc"}))


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_for_many(maria, world, number, django_assert_num_queries):
    shifts.set_available(world.anna.pk, available=False, actor=Actor.user(world.oleg))
    for _one in range(number):
        hand_out(world.ticket(team=world.first_line))
    maria.get(reverse("waiting"))
    with django_assert_num_queries(12):
        maria.get(reverse("waiting"))


def test_each_figure_opens_its_tickets(maria, world):
    given = world.ticket(subject="Сама пришла", team=world.first_line)
    assert hand_out(given) == world.anna
    taken = world.ticket(subject="Взяла сама", team=world.first_line)
    commands.assign(taken.pk, to=world.anna, actor=world.as_anna)
    page = words(maria.get(reverse("fairness"), {"team": world.first_line.pk}))
    for figure, number in (("automatic", 1), ("by_hand", 1), ("load", 2)):
        assert f"figure={figure}&amp;user={world.anna.pk}" in page
        assert f'">{number}</a>' in page
    where = reverse("fairness_tickets")
    asked = {"team": world.first_line.pk, "user": world.anna.pk}
    automatic = words(maria.get(where, {**asked, "figure": "automatic"}))
    assert "Сама пришла" in automatic
    assert "Взяла сама" not in automatic
    by_hand = words(maria.get(where, {**asked, "figure": "by_hand"}))
    assert "Взяла сама" in by_hand
    assert "Сама пришла" not in by_hand
    load = words(maria.get(where, {**asked, "figure": "load"}))
    assert "Взяла сама" in load
    assert "Сама пришла" in load
    before = clock.now().date() - timedelta(days=40)
    old = {**asked, "figure": "by_hand", "first": before.isoformat(), "last": before.isoformat()}
    assert "There is nothing behind this figure" in words(maria.get(where, old))


@pytest.mark.parametrize(
    "wrong",
    [{"figure": "karma"}, {"figure": ""}, {"user": "987"}, {"user": "x"}, {"team": "987"}, {"team": "-1"}],
)
def test_a_figure_that_is_none_is_not_found(maria, world, wrong):
    asked = {"team": world.first_line.pk, "user": world.anna.pk, "figure": "load", **wrong}
    assert maria.get(reverse("fairness_tickets"), asked).status_code == 404


@pytest.mark.parametrize(
    "period",
    [{"first": "2026-99-99"}, {"first": "9999-01-01"}, {"last": "0001-01-01"}, {"last": "9999-12-31"},
     {"first": "2001-01-01", "last": "2020-01-01"}, {"team": "x"}],
)  # fmt: skip
def test_an_odd_period_breaks_nothing(maria, world, period):
    assert maria.get(reverse("fairness"), period).status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_the_reports_are_only_read(maria, world, method):
    for name in ("waiting", "fairness", "fairness_tickets"):
        assert getattr(maria, method)(reverse(name)).status_code == 405
