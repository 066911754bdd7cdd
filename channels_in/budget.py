"""How many automatic mails may leave: a budget for each correspondent, and a breaker for all together.

At most 2 to one address in 3 hours and 10 in 24 hours: two machines that answer each other then stop by
themselves. And if more than ``BREAKER_COUNT`` leave in 10 minutes altogether, something is wrong whatever the
addresses: the breaker trips, no automatic mail leaves, and an administrator sees it. It closes when reset by
hand, or after an hour. Its state is the last word of a journal stream, so that it survives restarts and shows
who reset it. Agents' replies are never held up.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from time import monotonic

import structlog
from django.db import connection, transaction
from django.db.models import Count, Max

from channels_in.events import BreakerReset, BreakerTripped
from channels_in.models import AutomaticMail
from common import clock
from journal.actor import Actor
from journal.models import Entry
from journal.record import record

log = structlog.get_logger(__name__)

SHORT, SHORT_COUNT = timedelta(hours=3), 2
LONG, LONG_COUNT = timedelta(hours=24), 10
BREAKER_WINDOW, BREAKER_COUNT = timedelta(minutes=10), 300
BREAKER_HOLDS = timedelta(hours=1)
_STREAM = 0
_ADVISORY = 0x62756467  # "budg": our advisory lock among others'
_KEEP = timedelta(days=2)
_forgot_at = -3600.0


class Refusal(StrEnum):
    CORRESPONDENT = "correspondent"  # this address has had its share
    BREAKER = "breaker"  # the breaker is open


@dataclass(frozen=True)
class Breaker:
    """``until`` is when it closes by itself; None while it is closed."""

    until: datetime | None
    count: int = 0

    @property
    def is_open(self) -> bool:
        return self.until is not None


@transaction.atomic
def take(address: str) -> Refusal | None:
    """Count an automatic mail to ``address``; None if it may leave, else why not.

    Holds a lock until the end of the transaction, so that two workers cannot both take the last one. Take it
    in the transaction that makes the mail, and before any ticket is locked.
    """
    address = address.strip().lower()
    _lock()
    now = clock.now()
    if breaker(now).is_open:
        return Refusal.BREAKER
    mine = AutomaticMail.objects.filter(address=address, sent_at__gt=now - LONG)
    times = list(mine.order_by("-sent_at").values_list("sent_at", flat=True)[:LONG_COUNT])
    if len(times) >= LONG_COUNT or sum(at > now - SHORT for at in times) >= SHORT_COUNT:
        log.warning("budget.correspondent", address=address)
        return Refusal.CORRESPONDENT
    lately = AutomaticMail.objects.filter(sent_at__gt=max(now - BREAKER_WINDOW, _reset_at())).count()
    if lately >= BREAKER_COUNT:
        record(BreakerTripped(_STREAM, lately), actor=Actor.system("budget"))
        log.error("budget.breaker_tripped", count=lately)
        return Refusal.BREAKER
    AutomaticMail.objects.create(address=address, sent_at=now)
    return None


def breaker(now: datetime | None = None) -> Breaker:
    """The breaker's state: one read of the journal."""
    now = now or clock.now()
    last = _last()
    if last is None or last.kind != BreakerTripped.kind:
        return Breaker(None)
    until = last.happened_at + BREAKER_HOLDS
    return Breaker(until, last.data.get("count", 0)) if until > now else Breaker(None)


@transaction.atomic
def reset_breaker(*, actor: Actor) -> bool:
    """Let automatic mails leave again. False if the breaker was closed anyway."""
    _lock()
    if not breaker().is_open:
        return False
    record(BreakerReset(_STREAM), actor=actor)
    return True


def exhausted(limit: int = 50) -> list[tuple[str, int]]:
    """(address, mails in 3 hours) of those who have had their share: what an administrator looks at."""
    recent = AutomaticMail.objects.filter(sent_at__gt=clock.now() - SHORT).values("address")
    full = recent.annotate(n=Count("pk"), last=Max("sent_at")).filter(n__gte=SHORT_COUNT).order_by("-last")
    return [(row["address"], row["n"]) for row in full[:limit]]


def forget_old() -> None:
    """Delete what no budget counts any more; at most once an hour in a process."""
    global _forgot_at  # noqa: PLW0603  # when this process last did it
    if monotonic() - _forgot_at < 3600:
        return
    _forgot_at = monotonic()
    AutomaticMail.objects.filter(sent_at__lt=clock.now() - _KEEP).delete()


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_ADVISORY])


def _last() -> Entry | None:
    return Entry.objects.filter(stream_type="inbox", stream_id=_STREAM).order_by("-sequence").first()


def _reset_at() -> datetime:
    """What left before the last reset, or before the breaker closed by itself, is forgiven."""
    last = _last()
    if last is None:
        return datetime.min.replace(tzinfo=clock.now().tzinfo)
    return last.happened_at if last.kind == BreakerReset.kind else last.happened_at + BREAKER_HOLDS
