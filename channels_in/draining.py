"""Working off an inbox: oldest first, one after the other, each message in one transaction, once.

Per inbox one worker at a time (an advisory lock of its session), so that the order within a ticket holds; a
second worker leaves at once. Whoever lets go of the lock looks again, so that a mail stored meanwhile, whose
worker found the inbox taken, does not wait for the sweep. The row is locked besides, against an administrator
who has the same mail processed by hand.

Crash-proof: Inbound and verbs are committed together, so that after a crash a mail is pending or settled,
never half. A mail that breaks its worker (not only raises) is counted before it is begun and set aside after
``MOST_STARTS`` starts, so that it cannot hold up the inbox for ever.
"""

import errno
import traceback
from datetime import timedelta
from time import monotonic

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q, QuerySet
from psycopg2 import errors as pg

from channels_in.directory import Directory
from channels_in.models import Inbound, Inbox
from channels_in.quarantined import tell
from channels_in.registry import channel
from channels_in.settled import NotYet, Settled, Unusable
from common import clock, statements
from common.locks import alone
from common.text import storable
from tickets.errors import TicketError

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3  # after so many exceptions a mail goes into quarantine
MOST_STARTS = 8  # after so many starts without an end, too: it kills its worker
_LOCK_SPACE = 0x696E626F  # "inbo": our advisory locks among others'
_SHORTEST_WAIT = timedelta(milliseconds=200)
_ENVIRONMENT_WAIT = timedelta(seconds=15)
# A disk that is full, gone or not ours: no fault of the mail's.
ENVIRONMENT = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.EROFS,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOTDIR,
        errno.EACCES,
    }
)
_ENDED = (
    "status", "cause", "detail", "trace", "verdict", "message", "ticket", "settled_at", "not_before",
)  # fmt: skip
_AGAIN_AT_ONCE = (pg.DeadlockDetected, pg.SerializationFailure)

# Counts the start in a transaction of its own. It need not survive a crash of the database, hence no fsync.
_BEGIN = """
    WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE channels_in_inbound SET attempts = attempts + 1
     WHERE id = (
        SELECT id FROM channels_in_inbound
         WHERE inbox_id = %(inbox)s AND status = 'pending' AND (not_before IS NULL OR not_before <= %(now)s)
         ORDER BY id LIMIT 1 FOR NO KEY UPDATE
     ) AND (SELECT count(*) FROM quick) = 1
    RETURNING id, attempts
"""


def drain_pending(inbox_id: int, *, seconds: float = 20.0) -> int:
    """Settle what is pending in an inbox, for about ``seconds`` at most; returns how many were settled.

    0 at once if another worker is at it.
    """
    until = monotonic() + seconds
    done = 0
    while monotonic() < until:
        with alone(_LOCK_SPACE, inbox_id) as mine:
            if not mine:
                break
            directory: Directory | None = None
            while monotonic() < until and (begun := _begin(inbox_id)) is not None:
                directory = directory or Directory.load(with_inbox=inbox_id)
                done += _attempt(*begun, directory)
        if not _due().filter(inbox_id=inbox_id).exists():
            break
    return done


def process(inbound_id: int) -> Inbound:
    """Settle one mail now, waiting for whoever has it; one that is settled already stays as it is."""
    inbox_id = Inbound.objects.values_list("inbox_id", flat=True).get(pk=inbound_id)
    _attempt(inbound_id, 1, Directory.load(with_inbox=inbox_id))
    return Inbound.objects.defer("raw").get(pk=inbound_id)


def settle_now(inbound: Inbound, inbox: Inbox) -> None:
    """Settle what was just kept in ``inbox``, by whoever kept it.

    For messengers, whose way needs no other inbox than its own.
    """
    _attempt(inbound.pk, 1, Directory({inbox.pk: inbox}))


def settle_kept(inbound: Inbound, inbox: Inbox) -> Settled | None:
    """Settle what this transaction has just kept in ``inbox``; raises whatever its channel raises.

    For messengers, as ``settle_now``.
    """
    return _act(inbound, Directory({inbox.pk: inbox}))


def sweep_inbound(*, seconds: float = 20.0) -> int:
    """Drain every inbox that has something due: a lost broker, a crash, a wait that ended."""
    until = monotonic() + seconds
    done = 0
    for inbox_id in _due().order_by("inbox_id").values_list("inbox_id", flat=True).distinct():
        done += drain_pending(inbox_id, seconds=max(until - monotonic(), 1.0))
    return done


def _due() -> QuerySet[Inbound]:
    pending = Inbound.objects.filter(status=Inbound.Status.PENDING)
    return pending.filter(Q(not_before=None) | Q(not_before__lte=clock.now()))


