"""“Working time now”: which calendars are in their hours at the instant in question."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import pgettext_lazy

from calendars.models import CalendarVersion
from calendars.versions import working_time
from tickets.conditions.fields import Asked, Context, Field, register
from tickets.models import Ticket


def working_calendars(now: datetime) -> frozenset[int]:
    """The calendars, in the versions now in force, that work at ``now``."""
    current = (
        CalendarVersion.objects.order_by("calendar_id", "-number")
        .distinct("calendar_id")
        .values_list("calendar_id", "pk")
    )
    return frozenset(calendar for calendar, version in current if working_time(version).is_working(now))


def _load(tickets: Sequence[Ticket], asked: Asked) -> dict[int, frozenset[int]]:
    working = working_calendars(asked.now)
    return {ticket.pk: working for ticket in tickets}


def _ask(op: str, value: Any, context: Context) -> Q:
    """True or false for all tickets alike."""
    hit = bool(set(value) & working_calendars(context.now))
    return Q() if hit is (op == "in") else Q(pk__in=[])


register(
    Field(
        "working_time",
        pgettext_lazy("condition", "Working time"),
        "ids",
        q=_ask,
        load=_load,
        source="calendars",
        group="time",
    )
)
