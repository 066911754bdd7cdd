"""Verbs that put a ticket out of sight, for a while or for good, and back."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from common import clock
from journal.actor import Actor
from journal.record import record
from tickets import errors
from tickets.commands.base import begin
from tickets.events import (
    SpamMarked,
    SpamUnmarked,
    TicketDeleted,
    TicketRestored,
    TicketSnoozed,
    TicketWoken,
)
from tickets.models import Ticket

# Whoever means more means never, and the last hours of year 9999 lie in year 10000 elsewhere, which
# nothing could read back.
LONGEST_SNOOZE = timedelta(days=36525)


@transaction.atomic
def snooze(ticket_id: int, *, until: datetime, actor: Actor, at: datetime | None = None) -> Ticket:
    """Put the ticket aside until a time; a customer's message wakes it earlier."""
    ticket, at = begin(ticket_id, at)
    if ticket.snoozed_until == until:
        return ticket
    if until <= clock.now():
        raise errors.Invalid("until", _("Choose a time that is still to come."))
    if until > clock.now() + LONGEST_SNOOZE:
        raise errors.Invalid("until", _("Choose a day and a time."))
    if not ticket.is_open:
        raise errors.Invalid("until", _("A solved ticket needs no snooze."))
    ticket.snoozed_until = until
    ticket.save(update_fields=["snoozed_until"])
    record(TicketSnoozed(ticket.pk, until.isoformat()), actor=actor, at=at)
    return ticket


@transaction.atomic
def wake(ticket_id: int, *, actor: Actor, at: datetime | None = None) -> Ticket:
    ticket, at = begin(ticket_id, at)
    if ticket.snoozed_until is None:
        return ticket
    ticket.snoozed_until = None
    ticket.active_at = max(ticket.active_at, at)
    ticket.save(update_fields=["snoozed_until", "active_at"])
    record(TicketWoken(ticket.pk), actor=actor, at=at)
    return ticket


@transaction.atomic
def mark_spam(ticket_id: int, *, actor: Actor, at: datetime | None = None) -> Ticket:
    """Out of every list and figure, as if it had never come; nothing is deleted."""
    ticket, at = begin(ticket_id, at)
    if ticket.is_spam:
        return ticket
    ticket.is_spam = True
    ticket.save(update_fields=["is_spam"])
    record(SpamMarked(ticket.pk), actor=actor, at=at)
    return ticket


@transaction.atomic
def unmark_spam(ticket_id: int, *, actor: Actor, at: datetime | None = None) -> Ticket:
    ticket, at = begin(ticket_id, at)
    if not ticket.is_spam:
        return ticket
    ticket.is_spam = False
    ticket.save(update_fields=["is_spam"])
    record(SpamUnmarked(ticket.pk), actor=actor, at=at)
    return ticket


@transaction.atomic
def delete(ticket_id: int, *, actor: Actor, at: datetime | None = None) -> Ticket:
    """Hide the ticket from everybody. The journal stays; ``restore`` brings it back."""
    ticket, at = begin(ticket_id, at)
    if ticket.deleted_at is not None:
        return ticket
    ticket.deleted_at = at
    ticket.save(update_fields=["deleted_at"])
    record(TicketDeleted(ticket.pk), actor=actor, at=at)
    return ticket


@transaction.atomic
def restore(ticket_id: int, *, actor: Actor, at: datetime | None = None) -> Ticket:
    ticket, at = begin(ticket_id, at)
    if ticket.deleted_at is None:
        return ticket
    ticket.deleted_at = None
    ticket.save(update_fields=["deleted_at"])
    record(TicketRestored(ticket.pk), actor=actor, at=at)
    return ticket
