"""Verbs for what only the customer can say: that it is solved, or that it is not."""

from datetime import datetime

from django.db import transaction

from journal.actor import Actor
from people.models import Contact
from tickets.commands.base import begin
from tickets.commands.fields import move
from tickets.models import Category, Ticket
from tickets.status import default_status


@transaction.atomic
def confirm_solved(ticket_id: int, *, contact: Contact, at: datetime | None = None) -> Ticket:
    """The customer says that it is done. Of what is solved already nothing changes."""
    ticket, at = begin(ticket_id, at)
    if ticket.category >= Category.RESOLVED:
        return ticket
    return move(ticket, default_status(Category.RESOLVED), actor=Actor.contact(contact), at=at)


@transaction.atomic
def say_unsolved(ticket_id: int, *, contact: Contact, at: datetime | None = None) -> Ticket:
    """The customer says that what we did has not helped: it is open again, and waits for us since now."""
    ticket, at = begin(ticket_id, at)
    if ticket.category < Category.RESOLVED:
        return ticket
    move(ticket, default_status(Category.OPEN), actor=Actor.contact(contact), at=at)
    ticket.waiting_since = at
    ticket.save(update_fields=["waiting_since"])
    return ticket
