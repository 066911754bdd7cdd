"""Telling the leads that nobody is available."""

from datetime import datetime, timedelta

from calendars import versions
from journal.actor import Actor
from journal.record import record
from people.models import Membership, Role, Team, User
from routing.models import LeadAlert, Waiting
from tickets.events import NoticeRequested
from tickets.models import Ticket

KIND = "nobody_available"
EVERY = timedelta(minutes=15)


def tell_leads(ticket: Ticket, team: Team, reason: str, *, actor: Actor, at: datetime) -> bool:
    """Have the team's leads told, at most once in fifteen minutes a team; returns whether they are.

    A team with a calendar of its own expects nobody outside of it, and nobody is told then. Without leads,
    managers are told; without those, administrators. The caller holds the lock of assignment.
    """
    if not _expects_somebody(team, at):
        return False
    last = LeadAlert.objects.filter(team=team).values_list("told_at", flat=True).first()
    if last is not None and last <= at < last + EVERY:
        return False
    who = leads_of(team) or _managers()
    if not who:
        return False
    LeadAlert.objects.update_or_create(team=team, defaults={"told_at": at})
    waiting = Waiting.objects.filter(team=team).count()
    data = {"team": team.pk, "reason": str(reason), "waiting": waiting}
    record(NoticeRequested(ticket.pk, who, KIND, data=data), actor=actor, at=at)
    return True


def leads_of(team: Team) -> list[int]:
    """Ids of those who lead the team and have not left."""
    leads = Membership.objects.filter(team=team, is_lead=True, user__is_active=True)
    return sorted(leads.exclude(user__role=Role.CUSTOMER).values_list("user_id", flat=True))


def _managers() -> list[int]:
    for role in (Role.MANAGER, Role.ADMINISTRATOR):
        if found := sorted(User.objects.filter(role=role, is_active=True).values_list("pk", flat=True)):
            return found
    return []


def _expects_somebody(team: Team, at: datetime) -> bool:
    if team.calendar_id is None:
        return True
    return versions.working_time(versions.current_version_id(team.calendar_id)).is_working(at)
