"""Writing down what was derived: clocks, promises, the ticket's due time, breaches that hold no longer."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from calendars.versions import working_time
from common import statements
from common.statements import Prepared
from journal import registry
from journal.actor import Actor
from journal.models import Entry
from journal.record import record
from sla import clock
from sla import events as e
from sla import facts as f
from sla.clock import Clock as Derived
from sla.history import Row, facts_of, last_applied, rows_of
from sla.matching import match
from sla.models import Clock, Promise
from tickets.commands import note_due

SYSTEM = Actor.system("sla")

COLUMNS = (
    "policy_version_id", "calendar_version_id", "state", "started_at", "stopped_at", "due_at", "warn_at",
    "next_at", "target_seconds", "remaining_seconds", "counted_seconds", "elapsed_seconds", "is_business",
    "warned_due", "breached_due", "due_by_hand",
)  # fmt: skip
_COLUMNS = (*(name.removesuffix("_id") for name in COLUMNS), "at_risk", "forecast_at")
_CLOCKS: Prepared[Clock] = Prepared(lambda ticket: Clock.objects.filter(ticket=ticket), ticket=int)
_PROMISES = {
    clock.RUNNING: Promise.State.OPEN,
    clock.MET: Promise.State.KEPT,
    clock.MISSED: Promise.State.BROKEN,
    clock.VOID: Promise.State.WITHDRAWN,
}


def follow(entry: Entry, *, matches: bool, reason: str) -> None:
    """Count a ticket's clocks anew after ``entry``; ``matches``: another policy may apply to it now.

    The caller holds the ticket's lock.
    """
    ticket_id = entry.stream_id
    begins = entry.sequence == 1
    rows = [Row.of(entry)] if begins else rows_of([ticket_id])
    if matches:
        news = apply(ticket_id, rows, reason=reason, actor=SYSTEM, at=entry.happened_at, cause=entry)
        if news is not None:
            rows.append(Row.of(news))
    write(ticket_id, rows, trigger=entry, reason=reason, existing=[] if begins else None)


def apply(
    ticket_id: int,
    rows: Sequence[Row],
    *,
    reason: str,
    actor: Actor,
    at: datetime | None,
    cause: Entry | None = None,
) -> Entry | None:
    """Record the policy that fits the ticket now, if that is news. Recounting is the caller's."""
    found = match(ticket_id)
    if not found.is_news(last_applied(rows, ticket_id)):
        return None
    news = e.SlaPolicyApplied(
        ticket_id, found.policy_version_id, found.calendar_version_id, found.targets, reason
    )
    return record(news, actor=actor, at=at, cause=cause)


def recount(ticket_id: int, *, trigger: Entry | None = None, reason: str = "") -> None:
    """Derive a ticket's clocks from its journal."""
    write(ticket_id, rows_of([ticket_id]), trigger=trigger, reason=reason)


def write(
    ticket_id: int,
    rows: Sequence[Row],
    *,
    trigger: Entry | None,
    reason: str,
    existing: Iterable[Clock] | None = None,
) -> None:
    """Make the rows what the facts say. ``existing`` are the ticket's, if they are at hand.

    While replaying nothing is recorded: what happened has been told.
    """
    derived = clock.derive(facts_of(ticket_id, rows), working_time)
    kept = {(one.target, one.ordinal): one for one in derived if _is_kept(one)}
    found = _CLOCKS.all(ticket=ticket_id) if existing is None else existing
    stored = {(row.target, row.ordinal): row for row in found}
    changed = _synchronise(ticket_id, kept, stored)
    promises = [one for key, one in kept.items() if key[0] == f.PROMISE]
    tells = trigger is not None and not registry.replaying()
    if promises:
        _follow_promises(ticket_id, promises, trigger if tells else None)
    if changed or registry.replaying():
        note_due(ticket_id, due_at=most_pressing(kept.values()))
    if tells and trigger is not None:
        for one in derived:
            for told in sorted(one.lost):
                record(
                    e.SlaBreachWithdrawn(
                        ticket_id,
                        one.target,
                        one.ordinal,
                        told.isoformat(),
                        one.due_at.isoformat() if one.due_at and one.due_at > told else None,
                        reason,
                    ),
                    actor=trigger.actor,
                    at=trigger.happened_at,
                    cause=trigger,
                )


