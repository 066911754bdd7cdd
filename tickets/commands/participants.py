from datetime import datetime

from django.db import transaction

from journal.actor import Actor
from journal.record import record
from people.models import Contact, User
from tickets.commands.base import begin
from tickets.events import FollowerAdded, FollowerRemoved, ParticipantAdded, ParticipantRemoved
from tickets.models import Follower, Participant, Ticket


def join(ticket: Ticket, contact: Contact, *, in_copy: bool, actor: Actor, at: datetime) -> Participant:
    """``add_participant`` on a ticket that the caller has locked."""
    participant, created = Participant.objects.get_or_create(
        ticket=ticket, contact=contact, defaults={"in_copy": in_copy, "added_at": at}
    )
    if created:
        record(ParticipantAdded(ticket.pk, contact.pk, in_copy), actor=actor, at=at)
    return participant


@transaction.atomic
def add_participant(
    ticket_id: int, *, contact: Contact, actor: Actor, in_copy: bool = True, at: datetime | None = None
) -> Ticket:
    """Let somebody on the customer's side take part. The requester takes part already."""
    ticket, at = begin(ticket_id, at)
    if contact.pk != ticket.requester_id:
        join(ticket, contact, in_copy=in_copy, actor=actor, at=at)
    return ticket


@transaction.atomic
def remove_participant(
    ticket_id: int, *, contact: Contact, actor: Actor, at: datetime | None = None
) -> Ticket:
    ticket, at = begin(ticket_id, at)
    if Participant.objects.filter(ticket=ticket, contact=contact).delete()[0]:
        record(ParticipantRemoved(ticket.pk, contact.pk), actor=actor, at=at)
    return ticket


@transaction.atomic
def follow(ticket_id: int, *, user: User, actor: Actor, at: datetime | None = None) -> Ticket:
    """Let a colleague hear of the ticket, and see it."""
    ticket, at = begin(ticket_id, at)
    if Follower.objects.get_or_create(ticket=ticket, user=user)[1]:
        record(FollowerAdded(ticket.pk, user.pk), actor=actor, at=at)
    return ticket


@transaction.atomic
def unfollow(ticket_id: int, *, user: User, actor: Actor, at: datetime | None = None) -> Ticket:
    ticket, at = begin(ticket_id, at)
    if Follower.objects.filter(ticket=ticket, user=user).delete()[0]:
        record(FollowerRemoved(ticket.pk, user.pk), actor=actor, at=at)
    return ticket
