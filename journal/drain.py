"""Delivering entries to their after-commit subscribers: in order, once, each in its own transaction."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import F
from psycopg2.errors import LockNotAvailable

from common import clock
from common.locks import alone
from journal import registry
from journal.causes import because, draining
from journal.models import Delivery, Entry, StaleStream

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 8
_SWEEP_AFTER = timedelta(seconds=2)  # what is younger is on its way through Celery
_LOCK = 0x6A726E6C  # "jrnl": our advisory locks among others'
_AT_ONCE = 20  # deliveries looked at together, of which one is handed over


def drain(stream_type: str, stream_id: int) -> int:
    """Deliver whatever is due on a stream; returns how many deliveries were settled.

    Each subscriber has its own order: one that fails stops for a while, the others go on. What the
    subscribers themselves record on the stream is delivered here too, so that nobody else is asked for it.
    """
    done = 0
    with draining(stream_type, stream_id):
        while settled := _deliver_all(stream_type, stream_id):
            done += settled
    return done


def _deliver_all(stream_type: str, stream_id: int) -> int:
    """One round: each hears of what waits for it now, an urgent one also of what follows from that."""
    done, waiting = _settle_idle(stream_type, stream_id)
    for subscriber in sorted(waiting, key=_rank):
        goes_on = True
        while goes_on:
            settled, goes_on = _deliver_next(stream_type, stream_id, subscriber)
            done += settled
    return done


# These run for every entry there is, several times: as statements they cost a fifth of what the ORM takes.
_FIELDS = [field.attname for field in Entry._meta.concrete_fields]
_OF_ENTRY = ", ".join(f"entry.{field.column}" for field in Entry._meta.concrete_fields)
# The first of every subscriber's.
_WAITING = f"""
    SELECT delivery.id, delivery.subscriber, delivery.attempts, delivery.not_before, {_OF_ENTRY}
      FROM (
        SELECT *, row_number() OVER (PARTITION BY subscriber ORDER BY entry_id) AS place
          FROM journal_delivery WHERE stream_type = %s AND stream_id = %s AND NOT parked
      ) AS delivery JOIN journal_entry AS entry ON entry.id = delivery.entry_id
     WHERE delivery.place <= %s
     ORDER BY delivery.entry_id
"""  # noqa: S608 - made of constants
_NEXT = f"""
    SELECT delivery.id, delivery.subscriber, delivery.attempts, delivery.not_before, {_OF_ENTRY}
      FROM journal_delivery AS delivery JOIN journal_entry AS entry ON entry.id = delivery.entry_id
     WHERE delivery.stream_type = %s AND delivery.stream_id = %s AND delivery.subscriber = %s
       AND NOT delivery.parked
     ORDER BY delivery.entry_id LIMIT %s
       FOR NO KEY UPDATE OF delivery NOWAIT
"""  # noqa: S608 - made of constants
# What somebody else is at is theirs to settle.
_SETTLE_IDLE = """
    DELETE FROM journal_delivery WHERE id IN (
        SELECT id FROM journal_delivery WHERE id = ANY(%s) FOR UPDATE SKIP LOCKED
    )
