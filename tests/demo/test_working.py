"""What the demonstration shows of routing and SLA: all of it is there, and nothing is left to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import F

from calendars.models import Calendar
from common import clock
from helpdesk.demo.cast import cast
from journal.models import Delivery, Entry, StaleStream
from notifications.models import Notice, NoticeMail
from people.models import Absence, AtShiftEnd, ExtraTime, Shift, Skill, Strategy, Team, User
from people.working import in_shift
from routing import scheduled, shifts, timed
from routing.models import Rule, RuleRun, ShiftEnd, SimulatedTicket, Simulation, Waiting
from sla import firing
from sla.models import Clock, Policy, Promise
from tickets.models import Category, CustomField, Message, Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def wednesday() -> datetime:
    """Shortly after noon in Moscow on the last Wednesday: everybody is at work."""
    noon = datetime.now(UTC).replace(hour=9, minute=40, second=0, microsecond=0)
    return noon - timedelta(days=(noon.weekday() - 2) % 7 or 7)


def sunday() -> datetime:
    """In the night before a working week: nobody is at work anywhere."""
    return (wednesday() + timedelta(days=4)).replace(hour=1, minute=10)


@pytest.fixture(params=[wednesday, sunday])
def demo(request, settings, tmp_path):
    """All of today's open work and eighty tickets of the past, as loaded at different times of the week."""
    settings.MEDIA_ROOT, settings.DEMO, settings.JOURNAL_RAISE = tmp_path, True, True
    with clock.telling(request.param()):
        call_command("demo", tickets=120, stdout=StringIO(), stderr=StringIO())
        yield


def entries(kind):
    return Entry.objects.filter(kind=kind)


def test_the_demonstration_uses_all_of_it(demo):
    now = clock.now()
    calendars()
    people(now)
    policies_and_clocks(now)
    promises(now)
    rules()
    lines_and_experts()
    waiting_and_shifts()
    told()
    simulated()
    quiet(now)


def calendars():
    """The production calendar of Russia with lunch and shortened days, another country's, and shifts."""
    moscow = Calendar.objects.get(is_default=True)
    definition = moscow.current.definition
    assert definition["sources"]["country"] == "RU"
    assert definition["week"][0] == [[9 * 3600, 13 * 3600], [14 * 3600, 18 * 3600]]
    kinds = {day["kind"] for day in definition["days"].values()}
    assert {"holiday", "shortened", "exception"} <= kinds
    zones = {calendar.current.definition["zone"] for calendar in Calendar.objects.all()}
    assert {"Europe/Moscow", "Europe/London", "Asia/Vladivostok", "Europe/Stockholm"} <= zones
    night = [
        end
        for calendar in Calendar.objects.all()
        for day in calendar.current.definition["week"]
        for _start, end in day
    ]
    assert max(night) > 24 * 3600  # a shift over midnight


def people(now):
    assert Skill.objects.count() == 5
    assert User.objects.filter(skills__isnull=False).distinct().count() >= 8
    anna = User.objects.get(email="anna@steamshelf.example")
    assert anna.spoken == ["ru"]
    assert anna.capacity["email"] == 25
    zones = {shift.calendar.current.definition["zone"] for shift in Shift.objects.all()}
    assert len(zones) >= 4
    absence = Absence.objects.get()
    assert absence.starts_at < now < absence.ends_at
    assert not in_shift([absence.user_id], now)
    assert ExtraTime.objects.filter(starts_at__gt=now).exists()


def policies_and_clocks(now):
    assert list(Policy.objects.values_list("is_active", flat=True)) == [True] * 3
    conditions = [policy.current.conditions["all"][0]["field"] for policy in Policy.objects.all()]
    assert conditions == ["tier", "brand", "brand"]
    running = Clock.objects.filter(state="running")
    assert running.filter(warned_due__isnull=False, due_at__gt=now).exclude(target="promise").exists()
    assert running.filter(due_at__lt=now, breached_due__isnull=False).exists()  # late, and still unanswered
    assert Clock.objects.filter(state="breached", stopped_at__lt=now - timedelta(days=3)).exists()
    assert Clock.objects.filter(state="paused").exists()
    assert Clock.objects.filter(state="met").count() > 100
    assert (
        running.filter(due_by_hand=True, target="resolution").exists()
        or Clock.objects.filter(due_by_hand=True).exists()
    )
    assert entries("sla_due_set").get().data["reason"]
    assert entries("sla_breach_withdrawn").exists()
    assert entries("sla_warned").filter(happened_at__lt=now - timedelta(days=10)).exists()
    fields = CustomField.objects.count()
    assert fields == 7
    filled = {key for ticket in Ticket.objects.exclude(attributes={}) for key in ticket.attributes}
    assert len(filled) >= 5


