"""The door read the other way round: who of the staff sees a ticket."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from people.models import Access, Membership, Role, User
from tickets.models import Follower, Ticket


def seers(ticket: Ticket) -> QuerySet[User]:
    """Whoever has ``ticket`` in ``Ticket.objects.visible_to``; a test holds both to the same people."""
    if ticket.deleted_at is not None:
        return User.objects.none()
    sees = Q(role__in=[Role.ADMINISTRATOR, Role.MANAGER]) | Q(access=Access.ALL) | Q(pk=ticket.assignee_id)
    sees |= Q(Exists(Follower.objects.filter(ticket=ticket, user=OuterRef("pk"))))
    if ticket.team_id is None:
        sees |= Q(role=Role.AGENT)
    else:
        sees |= Q(Exists(Membership.objects.filter(team=ticket.team_id, user=OuterRef("pk"))))
    return User.objects.staff().filter(sees)
