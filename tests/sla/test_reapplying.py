"""Open tickets after a policy, a calendar or a team's calendar has changed."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from calendars.arithmetic import Definition
from calendars.events import CalendarSaved
from journal.actor import Actor
from journal.drain import replay
from journal.models import Entry
from journal.record import record
from people.events import TeamEdited
from sla import commands as sla
from sla import deriving, firing, reapplying, tasks
from sla.models import Clock, Reapplication
from tests.sla.conftest import add_version, make_policy, store
from tests.sla.story import at, week
from tickets import commands
from tickets.models import Category

MONDAY = at("2026-03-09 09:00")


def look_again(drain, *, both=True):
    drain()
    changed = reapplying.work(30)
    if both:
        Reapplication.objects.update(not_before=timezone.now() - timedelta(seconds=1))
        assert reapplying.work(30) == 0, "the second look finds nothing more"
        assert not Reapplication.objects.filter(finished_at=None).exists()
    return changed


def test_a_new_policy_reaches_open_tickets(world, office, drain):
    tickets = [world.ticket(at=MONDAY) for _ in range(3)]
    world.reply(tickets[2], at=at("2026-03-09 10:00"), status=world.status(Category.RESOLVED))
    hidden = world.ticket(at=MONDAY)
    commands.mark_spam(hidden.pk, actor=world.as_anna)
    make_policy(resolution=8, actor=world.as_anna)
    assert look_again(drain) == 2
    assert set(Clock.objects.values_list("ticket_id", flat=True)) == {tickets[0].pk, tickets[1].pk}
    entry = Entry.objects.filter(kind="sla_policy_applied").first()
    assert (entry.data["reason"], entry.actor) == ("policy", world.as_anna)
    commands.unmark_spam(hidden.pk, actor=world.as_anna)
    assert Clock.objects.filter(ticket=hidden).exists()


def test_an_edited_calendar_withdraws_a_breach(world, office, drain):
    make_policy(first_response=4)
    ticket = world.ticket(at=MONDAY)
    firing.fire(at("2026-03-09 13:00"))
    holiday = Definition("UTC", week((9, 18)), days={MONDAY.date(): ()})
    version = add_version(office, holiday)
    record(CalendarSaved(office.pk, version.pk, 2, "Office"), actor=world.as_anna)
    assert look_again(drain) == 1
    row = Clock.objects.get(ticket=ticket)
    assert (row.due_at, row.breached_due, row.calendar_version) == (at("2026-03-10 13:00"), None, version)
    entry = Entry.objects.get(kind="sla_breach_withdrawn")
    assert (entry.data["reason"], entry.actor) == ("calendar", world.as_anna)
    assert entry.data["new_due_at"] == "2026-03-10T13:00:00+00:00"
    firing.fire(at("2026-03-10 13:00"))
    assert Entry.objects.filter(kind="sla_breached").count() == 2


def test_a_team_with_another_calendar(world, office, drain):
    make_policy(first_response=2)
    ticket = world.ticket(at=MONDAY, team=world.second_line)
    late = store(Definition("UTC", week((12, 20))), "Late", is_default=False)
    world.second_line.calendar = late
    world.second_line.save()
    drain()
    Reapplication.objects.all().delete()  # of the policy
    record(TeamEdited(world.second_line.pk, {"name": ["a", "b"]}), actor=world.as_anna)
    assert look_again(drain) == 0
    record(TeamEdited(world.second_line.pk, {"calendar": [None, late.pk]}), actor=world.as_anna)
    assert look_again(drain) == 1
    assert Clock.objects.get(ticket=ticket).due_at == at("2026-03-09 14:00")


def test_switched_off_the_clocks_go_and_what_ended_stays(world, office, drain):
    version = make_policy(first_response=4, resolution=8)
    ticket = world.ticket(at=MONDAY)
    world.reply(ticket, at=at("2026-03-09 10:00"))
    sla.switch_policy(version.policy_id, is_active=False, actor=world.as_anna)
    assert look_again(drain) == 1
    assert list(Clock.objects.values_list("target", "state")) == [("first_response", "met")]
    ticket.refresh_from_db()
    assert ticket.due_at is None


def test_in_chunks_and_where_it_was_left(world, office, drain, monkeypatch):
    monkeypatch.setattr(reapplying, "CHUNK", 2)
    for _ in range(5):
        world.ticket(at=MONDAY)
    make_policy(resolution=8)
    drain()
    steps = iter([0.0, 0.1, 0.2, 99.0, 99.0])
    monkeypatch.setattr(reapplying, "monotonic", lambda: next(steps))
    assert reapplying.work(1) == 2
    job = Reapplication.objects.get(is_second=False)
    assert (job.changed, job.finished_at, job.claimed_until) == (2, None, None)
    monkeypatch.undo()
    assert look_again(drain) == 3


def test_a_newer_request_does_the_older_ones_work(world, office, drain):
    ticket = world.ticket(at=MONDAY)
    version = make_policy(resolution=8)
    make_policy(policy_id=version.policy_id, resolution=4)
    drain()
    assert Reapplication.objects.filter(is_second=False).count() == 2
    assert reapplying.work(30) == 1
    assert not Reapplication.objects.filter(is_second=False, finished_at=None).exists()
    assert Clock.objects.get(ticket=ticket).policy_version.number == 2


def test_one_ticket_by_hand(world, office):
    ticket = world.ticket(at=MONDAY)
    make_policy(resolution=8)
    again = {"reason": "by_hand", "actor": Actor.user(world.maria)}
    assert sla.reapply(ticket.pk, **again)
    assert not sla.reapply(ticket.pk, **again)
    assert Clock.objects.get(ticket=ticket).due_at == at("2026-03-09 17:00")


def test_long_work_waits_in_the_queue_for_it(settings):
    assert settings.CELERY_TASK_ROUTES[tasks.reapply_open.name] == {"queue": "bulk"}


def test_a_ticket_whose_policy_could_not_be_matched_gets_it_after_the_replay(
    world, office, settings, monkeypatch, drain
):
    """A replay may record nothing, so it asks for another look: else there would be no clock at all."""
    settings.JOURNAL_RAISE = False
    make_policy(first_response=4)
    look_again(drain)
    with monkeypatch.context() as patch:
        patch.setattr(deriving, "match", lambda ticket_id: 1 / 0)
        ticket = world.ticket(at=MONDAY)
    assert not Clock.objects.filter(ticket=ticket).exists()
    drain()
    assert reapplying.work(seconds=5) == 1
    assert Clock.objects.get(ticket=ticket).due_at == at("2026-03-09 13:00")
    for _again in range(2):
        replay("sla", "ticket", ticket.pk)
    assert not Reapplication.objects.filter(finished_at=None).exists(), "what fits asks for nothing"
