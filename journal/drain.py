"""Delivering entries to their after-commit subscribers: in order, once, each in its own transaction."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import F
from psycopg2.errors import LockNotAvailable

from common import clock
from common.locks import alone
from common.statements import Statement
from journal import registry
from journal.causes import News, because, draining
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

    Whoever is asked for a delivery while we have an earlier one of its subscriber in our hands goes away. So
    after the last that we had, we look once more; where we had none in our hands, nobody can have.
    """
    done = 0
    with draining(stream_type, stream_id) as news:
        again = True
        while again:
            news.is_any = False
            one = _Round(stream_type, stream_id)
            one.run(news)
            done += one.done
            again = news.is_any or one.again or (one.had and _is_left(stream_type, stream_id))
    return done


# These run for every entry there is, several times: as statements they cost a fifth of what the ORM takes.
_FIELDS = [field.attname for field in Entry._meta.concrete_fields]
_OF_ENTRY = ", ".join(f"entry.{field.column}" for field in Entry._meta.concrete_fields)
# The first of every subscriber's.
_WAITING = Statement(
    "journal_delivery",
    f"""
    SELECT delivery.id, delivery.subscriber, delivery.attempts, delivery.not_before, {_OF_ENTRY}
      FROM (
        SELECT *, row_number() OVER (PARTITION BY subscriber ORDER BY entry_id) AS place
          FROM journal_delivery WHERE stream_type = %s AND stream_id = %s AND NOT parked
      ) AS delivery JOIN journal_entry AS entry ON entry.id = delivery.entry_id
     WHERE delivery.place <= %s
     ORDER BY delivery.entry_id
    """,  # noqa: S608 - made of constants
)
_LEFT = Statement(
    "journal_delivery",
    "SELECT 1 FROM journal_delivery WHERE stream_type = %s AND stream_id = %s AND NOT parked LIMIT 1",
)
# Ours until the end of the transaction, and gone with it. Attempts: as it was read, or somebody had it since.
_TAKE = Statement(
    "journal_delivery",
    """
    DELETE FROM journal_delivery WHERE id = (
        SELECT id FROM journal_delivery WHERE id = %s AND attempts = %s AND NOT parked FOR UPDATE NOWAIT
    )
    """,
)
# What somebody else is at is theirs to settle.
_SETTLE_IDLE = Statement(
    "journal_delivery",
    """
    DELETE FROM journal_delivery WHERE id IN (
        SELECT id FROM journal_delivery WHERE id = ANY(%s) FOR UPDATE SKIP LOCKED
    )
    """,
)
_FAILED = """
    UPDATE journal_delivery SET attempts = %s, parked = %s, error = %s, not_before = %s WHERE id = (
        SELECT id FROM journal_delivery WHERE id = %s AND attempts = %s FOR UPDATE SKIP LOCKED
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


def _read(stream_type: str, stream_id: int) -> dict[str, list[_Pending]]:
    """What waits on a stream, at most ``_AT_ONCE`` of each subscriber, in its order."""
    with connection.cursor() as cursor:
        _WAITING.run(cursor, (stream_type, stream_id, _AT_ONCE))
        rows = cursor.fetchall()
    entries: dict[int, Entry] = {}
    found: dict[str, list[_Pending]] = {}
    for pk, subscriber, attempts, not_before, *columns in rows:
        entry = entries.get(columns[0])
        if entry is None:
            entry = entries[columns[0]] = Entry.from_db(connection.alias, _FIELDS, columns)
            if isinstance(entry.data, str):
                entry.data = json.loads(entry.data)
        found.setdefault(subscriber, []).append(_Pending(pk, subscriber, attempts, not_before, entry))
    return found


def _is_left(stream_type: str, stream_id: int) -> bool:
    with connection.cursor() as cursor:
        _LEFT.run(cursor, (stream_type, stream_id))
        return cursor.fetchone() is not None


class _Failed(Exception):
    """A subscriber raised; what, is its cause."""


class _Round:
    """What waits now, each subscriber's in its order; after an urgent one first what follows from that.

    ``done``: how many were settled. ``had``: whether one was in our hands for a while. ``again``: more is
    to be read.
    """

    def __init__(self, stream_type: str, stream_id: int) -> None:
        self.waiting = _read(stream_type, stream_id)
        self.idle: list[int] = []
        self.done = 0
        self.had = self.again = False

    def run(self, news: News) -> None:
        for subscriber in sorted(self.waiting, key=_rank):
            self.deliver(subscriber)
            if news.is_any and _is_urgent(subscriber):
                break
        if self.idle:
            with connection.cursor() as cursor:
                _SETTLE_IDLE.run(cursor, [self.idle])
                self.done += cursor.rowcount

    def deliver(self, subscriber: str) -> None:
        """Settle a subscriber's, up to the first that is not due, fails, or is in another worker's hands.

        That one looks again when it is settled, and so finds whatever we were asked for.
        """
        pending = self.waiting[subscriber]
        for delivery in pending:
            if not _is_heard(delivery):
                self.idle.append(delivery.id)
            elif not self.settle(delivery):
                return
        self.again |= len(pending) == _AT_ONCE

    def settle(self, delivery: _Pending) -> bool:
        if delivery.not_before > clock.now():
            return False
        try:
            with transaction.atomic():
                with connection.cursor() as cursor:
                    _TAKE.run(cursor, [delivery.id, delivery.attempts])
                    mine = cursor.rowcount > 0
                if mine:
                    self.had = True
                    _hand_over(delivery.entry, delivery.subscriber)
        except _Failed as failed:
            _fail(delivery, failed.__cause__ or failed)
            return False
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                return False
            raise
        self.done += mine
        self.again |= not mine  # somebody has had it since we read it
        return mine


def _rank(subscriber: str) -> tuple[bool, str]:
    return (not _is_urgent(subscriber), subscriber)


def _is_urgent(subscriber: str) -> bool:
    sub = registry.after.get(subscriber)
    return sub is not None and sub.urgent


def _is_heard(delivery: _Pending) -> bool:
    """Whether its subscriber has any use for it."""
    sub = registry.after.get(delivery.subscriber)
    if sub is None or sub.hears is None:
        return True
    try:
        return sub.hears(delivery.entry)
    except Exception:
        return True  # it will raise where that is counted


def _hand_over(entry: Entry, subscriber: str) -> None:
    """Raises ``_Failed`` for whatever the subscriber raises."""
    try:
        if subscriber.startswith("replay:"):
            replay(subscriber.removeprefix("replay:"), entry.stream_type, entry.stream_id)
            return
        sub = registry.after.get(subscriber)
        if sub is not None:  # a subscriber that no longer exists has nothing to hear
            with because(entry):
                sub.handle(entry, entry.event)
    except Exception as error:
        raise _Failed from error


def _fail(delivery: _Pending, error: BaseException) -> None:
    """Another try later. Whoever has had it in the moment since we let go of it has counted theirs."""
    attempts = delivery.attempts + 1
    parked = attempts >= MAX_ATTEMPTS
    not_before = clock.now() + timedelta(seconds=min(2**attempts, 3600))
    values: list[Any] = [attempts, parked, repr(error)[:2000], not_before, delivery.id, delivery.attempts]
    with connection.cursor() as cursor:
        cursor.execute(_FAILED, values)
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
