"""Verbs for the clocks of one ticket."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from calendars.versions import working_time
from common.text import one_line, storable
from journal.actor import Actor
from journal.record import record
from sla import clock, reapplying, use
from sla.events import SlaDueSet
from sla.facts import TARGETS
from sla.history import facts_of
from sla.models import Clock
from tickets import errors
from tickets.commands.base import begin
from tickets.commands.hiding import LONGEST_SNOOZE


@transaction.atomic
def set_due(
    ticket_id: int,
    *,
    target: str,
    ordinal: int = 0,
    due_at: datetime | None,
    reason: str,
    actor: Actor,
    at: datetime | None = None,
) -> None:
    """Set by hand when a clock that is open is due, whatever the policy says; None gives it back to it.

    A reason is required. Raises ``errors.Invalid`` where no such clock runs.
    """
    ticket, at = begin(ticket_id, at)
    reason = one_line(storable(reason), 400)
    if target not in TARGETS:
        raise errors.Invalid("target", _("There is no such target."))
    if not reason:
        raise errors.Invalid("reason", _("Say why the time is changed."))
    if due_at is not None and not at < due_at <= at + LONGEST_SNOOZE:
        raise errors.Invalid("due_at", _("Choose a time that is still to come."))
    running = next(
        (
            one
            for one in clock.derive(facts_of(ticket.pk), working_time)
            if one.is_open and (one.target, one.ordinal) == (target, ordinal)
        ),
        None,
    )
    if running is None:
        label = Clock.Target(target).label
        raise errors.Invalid("target", _("No “%(target)s” is running on this ticket.") % {"target": label})
    if due_at == (running.due_at if running.by_hand else None):
        return
    use.begin()
    record(
        SlaDueSet(ticket.pk, target, ordinal, due_at.isoformat() if due_at else None, reason),
        actor=actor,
        at=at,
    )


@transaction.atomic
def reapply(ticket_id: int, *, reason: str, actor: Actor, at: datetime | None = None) -> bool:
    """Apply the policy that fits the ticket now and recount it; False when that is no news."""
    return reapplying.reapply_one(ticket_id, reason=reason, actor=actor, at=at)
