"""What somebody who is about to ask may expect: by the policy, and by the queue as it is now."""

from __future__ import annotations

from datetime import timedelta

from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import Contact
from sla import expecting
from sla.models import Clock
from tests.sla.conftest import make_policy
from tests.sla.story import at
from tickets.models import Ticket

MONDAY = at("2026-03-09 09:00")
HOUR = timedelta(hours=1)


def not_yet(world, **more):
    """A ticket as a form would open it, stored nowhere."""
    return Ticket(pk=0, brand=world.brand, channel="form", requester=Contact(), team=world.first_line, **more)


def test_the_policy_says_when_in_working_time(world, office):
    cache.clear()
    make_policy(first_response=4, resolution=16, conditions={"field": "channel", "op": "is", "value": "form"})
    friday = at("2026-03-06 17:00")
    expected = expecting.expect(not_yet(world), friday)
    assert expected.promised_by == at("2026-03-09 12:00"), "an hour on Friday, three on Monday"
    assert expected.solved_by == at("2026-03-10 15:00")
    assert (expected.likely_by, expected.answer_by) == (None, expected.promised_by)
    assert not Ticket.objects.exists()
    assert not Clock.objects.exists()


def test_without_a_policy_or_a_pace_nothing_is_said(world, office):
    cache.clear()
    assert expecting.expect(not_yet(world), MONDAY) == expecting.Expected()


def test_the_queue_says_when_its_turn_comes(world, office):
    """Two are answered an hour: with three in front, it is the fourth."""
    cache.clear()
    make_policy(first_response=4)
    answered = [world.ticket(at=MONDAY, team=world.first_line) for _ in range(6)]
    for number, ticket in enumerate(answered):
        world.reply(ticket, at=MONDAY + timedelta(minutes=10 * (number + 1)))
    now = MONDAY + 3 * HOUR
    for _ in range(3):
        world.ticket(at=now, team=world.first_line)
    with CaptureQueriesContext(connection) as queries:
        expected = expecting.expect(not_yet(world), now)
    assert expected.promised_by == now + 4 * HOUR
    assert expected.likely_by is not None
    assert now < expected.likely_by
    again = expecting.expect(not_yet(world), now)
    assert again == expected
    assert len(queries) < 20