def promises(now):
    assert sorted(Promise.objects.values_list("state", flat=True)) == ["broken", "kept", "open"]
    soon = Promise.objects.get(state="open")
    assert now < soon.due_at < now + timedelta(hours=1)
    assert soon.user.email == "anna@steamshelf.example"


def rules():
    in_force = Rule.objects.filter(is_enabled=True)
    assert in_force.count() == 15
    triggers = {rule.current.definition["trigger"]["on"] for rule in in_force}
    assert triggers >= {
        "ticket_opened", "message_received", "field_changed", "sla_warned", "sla_breached", "promise_broken",
        "time_since", "manual",
    }  # fmt: skip
    assert Rule.objects.filter(is_enabled=False).count() == 1
    runs = RuleRun.objects.filter(matched=True)
    assert not runs.exclude(error="").exists()
    idle = [rule.name for rule in in_force if not runs.filter(rule=rule).exists()]
    assert idle == []
    assert runs.values("ticket").distinct().count() > 30
    assert RuleRun.objects.filter(matched=False, at__gt=clock.now() - timedelta(hours=12)).exists()
    assert Message.objects.filter(kind="system", automatic_kind="rule").exists()  # a reminder


def lines_and_experts():
    first = Team.objects.get(line=1, strategy=Strategy.NONE)
    assert first.escalates_to.line == 2
    ring = first.escalates_to
    assert ring.shift_end == AtShiftEnd.HAND_OVER
    assert ring.hands_over_to.hands_over_to == ring
    assert set(Team.objects.values_list("strategy", flat=True)) == set(Strategy.values)
    back = entries("ticket_escalated").filter(data__to_team_id=first.pk)
    assert entries("ticket_escalated").filter(data__to_team_id=ring.pk, stream_id=back.get().stream_id)
    assert (
        entries("ticket_escalated").filter(actor_name__startswith="rule:").exists()
    )  # too late for the first
    assert entries("expert_called").count() == 2
    assert entries("expert_released").count() == 1
    assert Ticket.objects.exclude(summary="").count() >= 5


def waiting_and_shifts():
    german = Waiting.objects.get(ticket__language="de")
    assert german.ticket.assignee is None
    assert german.reason in {"skills", "away"}
    assert ShiftEnd.objects.filter(done_at__isnull=False).exists()
    # who waits has nobody, and who is solved waits no more
    assert not Waiting.objects.exclude(ticket__assignee=None).exists()
    assert not Waiting.objects.filter(ticket__category__gte=Category.RESOLVED).exists()


def told():
    for user in cast():
        unread = Notice.objects.filter(user=user, read_at=None, in_desk=True)
        assert 0 < unread.count() <= 9, user
    kinds = set(Notice.objects.values_list("kind", flat=True))
    assert kinds >= {
        "mentioned",
        "assigned",
        "handed_over",
        "called_in",
        "sla_warned",
        "sla_breached",
        "rule",
    }
    assert not Notice.objects.filter(at__lt=clock.now() - timedelta(days=2)).exists()
    assert not Notice.objects.filter(at__gt=clock.now()).exists()
    assert not NoticeMail.objects.exists()


def simulated():
    simulation = Simulation.objects.get()
    assert simulation.state == Simulation.State.DONE
    assert SimulatedTicket.objects.filter(simulation=simulation).count() == simulation.total > 40


def quiet(now):
    """No timer finds anything that should have been done before; the past is told in order."""
    assert firing.fire(now - timedelta(minutes=1)) == 0
    assert timed.sweep() == 0
    assert scheduled.run_due() == 0
    moved = entries("ticket_assigned").count()
    shifts.watch()
    assert entries("ticket_assigned").count() == moved
    assert not Delivery.objects.filter(stream_type="ticket").exists()
    assert not StaleStream.objects.exists()
    assert not Entry.objects.filter(happened_at__gt=F("recorded_at")).exists()
    assert not Entry.objects.filter(recorded_at__gt=clock.now()).exists()
    # A deadline that turns out to have passed, when a priority is raised, is told as of its time.
    acts = Entry.objects.filter(stream_type="ticket").exclude(kind__in=["sla_warned", "sla_breached"])
    last: dict[int, object] = {}
    for stream_id, at in acts.order_by("stream_id", "sequence").values_list("stream_id", "happened_at"):
        assert stream_id not in last or last[stream_id] <= at, stream_id
        last[stream_id] = at
