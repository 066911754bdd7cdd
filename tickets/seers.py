"""The door read the other way round: who of the staff sees a ticket."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from people.models import Access, Membership, Role, User
from tickets.models import Follower, Ticket


def seers(ticket: Ticket) -> QuerySet[User]:
    """Whoever has ``ticket`` in ``Ticket.objects.visible_to``; a test holds both to the same people."""
    if ticket.deleted_at is not None:
        return User.objects.none()
    sees = Q(role=Role.ADMINISTRATOR) | Q(access=Access.ALL) | Q(pk=ticket.assignee_id)
    sees |= Q(Exists(Follower.objects.filter(ticket=ticket, user=OuterRef("pk"))))
    sees |= Q(access=Access.BRANDS, brand_ids__contains=[ticket.brand_id])
    if ticket.team_id is None:
        sees |= Q(access=Access.TEAMS, role__in=[Role.AGENT, Role.MANAGER])
    else:
        members = Membership.objects.filter(team=ticket.team_id, user=OuterRef("pk"))
        sees |= Q(Exists(members), access=Access.TEAMS)
    return User.objects.staff().filter(sees)
