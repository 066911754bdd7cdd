"""What rules have planned for later: closing a ticket unless the customer writes.

A plan is cancelled when the customer writes, when somebody works on the ticket again, and when its rule is no
longer in force. Its time is a row; a sweep reads what is due without locks, then takes each ticket's lock,
looks again, and acts.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Max, QuerySet

from common import clock
from common.statements import Statement
from journal.actor import Actor
from journal.models import Entry
from journal.record import because, record
from routing.events import ActionCancelled, ActionDue
from routing.models import ScheduledAction
from tickets import commands, errors
from tickets.models import Category, Ticket
from tickets.status import default_status

log = structlog.get_logger(__name__)

State = ScheduledAction.State
MOST_AT_ONCE = 500


def plan(
    ticket_id: int, rule_id: int, version_id: int, entry: Entry, action: dict[str, object], due_at: datetime
) -> ScheduledAction:
    """Remember it, with the ticket locked; what the same rule had planned for it before is replaced."""
    now = clock.now()
    ScheduledAction.objects.filter(ticket_id=ticket_id, rule_id=rule_id, state=State.WAITING).update(
        state=State.CANCELLED, ended_at=now, reason="replaced"
    )
    return ScheduledAction.objects.create(
        ticket_id=ticket_id,
        rule_id=rule_id,
        version_id=version_id,
        entry=entry,
        after_entry_id=_entries(ticket_id).aggregate(last=Max("pk"))["last"] or 0,
        action=action,
        created_at=now,
        due_at=due_at,
    )


def _entries(ticket_id: int) -> QuerySet[Entry]:
    return Entry.objects.filter(stream_type="ticket", stream_id=ticket_id)


# Asked for every message: as a statement it costs a fifth of what the ORM takes. As in cancel_for().
_CANCELS = Statement(
    "routing_scheduledaction",
    """
    SELECT 1 FROM routing_scheduledaction
     WHERE ticket_id = %s AND state = 'waiting' AND after_entry_id < %s AND (cancel_on_customer OR NOT %s)
       AND entry_id IS DISTINCT FROM %s LIMIT 1
    """,
)


def cancels_any(entry: Entry) -> bool:
    """Whether an entry of a ticket cancels anything. What is planned later knows of it."""
    reason = reason_to_cancel(entry.kind, entry.data)
    if not reason:
        return False
    with connection.cursor() as cursor:
        _CANCELS.run(cursor, [entry.stream_id, entry.pk, reason == "customer", entry.cause_id])
        return cursor.fetchone() is not None


def cancel_for(entry: Entry) -> int:
    """What an entry of a ticket cancels; returns how many. Idempotent."""
    if not cancels_any(entry):
        return 0
    reason = reason_to_cancel(entry.kind, entry.data)
    # What was planned after this entry was written knew of it.
    waiting = ScheduledAction.objects.filter(
        ticket_id=entry.stream_id, state=State.WAITING, after_entry_id__lt=entry.pk
    )
    if reason == "customer":
        waiting = waiting.filter(cancel_on_customer=True)
    if entry.cause_id is not None:
        # Nor does a rule cancel what it has just planned, by what it does besides.
        waiting = waiting.exclude(entry_id=entry.cause_id)
    Ticket.objects.lock(entry.stream_id)
    found = list(waiting.select_for_update())
    for one in found:
        _cancel(one, reason)
    return len(found)


def reason_to_cancel(kind: str, data: Mapping[str, Any]) -> str:
    """Why such an entry cancels what was planned, as a code; empty when it does not."""
    if kind == "message_received" and not data.get("side_thread_id") and not data.get("is_thanks"):
        return "customer"
    if kind == "thanks_undone":
        return "customer"
    if kind == "status_changed":
        old, new = data["old_category"], data["new_category"]
        if new < Category.RESOLVED <= old or new <= Category.OPEN < old:
            return "reopened"
    return ""


def _cancel(one: ScheduledAction, reason: str) -> None:
    one.state, one.ended_at, one.reason = State.CANCELLED, clock.now(), reason
    one.save(update_fields=["state", "ended_at", "reason"])
    record(
        ActionCancelled(one.ticket_id, one.rule_id, one.pk, one.action, reason),
        actor=Actor.system(f"rule:{one.rule_id}"),
    )


def run_due() -> int:
    """Do what is due; returns how many tickets were acted on."""
    due = ScheduledAction.objects.filter(state=State.WAITING, due_at__lte=clock.now()).order_by("due_at")
    done = 0
    for pk, ticket_id in list(due.values_list("pk", "ticket_id")[:MOST_AT_ONCE]):
        try:
            with transaction.atomic():
                done += _run(pk, ticket_id)
        except Exception:  # one that cannot be done holds up no other
            log.exception("rules.scheduled_crashed", ticket_id=ticket_id, scheduled_id=pk)
    return done


def _run(pk: int, ticket_id: int) -> bool:
    ticket = Ticket.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=ticket_id).first()
    if ticket is None:
        return False  # somebody is at it; the next sweep looks again
    one = ScheduledAction.objects.select_related("rule").filter(pk=pk, state=State.WAITING).first()
    if one is None:
        return False
    if reason := _why_not(one, ticket):
        _cancel(one, reason)
        return False
    # Caused by what the rule reacted to: so it is explained, and what it causes is the same rule's no more.
    entry = record(
        ActionDue(ticket.pk, one.rule_id, one.version_id, one.pk, one.action),
        actor=Actor.system(f"rule:{one.rule_id}"),
        cause=one.entry,
    )
    one.state, one.ended_at = State.DONE, clock.now()
    try:
        with transaction.atomic(), because(entry):
            commands.set_status(
                ticket.pk,
                status=default_status(Category.CLOSED),
                actor=Actor.system(f"rule:{one.rule_id}"),
            )
    except errors.TicketError as error:
        log.warning("rules.scheduled_failed", ticket_id=ticket.pk, rule_id=one.rule_id, error=error.code)
        one.state, one.reason = State.FAILED, error.message[:400]
    one.save(update_fields=["state", "ended_at", "reason"])
    return one.state == State.DONE


def _why_not(one: ScheduledAction, ticket: Ticket) -> str:
    """Why it is not done after all, as a code; what a worker has not told us of yet counts too."""
    if ticket.is_hidden:
        return "hidden"
    if not one.rule.is_enabled or one.rule.is_deleted:
        return "rule-off"
    later = _entries(ticket.pk).filter(pk__gt=one.after_entry_id)
    heard = later.filter(kind__in=["message_received", "thanks_undone", "status_changed"])
    reasons = (reason_to_cancel(entry.kind, entry.data) for entry in heard.exclude(cause_id=one.entry_id))
    return next(filter(None, reasons), "")
