"""Many workers at once, each with a connection of its own, really committing."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest
from django.db import connection

from common import clock
from people.capacity import capacity_of
from people.commands import shifts
from routing import waiting
from routing.assignment import assign_by_strategy
from routing.candidates import load_of
from routing.choosing import share_of
from routing.models import Rotation, Waiting
from tests.assignment.cast import LEAD, RULE, agents
from tests.world import World, make_world
from tickets import commands
from tickets.models import Category, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS = 20


@pytest.fixture
def committed(transactional_db: None) -> World:
    world = make_world()
    world.first_line.memberships.all().delete()
    world.second_line.memberships.all().delete()
    return world


def at_once(work, number: int = WORKERS) -> list:
    """Run ``work(index)`` in so many threads, begun together."""
    ready = threading.Barrier(number)

    def run(index):
        try:
            ready.wait(timeout=30)
            return work(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def shares(users) -> list[Fraction]:
    load = load_of([user.pk for user in users], clock.now())
    return [share_of(load.get(user.pk, {}), capacity_of(user.capacity)) for user in users]


def held(users) -> list[int]:
    return [Ticket.objects.filter(assignee=user).count() for user in users]


@pytest.mark.parametrize("strategy", ["round_robin", "least_loaded", "weighted"])
def test_twenty_workers_never_exceed_a_capacity_and_share_fairly(committed, strategy):
    people = agents(5, committed.first_line, capacity={"email": 7})
    tickets = [committed.ticket(team=committed.first_line) for _ in range(40)]

    def work(index):
        return [
            assign_by_strategy(ticket.pk, strategy=strategy, actor=RULE) for ticket in tickets[index::WORKERS]
        ]

    got = [user for some in at_once(work) for user in some]

    assert held(people) == [7] * 5
    assert got.count(None) == 5
    assert Waiting.objects.count() == 5
    assert sorted(Rotation.objects.values_list("turn", flat=True)) == list(range(31, 36))
    assert list(Rotation.objects.values_list("count", flat=True)) == [7] * 5


@pytest.mark.parametrize("strategy", ["round_robin", "least_loaded"])
def test_a_round_is_fair_to_within_one_ticket_at_every_moment(committed, strategy):
    people = agents(6, committed.first_line)
    tickets = [committed.ticket(team=committed.first_line) for _ in range(44)]

    at_once(
        lambda index: [
            assign_by_strategy(ticket.pk, strategy=strategy, actor=RULE) for ticket in tickets[index::WORKERS]
        ]
    )

    assert sorted(held(people)) == [7, 7, 7, 7, 8, 8]
    # In the order of the turns, too: any six in a row are six people.
    turns = Rotation.objects.order_by("turn").values_list("turn", flat=True)
    assert list(turns) == list(range(39, 45))


def test_two_teams_that_share_people_do_not_overfill_them(committed):
    both = agents(2, committed.first_line, committed.second_line, prefix="both", capacity={"email": 5})
    first = agents(1, committed.first_line, prefix="first", capacity={"email": 5})
    second = agents(1, committed.second_line, prefix="second", capacity={"email": 5})
    tickets = [
        committed.ticket(team=team)
        for _ in range(12)
        for team in (committed.first_line, committed.second_line)
    ]

    at_once(
        lambda index: [
            assign_by_strategy(ticket.pk, strategy="weighted", actor=RULE)
            for ticket in tickets[index::WORKERS]
        ]
    )

    assert held(both + first + second) == [5] * 4
    assert Waiting.objects.count() == 4


def test_channels_share_a_person_exactly(committed):
    """Chats weigh a third, mails a twentieth: nobody comes over one, and nobody could take any more."""
    people = agents(3, committed.first_line)
    tickets = [committed.ticket(team=committed.first_line) for _ in range(60)]
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets[::6]]).update(channel="chat")

    at_once(
        lambda index: [
            assign_by_strategy(ticket.pk, strategy="weighted", actor=RULE)
            for ticket in tickets[index::WORKERS]
        ]
    )

    assert all(share <= 1 for share in shares(people))
    for row in Waiting.objects.select_related("ticket"):
        need = Fraction(1, 3) if row.ticket.channel == "chat" else Fraction(1, 20)
        assert all(share + need > 1 for share in shares(people)), row


def test_assigning_solving_and_draining_at_once_keeps_every_promise(committed):
    """Half of the workers give, a quarter solves, a quarter drains: no deadlock, and nobody is overfilled."""
    people = agents(4, committed.first_line, capacity={"email": 3})
    tickets = [committed.ticket(team=committed.first_line) for _ in range(40)]
    resolved = committed.status(Category.RESOLVED)
    most: Counter[int] = Counter()
    giving = threading.Event()
    left = [10]
    guard = threading.Lock()

    def work(index):
        if index % 2 == 0:
            for ticket in tickets[index // 2 :: 10]:
                assign_by_strategy(ticket.pk, actor=RULE)
            with guard:
                left[0] -= 1
                if left[0] == 0:
                    giving.set()
            return
        while not giving.is_set():
            if index % 4 == 1:
                mine = Ticket.objects.filter(assignee__in=people, category__lt=Category.RESOLVED)
                for pk in list(mine.values_list("pk", flat=True)[:2]):
                    commands.set_status(pk, status=resolved, actor=LEAD)
            else:
                waiting.drain()
            for user_id, groups in load_of([user.pk for user in people], clock.now()).items():
                with guard:
                    most[user_id] = max(most[user_id], sum(groups.values()))

    at_once(work)
    while waiting.drain():
        pass

    assert most and max(most.values()) <= 3
    assert not Waiting.objects.filter(ticket__category__gte=Category.RESOLVED, ticket__assignee=None).exists()
    open_work = Ticket.objects.filter(category__lt=Category.RESOLVED)
    room = 12 - open_work.exclude(assignee=None).count()
    assert open_work.filter(assignee=None).count() == 0 or room == 0


def test_somebody_who_goes_off_duty_meanwhile_gets_nothing_more(committed):
    gone, stays = agents(2, committed.first_line)
    tickets = [committed.ticket(team=committed.first_line) for _ in range(20)]
    commands_seen = []

    def work(index):
        if index == 0:
            shifts.set_available(gone.pk, available=False, actor=LEAD)
            commands_seen.append(set(Ticket.objects.filter(assignee=gone).values_list("pk", flat=True)))
            return None
        return assign_by_strategy(tickets[index].pk, actor=RULE)

    at_once(work)
    # One that was being chosen while the switch was thrown may still have come to them.
    assert Ticket.objects.filter(assignee=gone).count() <= len(commands_seen[0]) + 1
    before = Ticket.objects.filter(assignee=gone).count()
    assert assign_by_strategy(tickets[0].pk, actor=RULE) == stays
    assert Ticket.objects.filter(assignee=gone).count() == before