def _begin(inbox_id: int) -> tuple[int, int] | None:
    """The oldest mail that is due, with its number of starts, this one included."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_BEGIN, {"inbox": inbox_id, "now": clock.now()})
        return cursor.fetchone()


def _attempt(inbound_id: int, starts: int, directory: Directory) -> int:
    """Try to settle one mail; 1 if that changed its state. Raises only if the database is gone."""
    if starts > MOST_STARTS:
        _quarantine(inbound_id, "worker-died", f"processing it was begun {starts - 1} times and never ended")
        return 1
    for chance in range(MOST_ATTEMPTS):
        try:
            return int(_settle(inbound_id, directory))
        except Unusable as unusable:
            _quarantine(inbound_id, unusable.code, str(unusable))
        except TicketError as refusal:
            _quarantine(inbound_id, refusal.code, refusal.message)
        except (OperationalError, InterfaceError) as error:
            if connection.connection is None or not connection.is_usable():
                raise  # the database is away: nothing to write to, and nothing is lost
            if isinstance(error.__cause__, _AGAIN_AT_ONCE) and chance + 1 < MOST_ATTEMPTS:
                continue
            _fail(inbound_id, starts, error)
        except Exception as error:
            _fail(inbound_id, starts, error)
        return 1
    return 0


def _wait(inbound_id: int, wait: NotYet) -> None:
    """Leave it pending until its time comes; the start that was counted was none."""
    until = max(wait.until, clock.now() + _SHORTEST_WAIT)
    Inbound.objects.filter(pk=inbound_id).update(not_before=until, attempts=0)


@transaction.atomic
def _settle(inbound_id: int, directory: Directory) -> bool:
    """Settle a mail in this transaction. False if somebody has done so meanwhile."""
    rows = Inbound.objects.select_for_update(no_key=True)
    inbound = rows.filter(pk=inbound_id, status=Inbound.Status.PENDING).first()
    if inbound is None:
        return False
    return _act(inbound, directory) is not None


def _act(inbound: Inbound, directory: Directory) -> Settled | None:
    """What its channel makes of it, written down; None if it has to wait. Needs the row, ours alone."""
    with structlog.contextvars.bound_contextvars(inbound_id=inbound.pk):
        try:
            settled = channel(directory.inboxes[inbound.inbox_id].kind).settle(inbound, directory)
        except NotYet as wait:  # what was prepared for its turn is kept
            _wait(inbound.pk, wait)
            return None
        write(inbound, settled)
        log.info("intake.settled", status=settled.status, cause=settled.cause, ticket_id=settled.ticket_id)
    return settled


def write(inbound: Inbound, settled: Settled) -> None:
    """Write how a message ended, with every decision on the way, in the transaction of the verbs."""
    inbound.status = settled.status
    inbound.cause = settled.cause[:40]
    inbound.detail = storable(settled.detail)
    inbound.trace = _storable(settled.trace)
    inbound.verdict = _storable(settled.verdict)
    inbound.message_id = settled.message_id
    inbound.ticket_id = settled.ticket_id
    inbound.settled_at = clock.now()
    inbound.not_before = None
    statements.update(inbound, *_ENDED)


def _storable(value: object) -> object:
    """JSON that PostgreSQL can hold: strings of strangers may have NUL or half a character in them."""
    if isinstance(value, str):
        return storable(value)[:1000]
    if isinstance(value, dict):
        return {key: _storable(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_storable(one) for one in value[:200]]
    return value


def _fail(inbound_id: int, starts: int, error: Exception) -> None:
    """Try again later; after ``MOST_ATTEMPTS`` set the mail aside with what happened."""
    log.error("intake.failed", inbound_id=inbound_id, starts=starts, exc_info=error)
    if isinstance(error, OSError) and error.errno in ENVIRONMENT:
        # It waits until there is room again, however long that takes.
        Inbound.objects.filter(pk=inbound_id, status=Inbound.Status.PENDING).update(
            attempts=0, not_before=clock.now() + _ENVIRONMENT_WAIT, detail=storable(repr(error))[:2000]
        )
        return
    detail = "".join(traceback.format_exception(error))
    if starts >= MOST_ATTEMPTS:
        _quarantine(inbound_id, "exception", detail)
        return
    Inbound.objects.filter(pk=inbound_id, status=Inbound.Status.PENDING).update(
        not_before=clock.now() + timedelta(seconds=2**starts), detail=storable(detail)[-8000:]
    )


@transaction.atomic
def _quarantine(inbound_id: int, cause: str, detail: str) -> None:
    """Set a mail aside with its cause: kept, shown to an administrator, ready to be processed again."""
    inbound = (
        Inbound.objects.select_for_update(no_key=True)
        .only("pk", "inbox_id", "status")
        .filter(pk=inbound_id, status=Inbound.Status.PENDING)
        .first()
    )
    if inbound is None:
        return
    Inbound.objects.filter(pk=inbound_id).update(
        status=Inbound.Status.QUARANTINED,
        cause=cause[:40],
        detail=storable(detail)[-8000:],
        settled_at=clock.now(),
        not_before=None,
    )
    tell(inbound, cause)
    log.warning("intake.quarantined", inbound_id=inbound_id, cause=cause)
