"""Merging moves no row: the survivor shows and counts the messages of what leads to it."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import moment, record
from tickets import errors
from tickets.commands.participants import join
from tickets.commands.posting import recount
from tickets.events import MergeReceived, MergeUndone, TicketMerged, TicketUnmerged
from tickets.models import Ticket


@transaction.atomic
def merge(ticket_id: int, *, into: int, actor: Actor, at: datetime | None = None) -> Ticket:
    """Make ``ticket_id`` part of ``into``, which survives: returns the survivor.

    Its requester and participants take part there. Tickets of two brands never mix. Can be undone.
    """
    ticket, survivor = Ticket.objects.lock_all(ticket_id, into)
    if ticket.merged_into_id == into:
        return survivor
    if ticket.pk == survivor.pk:
        raise errors.CannotMerge(_("A ticket cannot be merged into itself."))
    if ticket.merged_into_id is not None:
        raise errors.Merged(ticket.pk, ticket.merged_into_id)
    if survivor.merged_into_id is not None:
        raise errors.Merged(survivor.pk, survivor.merged_into_id)
    if ticket.brand_id != survivor.brand_id:
        raise errors.CannotMerge(_("Tickets of two brands cannot be merged."))
    at = at or max(moment("ticket", ticket.pk), moment("ticket", survivor.pk))
    ticket.merged_into = survivor
    ticket.save(update_fields=["merged_into"])
    survivor.active_at = max(survivor.active_at, at)
    survivor.save(update_fields=["active_at"])
    record(TicketMerged(ticket.pk, survivor.pk), actor=actor, at=at)
    record(MergeReceived(survivor.pk, ticket.pk), actor=actor, at=at)
    others = [participant.contact for participant in ticket.participants.select_related("contact")]
    for contact in [ticket.requester, *others]:
        if contact.pk != survivor.requester_id:
            join(survivor, contact, in_copy=True, actor=actor, at=at)
    recount(survivor)
    return survivor


@transaction.atomic
def unmerge(ticket_id: int, *, actor: Actor, at: datetime | None = None) -> Ticket:
    """Undo a merge: the ticket stands by itself again. Returns it.

    Answers to it that came after the merge are its own messages (``receive_message``) and go with it.
    """
    into: int | None = Ticket.objects.values_list("merged_into_id", flat=True).get(pk=ticket_id)
    if into is None:
        return Ticket.objects.get(pk=ticket_id)
    ticket, survivor = Ticket.objects.lock_all(ticket_id, into)
    if ticket.merged_into_id != survivor.pk:
        return ticket
    at = at or max(moment("ticket", ticket.pk), moment("ticket", survivor.pk))
    ticket.merged_into = None
    ticket.active_at = max(ticket.active_at, at)
    ticket.save(update_fields=["merged_into", "active_at"])
    record(TicketUnmerged(ticket.pk, survivor.pk), actor=actor, at=at)
    record(MergeUndone(survivor.pk, ticket.pk), actor=actor, at=at)
    recount(ticket)
    recount(survivor)
    return ticket