def _is_kept(one: Derived) -> bool:
    """Without a target there is nothing to keep."""
    return one.target == f.PROMISE or one.by_hand or one.aim.seconds is not None


def most_pressing(clocks: Iterable[Derived]) -> datetime | None:
    return min((one.due_at for one in clocks if one.state == clock.RUNNING and one.due_at), default=None)


def _synchronise(
    ticket_id: int, kept: dict[tuple[str, int], Derived], stored: dict[tuple[str, int], Clock]
) -> bool:
    """Insert, change and delete rows; True when there was anything to do."""
    new: list[Clock] = []
    different: list[Clock] = []
    for (target, ordinal), one in kept.items():
        values = columns(one)
        row = stored.pop((target, ordinal), None)
        if row is None:
            new.append(Clock(ticket_id=ticket_id, target=target, ordinal=ordinal, **values))
        elif any(getattr(row, name) != value for name, value in values.items()):
            if one.state != clock.RUNNING or row.due_at != one.due_at:
                row.at_risk, row.forecast_at = False, None  # until the next forecast, if it looks that far
            for name, value in values.items():
                setattr(row, name, value)
            different.append(row)
    if stored:
        Clock.objects.filter(pk__in=[row.pk for row in stored.values()]).delete()
    for row in different:
        statements.update(row, *_COLUMNS)
    if len(new) == 1:
        statements.insert(new[0])
    elif new:
        Clock.objects.bulk_create(new)
    return bool(new or different or stored)


def columns(one: Derived) -> dict[str, Any]:
    """What the row of a clock says, at-risk aside."""
    return {
        "policy_version_id": one.plan.policy_version_id if one.plan else None,
        "calendar_version_id": one.plan.calendar_version_id if one.plan and one.aim.is_business else None,
        "state": one.state,
        "started_at": one.started_at,
        "stopped_at": one.stopped_at,
        "due_at": one.due_at,
        "warn_at": one.warn_at,
        "next_at": one.next_at,
        "target_seconds": one.aim.seconds,
        "remaining_seconds": _seconds(one.remaining),
        "counted_seconds": _seconds(one.counted),
        "elapsed_seconds": _seconds(one.elapsed),
        "is_business": one.aim.is_business,
        "warned_due": one.warned_due,
        "breached_due": one.breached_due,
        "due_by_hand": one.by_hand and one.target != f.PROMISE,
    }


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds())


def _follow_promises(ticket_id: int, promises: Sequence[Derived], trigger: Entry | None) -> None:
    """Bring the promises' own state along, and tell of one that a reply has just kept.

    Two tickets have a clock for it once one is merged into the other; only the survivor's knows all that
    was said since, so only that one speaks. Out of sight it is promised all the same.
    """
    rows = {row.pk: row for row in Promise.objects.filter(pk__in=[one.ordinal for one in promises])}
    for one in promises:
        row = rows.get(one.ordinal)
        if row is None or one.is_handed_on:
            continue
        is_hidden = one.state == clock.VOID and not one.is_taken_back
        state = Promise.State.OPEN if is_hidden else _PROMISES[one.state]
        ended_at = None if state == Promise.State.OPEN else one.stopped_at
        if (row.state, row.ended_at) == (state, ended_at):
            continue
        is_news = state == Promise.State.KEPT and row.state != state
        row.state, row.ended_at = state, ended_at
        row.save(update_fields=["state", "ended_at"])
        if is_news and trigger is not None and trigger.kind != e.PromiseKept.kind:
            record(
                e.PromiseKept(ticket_id, row.pk, by_hand=False),
                actor=trigger.actor,
                at=trigger.happened_at,
                cause=trigger,
            )
