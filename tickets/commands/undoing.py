"""Taking back what somebody has just done by mistake."""

from datetime import datetime

from django.db import transaction

from journal.actor import Actor
from journal.models import Entry
from tickets.commands.base import begin
from tickets.commands.fields import move
from tickets.commands.posting import recount
from tickets.events import ReplyPosted, StatusChanged
from tickets.models import Category, Status, Ticket
from tickets.status import check_transition


@transaction.atomic
def undo_status(ticket_id: int, *, to: Status, actor: Actor, at: datetime | None = None) -> Ticket:
    """Go back to ``to``, the status before the last change; whoever waited for us waits again.

    As ``set_status``, with one way more: a ticket that was new until that change, and that nobody has
    answered since, is new again. Raises ``WrongTransition`` for any other way that the table does not have.
    """
    ticket, at = begin(ticket_id, at)
    if ticket.status_id == to.pk:
        return ticket
    if not (to.category == Category.NEW and _was_new(ticket, to)):
        check_transition(ticket, to)
    move(ticket, to, actor=actor, at=at, is_checked=True)
    recount(ticket)
    return ticket


def _was_new(ticket: Ticket, status: Status) -> bool:
    entries = Entry.objects.filter(
        stream_type="ticket", stream_id=ticket.pk, kind__in=[StatusChanged.kind, ReplyPosted.kind]
    )
    last = entries.order_by("-sequence").first()
    return (
        last is not None
        and last.kind == StatusChanged.kind
        and last.data["old_status_id"] == status.pk
        and last.data["old_category"] == Category.NEW
    )
