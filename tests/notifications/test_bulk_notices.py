"""Somebody who is given many tickets at once is told once."""

from __future__ import annotations

from notifications.models import Notice
from notifications.words import shown
from tickets.bulk import starting
from tickets.models import BulkJob, View

ASSIGN = BulkJob.Act.ASSIGN


def lines(user):
    return shown(list(Notice.objects.filter(user=user).order_by("at", "pk")))


def test_a_bulk_assignment_is_one_notice_and_its_undo_another(world, quiet_start, drain, anna, by):
    queued = [quiet_start(team=world.first_line) for _ in range(3)]
    held = quiet_start(team=world.first_line, assignee=world.maria)
    alone = quiet_start(team=world.first_line)
    for number, tickets in enumerate([queued, [held, queued[0]], [alone]]):
        to = world.anna if number == 0 else world.boris
        starting.of_tickets(world.oleg, ASSIGN, to.pk, numbers=[ticket.pk for ticket in tickets])
    drain()
    (told,) = lines(world.anna)
    assert (told.kind, told.title, told.who) == ("assigned", "3 tickets were assigned to you", "Oleg Admin")
    assert [one.ticket.pk for one in told.listed] == [ticket.pk for ticket in queued]
    taken, single = lines(world.boris)
    assert (taken.kind, taken.title) == ("handed_over", "2 tickets were assigned to you")
    assert (single.ticket, single.title) == (alone, "Assigned to you")  # one ticket is told of as by hand
    assert "3 tickets were assigned to you" in anna.get("/notices/").content.decode()
    mine = View.objects.get(key="mine")
    assert anna.get("/notices/own-tickets/")["Location"] == f"/views/{mine.pk}/"

    Notice.objects.all().delete()
    starting.undo(BulkJob.objects.get(value=world.boris.pk, total=2))
    drain()
    assert [line.title for line in lines(world.maria)] == ["1 ticket was assigned to you"]
    assert [line.title for line in lines(world.anna)] == ["1 ticket was assigned to you"]
    assert lines(world.boris) == []


def test_whoever_takes_many_themselves_is_told_nothing_and_what_was_stopped_is_told(
    world, quiet_start, drain, monkeypatch
):
    tickets = [quiet_start(team=world.first_line) for _ in range(3)]
    numbers = [ticket.pk for ticket in tickets]
    starting.of_tickets(world.anna, ASSIGN, world.anna.pk, numbers=numbers)
    drain()
    assert lines(world.anna) == []
    monkeypatch.setattr(starting, "PATIENCE", 0)  # one ticket, then it waits for its next turn
    job = starting.of_tickets(world.oleg, ASSIGN, world.boris.pk, numbers=numbers)
    assert starting.cancel(job.pk)
    drain()
    assert [line.title for line in lines(world.boris)] == ["1 ticket was assigned to you"]
