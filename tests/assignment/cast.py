"""Agents, calendars and shifts of these tests."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from calendars.commands import save_calendar
from calendars.models import Calendar
from journal.actor import Actor
from people.commands import shifts
from people.models import Membership, Role, Team, User
from routing.models import Waiting
from tickets.models import Ticket

RULE = Actor.system("rule:1")
LEAD = Actor.system("test")
HOUR = 3600
MONDAY = date(2026, 3, 2)


def at(text: str) -> datetime:
    """``at("03-02 09:00")``: an instant of 2026, UTC."""
    return datetime.fromisoformat(f"2026-{text.replace(' ', 'T')}+00:00")


def make_calendar(name: str, *hours: float, zone: str = "UTC", days: int = 5) -> Calendar:
    """``make_calendar("Day", 9, 13, 14, 18)``: Monday to Friday; past 24 is the next day."""
    day = [[int(start * HOUR), int(end * HOUR)] for start, end in zip(hours[::2], hours[1::2], strict=True)]
    definition = {"zone": zone, "week": [day] * days + [[]] * (7 - days)}
    return save_calendar(None, name=name, definition=definition, actor=LEAD).calendar


def agents(number: int, *teams: Team, prefix: str = "agent", **given) -> list[User]:
    made = [
        User.objects.create_user(
            f"{prefix}{index}@otklik.example", name=f"{prefix.title()} {index}", role=Role.AGENT, **given
        )
        for index in range(1, number + 1)
    ]
    Membership.objects.bulk_create(Membership(team=team, user=user) for user in made for team in teams)
    return made


def works(user: User, calendar: Calendar, first: date = date(2026, 1, 1), last: date | None = None, **given):
    """Have somebody work by a calendar; planned long ago unless ``at`` says otherwise."""
    given.setdefault("at", datetime.fromisoformat("2025-12-01T00:00:00+00:00"))
    return shifts.save_shift(
        user.pk, calendar=calendar, valid_from=first, valid_until=last, actor=LEAD, **given
    )


def away(user: User, start: datetime, end: datetime | timedelta, **given):
    end = start + end if isinstance(end, timedelta) else end
    return shifts.add_absence(user.pk, starts_at=start, ends_at=end, actor=LEAD, **given)


def holder(ticket: Ticket) -> User | None:
    return Ticket.objects.select_related("assignee").get(pk=ticket.pk).assignee


def reason(ticket: Ticket) -> str | None:
    """Why the ticket waits; None when it does not."""
    return Waiting.objects.filter(ticket=ticket).values_list("reason", flat=True).first()
