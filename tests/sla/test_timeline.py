"""The clocks' lines in a ticket's history."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from calendars.starter import make_calendar
from sla.commands import reapply
from sla.starter import make_policy
from tickets import commands
from tickets.timeline import timeline


def test_policies_are_named_in_one_query_however_often_they_changed(world):
    make_calendar(zone="UTC")
    policy = make_policy("en")
    ticket = world.ticket()
    with CaptureQueriesContext(connection) as once:
        lines = timeline(ticket)
    assert any(policy.name in item.text for item in lines)
    for priority in (3, 4, 1, 2, 3):
        commands.set_priority(ticket.pk, priority=priority, actor=world.as_anna)
        reapply(ticket.pk, reason="check", actor=world.as_anna)
    with CaptureQueriesContext(connection) as often:
        lines = timeline(ticket)
    assert sum(policy.name in item.text for item in lines) == 6
    # One more for the name of whoever changed the priority.
    assert len(often) == len(once) + 1
