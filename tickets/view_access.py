"""Who may make and change which views. Own ones: everybody at the desk. A team's: its leads, and whoever
manages views. Everybody's: administrators.
"""

from django.db.models import QuerySet

from people.access import Permission, may
from people.models import Membership, Team, User
from tickets.models import View


def teams_led(user: User) -> "QuerySet[Team]":
    """The teams whose views ``user`` may change."""
    teams = Team.objects.filter(is_active=True).order_by("name")
    if may(user, Permission.MANAGE_VIEWS):
        return teams
    return teams.filter(memberships__user=user, memberships__is_lead=True)


def may_change_common(user: User) -> bool:
    """Whether ``user`` may change what everybody has."""
    return may(user, Permission.MANAGE_COMMON_VIEWS)


def may_place(user: User, *, owner_id: int | None, team_id: int | None) -> bool:
    """Whether ``user`` may have a view be this person's, this team's, or (without either) everybody's."""
    if owner_id is not None:
        return owner_id == user.pk
    if team_id is None:
        return may_change_common(user)
    if may(user, Permission.MANAGE_VIEWS):
        return True
    return Membership.objects.filter(user=user, team_id=team_id, is_lead=True).exists()


def may_change(user: User, view: View) -> bool:
    """Whether ``user`` may edit and delete the view."""
    return may_place(user, owner_id=view.owner_id, team_id=view.team_id)