"""


@dataclass(frozen=True, slots=True)
class _Pending:
    """A delivery as it was read, with its entry."""

    id: int
    subscriber: str
    attempts: int
    not_before: datetime
    entry: Entry


def _read(statement: str, *values: str | int) -> list[_Pending]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    found = []
    for pk, subscriber, attempts, not_before, *columns in rows:
        entry = Entry.from_db(connection.alias, _FIELDS, columns)
        if isinstance(entry.data, str):
            entry.data = json.loads(entry.data)
        found.append(_Pending(pk, subscriber, attempts, not_before, entry))
    return found


def _settle_idle(stream_type: str, stream_id: int) -> tuple[int, set[str]]:
    """Settle at once what subscribers have no use for; (how many that were, who has something left)."""
    waiting: dict[str, list[_Pending]] = {}
    for delivery in _read(_WAITING, stream_type, stream_id, _AT_ONCE):
        waiting.setdefault(delivery.subscriber, []).append(delivery)
    idle: list[int] = []
    left: set[str] = set()
    for subscriber, deliveries in waiting.items():
        number = _number_idle(deliveries, subscriber)
        idle += [delivery.id for delivery in deliveries[:number]]
        if number < len(deliveries) or number == _AT_ONCE:
            left.add(subscriber)
    if not idle:
        return 0, left
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_IDLE, [idle])
        return cursor.rowcount, left


def _rank(subscriber: str) -> tuple[bool, str]:
    return (not _is_urgent(subscriber), subscriber)


def _is_urgent(subscriber: str) -> bool:
    sub = registry.after.get(subscriber)
    return sub is not None and sub.urgent


def _deliver_next(stream_type: str, stream_id: int, subscriber: str) -> tuple[int, bool]:
    """Settle the first pending delivery, and before it those that the subscriber has no use for.

    Tells how many that were, and whether to go on: not when none is left, it is not due, or it failed; nor
    when another worker is at it, who looks again when that is settled and so finds whatever we were asked
    for. SKIP LOCKED would take a later one first.
    """
    try:
        return _settle_next(stream_type, stream_id, subscriber)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):
            return 0, False
        raise


def _settle_next(stream_type: str, stream_id: int, subscriber: str) -> tuple[int, bool]:
    with transaction.atomic():
        pending = _read(_NEXT, stream_type, stream_id, subscriber, _AT_ONCE)
        if not pending:
            return 0, False
        done = _number_idle(pending, subscriber)
        goes_on = True
        if done < len(pending):
            goes_on = _try(pending[done])
            done += goes_on
        if done:
            with connection.cursor() as cursor:
                settled = [delivery.id for delivery in pending[:done]]
                cursor.execute("DELETE FROM journal_delivery WHERE id = ANY(%s)", [settled])
        left = done < len(pending) or len(pending) == _AT_ONCE
        return done, goes_on and (left or _is_urgent(subscriber))


def _number_idle(pending: Sequence[_Pending], subscriber: str) -> int:
    """How many of them, from the first on, the subscriber has no use for."""
    sub = registry.after.get(subscriber)
    if sub is None or sub.hears is None:
        return 0
    for number, delivery in enumerate(pending):
        try:
            heard = sub.hears(delivery.entry)
        except Exception:
            heard = True  # it will raise where that is counted
        if heard:
            return number
    return len(pending)


def _try(delivery: _Pending) -> bool:
    if delivery.not_before > clock.now():
        return False
    try:
        with transaction.atomic():
            _hand_over(delivery.entry, delivery.subscriber)
    except Exception as error:
        _fail(delivery, error)
        return False
    return True


def _hand_over(entry: Entry, subscriber: str) -> None:
    if subscriber.startswith("replay:"):
        replay(subscriber.removeprefix("replay:"), entry.stream_type, entry.stream_id)
        return
    sub = registry.after.get(subscriber)
    if sub is not None:  # a subscriber that no longer exists has nothing to hear
        with because(entry):
            sub.handle(entry, entry.event)


def _fail(delivery: _Pending, error: Exception) -> None:
    attempts = delivery.attempts + 1
    parked = attempts >= MAX_ATTEMPTS
    wait = timedelta(seconds=min(2**attempts, 3600))
    Delivery.objects.filter(pk=delivery.id).update(
        attempts=attempts, parked=parked, error=repr(error)[:2000], not_before=clock.now() + wait
    )
    told = f"{delivery.subscriber} ← {delivery.entry.stream_type}:{delivery.entry.stream_id}"
    log.error("journal.delivery_failed", delivery=told, attempts=attempts, parked=parked, exc_info=error)


def sweep(limit: int = 500, seconds: float = 20.0) -> int:
    """Drain streams whose deliveries nobody has settled: a lost broker, a crash, a backoff that ended.

    Two at once at most, from either end: under load a third would do no more than ask about the streams the
    others are at, and keep the worker from what it is asked for. Two, since one may hang.
    """
    due = clock.now() - _SWEEP_AFTER
    for slot in range(2):
        with alone(_LOCK, slot) as mine:
            if mine:
                return sweep_before(due, limit=limit, seconds=seconds, newest_first=slot > 0)
    return 0


def sweep_before(
    due: datetime, *, limit: int = 500, seconds: float = 20.0, newest_first: bool = False
) -> int:
    """Drain streams with a delivery due at ``due``, oldest first, for at most ``seconds``."""
    until = monotonic() + seconds
    streams = list(
        Delivery.objects.filter(parked=False, not_before__lte=due)
        .order_by("not_before")
        .values_list("stream_type", "stream_id")[:limit]
    )
    if newest_first:
        streams.reverse()
    done = 0
    for stream_type, stream_id in dict.fromkeys(streams):
        if monotonic() > until:
            break
        done += drain(stream_type, stream_id)
    return done


def unpark(subscriber: str | None = None) -> int:
    """Let parked deliveries try again from the start, after the cause was mended."""
    parked = Delivery.objects.filter(parked=True)
    if subscriber:
        parked = parked.filter(subscriber=subscriber)
    return parked.update(parked=False, attempts=0, error="", not_before=clock.now())


def replay(subscriber: str, stream_type: str, stream_id: int) -> int:
    """Rebuild what an inline subscriber keeps of one stream from its entries; returns their number."""
    sub = registry.inline[subscriber]
    with transaction.atomic(), registry.replay_mode():
        sub.reset(stream_type, stream_id)
        entries = Entry.objects.filter(
            stream_type=stream_type, stream_id=stream_id, kind__in=sub.kinds
        ).order_by("sequence")
        count = 0
        for entry in entries.iterator(chunk_size=500):
            sub.handle(entry, entry.event)
            count += 1
        StaleStream.objects.filter(
            subscriber=subscriber, stream_type=stream_type, stream_id=stream_id
        ).delete()
    return count


def lag() -> float:
    """Seconds by which the oldest delivery that is due is late; 0 when none is."""
    oldest = (
        Delivery.objects.filter(parked=False, not_before__lte=clock.now())
        .order_by(F("not_before").asc())
        .values_list("not_before", flat=True)
        .first()
    )
    return (clock.now() - oldest).total_seconds() if oldest else 0.0
