"""Whatever is done to tickets, in whatever order: counted on the way and counted anew are the same."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from channels_in.commands import delivery_failed
from journal.drain import replay, sweep_before
from journal.models import Entry
from sla import commands as sla
from sla import firing
from sla.deriving import COLUMNS
from sla.models import Clock, Promise
from tests.sla.conftest import make_policy, store, target
from tests.sla.story import NINE_TO_SIX, at
from tests.world import make_world
from tickets import commands, errors
from tickets.models import Category, Message, Ticket

BEGIN = at("2026-03-09 09:00")


class Undone(Exception):
    """Rolls an example back."""


class Desk:
    """What people do, each act a minute to a day after the last."""

    def __init__(self, world, draw):
        self.world, self.draw, self.now = world, draw, BEGIN
        self.tickets = []

    def pick(self, values):
        return self.draw(st.sampled_from(list(values)))

    def ticket(self):
        return self.pick(self.tickets) if self.tickets else self.open()

    def go_on(self, act):
        self.now += timedelta(minutes=self.pick([0, 1, 10, 45, 300, 1440]))
        try:
            with transaction.atomic():
                getattr(self, act)()
        except (errors.TicketError, errors.Invalid):
            pass  # refused, and nothing changed

    def open(self):
        ticket = self.world.ticket(at=self.now, priority=self.pick([1, 2, 4]))
        self.tickets.append(ticket)
        return ticket

    def write(self):
        self.world.receive(self.ticket(), "А что с моим вопросом?", at=self.now)

    def thank(self):
        self.world.receive(self.ticket(), "Спасибо!", at=self.now)

    def reply(self):
        status = self.pick([None, None, Category.RESOLVED, Category.PENDING])
        status = self.world.status(status) if status else None
        message = self.world.reply(self.ticket(), at=self.now, status=status)
        if self.pick([True, False, False]):
            until = self.now + timedelta(hours=3)
            user = self.world.anna
            sla.make_promise(message.ticket_id, user=user, due_at=until, message=message, at=self.now)

    def move(self):
        status = self.world.status(self.pick(list(Category)[1:]))
        commands.set_status(self.ticket().pk, status=status, actor=self.world.as_anna, at=self.now)

    def hurry(self):
        priority = self.pick([1, 2, 3, 4])
        commands.set_priority(self.ticket().pk, priority=priority, actor=self.world.as_anna, at=self.now)

    def take_back(self):
        replies = list(Message.objects.filter(kind="reply"))
        if replies:
            commands.withdraw_reply(self.pick(replies).pk, actor=self.world.as_anna, at=self.now)

    def bounce(self):
        replies = list(Message.objects.filter(kind="reply"))
        if replies:
            delivery_failed(self.pick(replies), ["vera@severgrad.example"], words="no such user")
            sweep_before(at("2100-01-01 00:00"))

    def hide(self):
        act = self.pick([commands.mark_spam, commands.unmark_spam, commands.delete, commands.restore])
        act(self.ticket().pk, actor=self.world.as_anna, at=self.now)

    def merge(self):
        commands.merge(self.ticket().pk, into=self.ticket().pk, actor=self.world.as_anna, at=self.now)
        sweep_before(at("2100-01-01 00:00"))

    def unmerge(self):
        commands.unmerge(self.ticket().pk, actor=self.world.as_anna, at=self.now)
        sweep_before(at("2100-01-01 00:00"))

    def split(self):
        ticket = self.ticket()
        messages = list(Message.objects.filter(ticket=ticket, kind="message"))
        if messages:
            message = self.pick(messages)
            new = commands.split(ticket.pk, message_ids=[message.pk], actor=self.world.as_anna, at=self.now)
            self.tickets.append(new)

    def set_due(self):
        due_at = self.pick([None, self.now + timedelta(hours=5)])
        name = self.pick(["first_response", "resolution"])
        by = {"reason": "так надо", "actor": self.world.as_anna, "at": self.now}
        sla.set_due(self.ticket().pk, target=name, due_at=due_at, **by)

    def sweep(self):
        firing.fire(self.now)


ACTS = [
    "open", "write", "write", "thank", "reply", "reply", "move", "move", "hurry", "take_back", "bounce",
    "hide", "merge", "unmerge", "split", "set_due", "sweep", "sweep",
]  # fmt: skip


def state():
    """All rows of ours, as text that can be compared line by line."""
    clocks = Clock.objects.order_by("ticket", "target", "ordinal").values(
        "ticket", "target", "ordinal", *COLUMNS
    )
    promises = Promise.objects.order_by("pk").values()
    dues = Ticket.objects.order_by("pk").values("pk", "due_at")
    return [str(row) for rows in (clocks, promises, dues) for row in rows]


@settings(
    max_examples=20,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_counted_on_the_way_is_counted_anew(world, office, data):
    try:
        with transaction.atomic():
            make_policy(
                first_response=target({"low": 8, "normal": 4, "urgent": 1}),
                next_response=target(2, business=False),
                resolution=target({"low": 27, "normal": 9, "urgent": 3}, pauses=["pending", "resolved"]),
            )
            desk = Desk(world, data.draw)
            for act in ["open", "open", *data.draw(st.lists(st.sampled_from(ACTS), min_size=8, max_size=25))]:
                desk.go_on(act)
            before, entries = state(), Entry.objects.count()
            told = Entry.objects.filter(kind__in=["sla_warned", "sla_breached", "promise_broken"])
            times = [(one.stream_id, one.kind, str(one.data), one.happened_at) for one in told]
            assert len(times) == len(set(times)), "told twice"
            for ticket_id, *_rest in Ticket.objects.values_list("pk"):
                replay("sla", "ticket", ticket_id)
            assert state() == before
            for order in ("pk", "-pk"):
                Clock.objects.all().delete()
                Promise.objects.update(state=Promise.State.OPEN, ended_at=None)
                for ticket_id in Ticket.objects.order_by(order).values_list("pk", flat=True):
                    replay("sla", "ticket", ticket_id)
                assert state() == before
            assert Entry.objects.count() == entries
            firing.fire(desk.now + timedelta(days=90))
            assert firing.fire(desk.now + timedelta(days=90)) == 0
            for ticket_id in Ticket.objects.values_list("pk", flat=True):
                after = state()
                replay("sla", "ticket", ticket_id)
                assert state() == after, "the sweep writes what a derivation would"
            broken = [one.data["promise_id"] for one in Entry.objects.filter(kind="promise_broken")]
            assert len(broken) == len(set(broken)), "on whichever ticket, it is told once"
            raise Undone
    except Undone:
        pass


@pytest.mark.django_db(transaction=True)
def test_a_replay_waits_for_whoever_is_changing_the_ticket():
    """Else it writes down what was so before the change, over what the change has just derived."""
    world = make_world()
    store(NINE_TO_SIX.definition)
    make_policy(first_response=4)
    ticket = world.ticket(at=BEGIN)
    Clock.objects.update(state=Clock.State.CANCELLED)  # what a derivation that failed may have left
    replaying = threading.Thread(target=in_thread, args=[lambda: replay("sla", "ticket", ticket.pk)])
    with transaction.atomic():
        world.reply(ticket, at=BEGIN + timedelta(minutes=5))
        replaying.start()
        replaying.join(1.0)
        assert replaying.is_alive(), "it waits"
    replaying.join(10.0)
    assert Clock.objects.get().state == Clock.State.MET


def in_thread(act):
    try:
        act()
    finally:
        connection.close()
