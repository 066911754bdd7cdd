"""Telling of warnings and breaches at the second they are due, once each.

What is due is read without locks. Then, a chunk at a time: lock the tickets, skipping those somebody else
works on (the next sweep finds them again), look at the clocks under the lock, record, and write what was
told in two updates however many there are. A clock need not be derived for that: nothing but what was told
changes, and the next derivation reads it from the journal.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F

from common import clock
from journal.actor import Actor
from journal.models import Entry
from journal.record import record
from sla import events as e
from sla.models import Clock, Promise
from tickets.commands import note_due
from tickets.models import Ticket

log = structlog.get_logger(__name__)

SWEEP = Actor.system("sla")
MOST_AT_ONCE = 2000
CHUNK = 50  # tickets a transaction


def fire(now: datetime | None = None, *, ticket_id: int | None = None) -> int:
    """Tell whatever is due, of one ticket if it is named; returns how many warnings and breaches."""
    now = now or clock.now()
    due = Clock.objects.filter(next_at__lte=now).order_by("next_at")
    if ticket_id is not None:
        due = due.filter(ticket=ticket_id)
    ticket_ids = list(dict.fromkeys(due.values_list("ticket_id", flat=True)[:MOST_AT_ONCE]))
    told = 0
    for start in range(0, len(ticket_ids), CHUNK):
        told += _tell_safely(ticket_ids[start : start + CHUNK], now)
    return told


def _tell_safely(ticket_ids: list[int], now: datetime) -> int:
    """One that cannot be told holds up no other."""
    try:
        return _tell(ticket_ids, now)
    except Exception:
        log.exception("sla.fire_failed", tickets=ticket_ids)
        if len(ticket_ids) == 1:
            return 0
        return sum(_tell_safely([ticket_id], now) for ticket_id in ticket_ids)


@transaction.atomic
def _tell(ticket_ids: Sequence[int], now: datetime) -> int:
    free = Ticket.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=ticket_ids)
    locked = list(free.order_by("pk").values_list("pk", flat=True))
    clocks = list(Clock.objects.filter(ticket_id__in=locked, next_at__lte=now).order_by("next_at", "pk"))
    warned, breached, broken = [], [], []
    made = _promised(row.ordinal for row in clocks if row.target == Clock.Target.PROMISE)
    told = 0
    for row in clocks:
        for kind, at in _due(row, now):
            told += 1
            if kind == "warned":
                warned.append(row.pk)
                due_at = row.due_at.isoformat() if row.due_at else ""
                record(e.SlaWarned(row.ticket_id, row.target, row.ordinal, due_at), actor=SWEEP, at=at)
            elif row.target == Clock.Target.PROMISE:
                broken.append(row)
                broke = e.PromiseBroken(row.ticket_id, row.ordinal, at.isoformat())
                record(broke, actor=SWEEP, at=at, cause=made.get(row.ordinal))
            else:
                breached.append(row.pk)
                breach = e.SlaBreached(row.ticket_id, row.target, row.ordinal, at.isoformat())
                record(breach, actor=SWEEP, at=at)
    if warned:
        Clock.objects.filter(pk__in=warned).update(warned_due=F("warn_at"), next_at=F("due_at"))
    if breached:
        Clock.objects.filter(pk__in=breached).update(breached_due=F("due_at"), next_at=None)
    if broken:
        _break(broken)
    return told


def _promised(promise_ids: Iterable[int]) -> dict[int, Entry]:
    """The entries by which these were promised: a rule that promises anew once one is broken must end."""
    wanted = set(promise_ids)
    if not wanted:
        return {}
    streams = Promise.objects.filter(pk__in=wanted).values("ticket_id")
    made = Entry.objects.filter(stream_type="ticket", stream_id__in=streams, kind=e.PromiseMade.kind)
    return {entry.data["promise_id"]: entry for entry in made if entry.data["promise_id"] in wanted}


def _due(row: Clock, now: datetime) -> Iterator[tuple[str, datetime]]:
    """What of this clock has come due, in order; both, when nobody looked for long."""
    if row.state == Clock.State.RUNNING and row.warn_at is not None and row.warned_due != row.warn_at:
        yield "warned", row.warn_at
    if row.due_at is not None and row.due_at <= now:
        yield "breached", row.due_at


def _break(rows: Sequence[Clock]) -> None:
    """A broken promise has ended; what presses its ticket now is another clock."""
    Clock.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Clock.State.BREACHED,
        stopped_at=F("due_at"),
        counted_seconds=F("target_seconds"),
        elapsed_seconds=F("target_seconds"),
        breached_due=F("due_at"),
        next_at=None,
        at_risk=False,
        forecast_at=None,
    )
    Promise.objects.filter(pk__in=[row.ordinal for row in rows]).update(
        state=Promise.State.BROKEN, ended_at=F("due_at")
    )
    for ticket_id in sorted({row.ticket_id for row in rows}):
        running = Clock.objects.filter(ticket_id=ticket_id, state=Clock.State.RUNNING, due_at__isnull=False)
        note_due(ticket_id, due_at=running.order_by("due_at").values_list("due_at", flat=True).first())
