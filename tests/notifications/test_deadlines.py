"""Who is told of clocks, and what happens when a breach is taken back."""

from datetime import timedelta

from django.db import transaction

from common import clock
from journal.actor import Actor
from journal.record import record
from notifications.models import Notice
from notifications.words import shown
from sla.commands import make_promise
from sla.events import PromiseBroken, SlaBreached, SlaBreachWithdrawn, SlaWarned
from tickets import commands
from tickets.models import Ticket

SWEEP = Actor.system("sla")


def happens(event):
    with transaction.atomic():
        Ticket.objects.lock(event.ticket_id)
        record(event, actor=SWEEP)


def due(minutes=10):
    return (clock.now() + timedelta(minutes=minutes)).isoformat()


def test_a_warning_is_for_whoever_can_still_act(world, quiet_start, kinds_of, lena):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    happens(SlaWarned(ticket.pk, "first_response", 0, due()))
    assert kinds_of(world.anna) == ["sla_warned"]
    assert kinds_of(lena) == []
    unheld = quiet_start(team=world.first_line)
    happens(SlaWarned(unheld.pk, "first_response", 0, due()))
    assert kinds_of(lena) == ["sla_warned"]


def test_a_breach_is_also_for_the_leads_and_the_followers(world, quiet_start, kinds_of, lena):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    commands.follow(ticket.pk, user=world.maria, actor=Actor.user(world.maria))
    happens(SlaBreached(ticket.pk, "resolution", 0, due(0)))
    for user in (world.anna, world.maria, lena):
        assert kinds_of(user) == ["sla_breached"]
    (line,) = shown(list(Notice.objects.filter(user=lena)))
    assert line.title == "The resolution is overdue"
    assert line.due_at is not None


def test_two_clocks_are_two_notices(world, quiet_start, kinds_of):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    for target in ("first_response", "resolution"):
        happens(SlaBreached(ticket.pk, target, 0, due(0)))
    assert kinds_of(world.anna) == ["sla_breached", "sla_breached"]


def test_a_breach_that_was_none_after_all_is_told_no_more(world, quiet_start, kinds_of, drain):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    for target in ("first_response", "resolution"):
        happens(SlaBreached(ticket.pk, target, 0, due(0)))
    happens(SlaBreachWithdrawn(ticket.pk, "resolution", 0, due(0), None, "calendar"))
    drain()
    unread = Notice.objects.filter(user=world.anna, read_at=None)
    assert [notice.data["target"] for notice in unread] == ["first_response"]


def test_a_broken_promise_is_also_for_who_gave_it(world, quiet_start, kinds_of, lena):
    ticket = quiet_start(team=world.first_line, assignee=world.anna)
    promise = make_promise(
        ticket.pk, user=world.maria, due_at=clock.now() + timedelta(hours=1), text="Перезвоню"
    )
    happens(PromiseBroken(ticket.pk, promise.pk, due(0)))
    for user in (world.anna, world.maria, lena):
        assert "promise_broken" in kinds_of(user)
