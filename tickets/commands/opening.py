from datetime import datetime

from django.db import transaction
from django.utils.crypto import get_random_string

from common import clock
from common.text import storable
from journal.actor import Actor
from journal.record import record
from people.models import Contact, Organization, Team, User
from tickets.events import TicketOpened
from tickets.models import Brand, Category, Priority, Service, Ticket, Topic
from tickets.status import default_status

KEY_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # lower case: mail addresses lose case


@transaction.atomic
def open_ticket(
    *,
    brand: Brand,
    channel: str,
    requester: Contact,
    subject: str,
    actor: Actor,
    direction: str = "in",
    team: Team | None = None,
    assignee: User | None = None,
    priority: int = Priority.NORMAL,
    topic: Topic | None = None,
    service: Service | None = None,
    language: str = "",
    is_test: bool = False,
    at: datetime | None = None,
) -> Ticket:
    """Make a ticket, still without a message: the caller adds the first one in the same transaction.

    ``at`` is the first contact: when we received the message, not when we parsed it.
    """
    at = at or clock.now()
    status = default_status(Category.NEW)
    person = requester.person  # the row stays the one that wrote; what is known is known of the person
    organization: Organization | None = person.organization
    ticket = Ticket.objects.create(
        brand=brand,
        channel=channel,
        direction=direction,
        subject=storable(subject).strip()[:400],
        language=language or person.language or brand.language,
        requester=requester,
        organization=organization,
        team=team,
        assignee=assignee,
        status=status,
        category=status.category,
        priority=priority,
        topic=topic,
        service=service,
        is_test=is_test,
        opened_at=at,
        active_at=at,
        thread_key=get_random_string(12, KEY_ALPHABET),
    )
    record(
        TicketOpened(
            ticket_id=ticket.pk,
            brand_id=brand.pk,
            channel=channel,
            direction=direction,
            requester_id=requester.pk,
            organization_id=organization.pk if organization else None,
            tier=organization.tier if organization else "",
            team_id=team.pk if team else None,
            assignee_id=assignee.pk if assignee else None,
            status_id=status.pk,
            category=status.category,
            priority=priority,
            topic_id=topic.pk if topic else None,
            service_id=service.pk if service else None,
            subject=ticket.subject,
        ),
        actor=actor,
        at=at,
    )
    return ticket
