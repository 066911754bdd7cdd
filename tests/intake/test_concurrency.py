"""Several workers on one inbox, and workers that die: each mail exactly once, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection

from channels_in import budget, draining, intake
from channels_in.case import Case
from channels_in.models import AutomaticMail, Inbound, Inbox
from channels_in.receive import receive
from channels_in.settled import Settled
from journal import registry
from tests.intake.letters import letter
from tests.world import World, make_world
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed_world(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world, really committed. No open pages: their thread would keep a connection to this database."""
    monkeypatch.setattr(registry, "live", [])
    return make_world()


def in_threads(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Run ``work`` in so many threads at once, each with a connection of its own."""
    ready = threading.Barrier(number)

    def run(index: int) -> Any:
        try:
            ready.wait(timeout=10)
            return work(index)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def drain_all(inbox: Inbox) -> None:
    """As workers do: each request drains, and the sweep comes by until nothing is left."""
    while Inbound.objects.filter(inbox=inbox, status=Inbound.Status.PENDING).exists():
        draining.drain_pending(inbox.pk)


def test_several_workers_settle_each_mail_once_and_in_order(committed_world: World):
    world = committed_world
    ticket = world.ticket()
    for number in range(40):
        intake.store(world.inbox, letter(f"Письмо {number}", subject=f"#{ticket.pk}"), via="pipe")

    in_threads(4, lambda _index: drain_all(world.inbox))

    texts = list(Message.objects.filter(ticket=ticket).order_by("pk").values_list("text", flat=True)[1:])
    assert texts == [f"Письмо {number}" for number in range(40)]
    assert set(Inbound.objects.values_list("status", flat=True)) == {Inbound.Status.DONE}
    assert set(Inbound.objects.values_list("attempts", flat=True)) == {1}


def test_a_worker_leaves_an_inbox_that_another_one_has(
    committed_world: World, monkeypatch: pytest.MonkeyPatch
):
    world = committed_world
    intake.store(world.inbox, letter(), via="pipe")
    found = []

    def meanwhile(case: Case) -> Settled:
        found.extend(in_threads(1, lambda _index: draining.drain_pending(world.inbox.pk)))
        return receive(case)

    monkeypatch.setattr("channels_in.kinds.email.channel.receive", meanwhile)

    assert draining.drain_pending(world.inbox.pk) == 1
    assert found == [0]


def test_one_mail_delivered_by_many_at_once_is_one_row(committed_world: World):
    world = committed_world
    raw = letter(message_id="<same@severgrad.example>")

    created = in_threads(6, lambda _index: intake.store(world.inbox, raw, via="smtp")[1])

    assert sorted(created) == [False] * 5 + [True]
    assert Inbound.objects.count() == 1


def test_two_inboxes_of_a_brand_worked_off_at_once_make_one_ticket(committed_world: World):
    world = committed_world
    sales = Inbox.objects.create(brand=world.brand, name="Продажи", address="sales@zerno.example")
    for number in range(10):
        raw = letter(f"Письмо {number}", sender=f"new{number}@cafe.example", cc="sales@zerno.example")
        for inbox in (world.inbox, sales):
            intake.store(inbox, raw, via="pipe")

    in_threads(2, lambda index: drain_all([world.inbox, sales][index]))

    assert Ticket.objects.count() == 10
    assert Inbound.objects.filter(status=Inbound.Status.DUPLICATE).count() == 10
    assert not Inbound.objects.filter(message=None).exists()


def test_two_inboxes_that_meet_the_same_new_people_do_not_deadlock(committed_world: World):
    world = committed_world
    people = [f"p{number}@cafe.example" for number in range(8)]
    for turn in range(6):
        order = people if turn % 2 else people[::-1]
        for inbox in (world.inbox, world.other_inbox):
            raw = letter(f"Письмо {turn}", sender=order[0], to=inbox.address, cc=", ".join(order[1:]))
            intake.store(inbox, raw, via="pipe")

    in_threads(2, lambda index: drain_all([world.inbox, world.other_inbox][index]))

    assert set(Inbound.objects.values_list("status", "attempts")) == {(Inbound.Status.DONE, 1)}


class WorkerDied(BaseException):
    """What no handler catches: the process is gone."""


def die(case: Case, settled: Settled) -> None:
    raise WorkerDied


def test_a_crash_leaves_the_mail_pending_and_nothing_else(
    committed_world: World, monkeypatch: pytest.MonkeyPatch
):
    """The worker is killed when all the verbs of a mail have run, just before the commit."""
    inbound, _created = intake.store(committed_world.inbox, letter(), via="pipe")

    with monkeypatch.context() as patch, pytest.raises(WorkerDied):
        patch.setattr(draining, "write", die)
        draining.drain_pending(committed_world.inbox.pk)

    assert Ticket.objects.count() == 0
    inbound.refresh_from_db()
    assert (inbound.status, inbound.attempts) == (Inbound.Status.PENDING, 1)
    assert draining.sweep_inbound() == 1
    assert Ticket.objects.count() == 1
    assert draining.sweep_inbound() == 0


def test_two_workers_cannot_both_take_the_last_of_a_budget(committed_world: World):
    taken = in_threads(4, lambda _index: budget.take("vera@severgrad.example"))

    assert sum(refusal is None for refusal in taken) == budget.SHORT_COUNT
    assert AutomaticMail.objects.count() == budget.SHORT_COUNT
