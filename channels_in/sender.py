"""Sending what is due: rows claimed by a lease, each ending in a state that people can see.

Per inbox one worker sends at a time (a PostgreSQL advisory lock), over one live connection; a server that is
away holds up its own inbox only. Within a ticket messages leave in order.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from time import monotonic, sleep

import structlog
from django.db import Error as DatabaseError
from django.db import close_old_connections, connection, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _

from channels_in.announce import announce_delivery
from channels_in.commands import delivery_failed
from channels_in.conversing import remember_sent
from channels_in.kinds.email import smtp
from channels_in.models import Outbound
from channels_in.protocol import LeaseLostError, Outgoing, Receipt, Refusal, SendError
from channels_in.registry import channel
from common import clock
from common.crypto import SecretUnreadableError
from common.locks import alone
from people.commands.contacts import mark_bounced
from tickets.commands.base import survivor_id
from tickets.models import Ticket

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
# After each temporary failure; 2 days and 5 hours together, then the message has failed.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480, 720, 720, 960))
# Where somebody sits and waits, the first attempts follow sooner.
_SOON = (*(timedelta(seconds=seconds) for seconds in (5, 20, 60)), *BACKOFF[1:7])
CONVERSATIONS = frozenset({"telegram"})
# An earlier message that has failed this often no longer holds up later ones of its ticket.
_HOLDS_UP = 3
_PATIENCE = timedelta(days=2)  # with a server that says when to come again
_REST = 30.0  # seconds without a new attempt at a server that was away
_LOCK_SPACE = 0x6D61696C  # "mail": our advisory locks among others'
_resting: dict[int, float] = {}

# The rows due, whether fresh or left by a worker that died, that no earlier message of their ticket holds up.
# No fsync of its own: the hand-over's commit, which must survive a crash, follows it in the log.
_CLAIM = """
    WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE channels_in_outbound SET
        status = 'sending',
        claimed_until = %(until)s,
        maybe_twice = maybe_twice OR handed_over_at IS NOT NULL,
        -- A row that was being sent has cost its worker's life: that was an attempt too.
        attempts = attempts + (status = 'sending')::int,
        handed_over_at = NULL
    WHERE id = (
        SELECT due.id FROM channels_in_outbound due
        JOIN tickets_message message ON message.id = due.message_id
        WHERE due.inbox_id = %(inbox)s AND due.status IN ('waiting', 'sending') AND due.not_before <= %(now)s
            AND (due.status = 'waiting' OR due.claimed_until < %(now)s)
            AND NOT EXISTS (
                SELECT 1 FROM channels_in_outbound earlier
                JOIN tickets_message sibling ON sibling.id = earlier.message_id
                WHERE earlier.id < due.id AND earlier.status IN ('waiting', 'sending')
                    AND (sibling.ticket_id = message.ticket_id AND earlier.attempts < %(holds_up)s
                        -- In a conversation nothing overtakes, however many tickets it has led to.
                        OR %(in_order)s AND earlier.inbox_id = due.inbox_id
                            AND earlier.recipients = due.recipients)
            )
        ORDER BY due.not_before, due.id
        LIMIT 1
        FOR UPDATE OF due SKIP LOCKED
    ) AND (SELECT count(*) FROM quick) = 1
    RETURNING id
"""


@dataclass(frozen=True)
class _Lease:
    """Our claim on a row. Every update goes through it: a worker whose time ran out changes nothing."""

    outbound_id: int
    until: datetime

    def update(self, **values: object) -> bool:
        held = Outbound.objects.filter(
            pk=self.outbound_id, status=Outbound.Status.SENDING, claimed_until=self.until
        )
        return held.update(**values) == 1


def send_due(*, limit: int = 500, seconds: float = 20.0) -> int:
    """Send what is due, for at most about ``seconds``; returns how many messages were tried."""
    ends = monotonic() + seconds
    tried = 0
    for inbox_id, kind in _inboxes():
        with alone(_LOCK_SPACE, inbox_id) as mine:
            while mine and tried < limit and monotonic() < ends and not _is_resting(inbox_id):
                lease = _claim(inbox_id, in_order=kind in CONVERSATIONS)
                if lease is None:
                    break
                tried += 1
                _send(lease)
    smtp.pool.close_idle()
    return tried


def _inboxes() -> list[tuple[int, str]]:
    """Those with something due and their kinds, the longest waiting first."""
    now = clock.now()
    due = (
        Outbound.objects.filter(
            status__in=[Outbound.Status.WAITING, Outbound.Status.SENDING], not_before__lte=now
        )
        .filter(Q(status=Outbound.Status.WAITING) | Q(claimed_until__lt=now))
        .order_by("not_before")
        .values_list("inbox_id", "inbox__kind")[:5000]
    )
    return [(inbox_id, kind) for inbox_id, kind in dict.fromkeys(due) if not _is_resting(inbox_id)]


def _is_resting(inbox_id: int) -> bool:
    return _resting.get(inbox_id, 0.0) > monotonic()


def _claim(inbox_id: int, *, in_order: bool) -> _Lease | None:
    now = clock.now()
    until = now + LEASE
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {"now": now, "until": until, "inbox": inbox_id, "holds_up": _HOLDS_UP, "in_order": in_order},
        )
        row = cursor.fetchone()
    return _Lease(row[0], until) if row else None


class _Delivery:
    """One attempt at one message."""

    def __init__(self, lease: _Lease) -> None:
        self.lease = lease
        self.outbound = Outbound.objects.select_related(
            "inbox__brand",
            "message__ticket__brand",
            "message__ticket__requester",
            "message__author_user",
            "message__side_thread__contact",
        ).get(pk=lease.outbound_id)

    def handing_over(self) -> None:
        now = clock.now()
        renewed = _Lease(self.lease.outbound_id, now + LEASE)
        if not self.lease.update(handed_over_at=now, claimed_until=renewed.until):
            raise LeaseLostError
        self.lease = renewed

    def took(self, external_ids: Sequence[str]) -> None:
        """One part has arrived: whatever happens now, it never leaves again."""
        self.outbound.taken = [*self.outbound.taken, list(external_ids)]
        # Only once it is written may the next part leave; the database may be restarting.
        _persist(self._write_taken)
        remember_sent(self.outbound, list(external_ids))

    def _write_taken(self) -> None:
        if not self.lease.update(taken=self.outbound.taken, handed_over_at=None):
            raise LeaseLostError

    def run(self) -> Receipt:
        outbound = self.outbound
        kind = channel(outbound.inbox.kind)
        try:
            payload = kind.prepare(outbound)
        except OSError as error:
            raise SendError(
                _("A file of this message cannot be read: %(error)s") % {"error": error}
            ) from error
        return kind.send(
            Outgoing(
                outbound.external_id,
                outbound.recipients,
                payload,
                self.handing_over,
                outbound.taken,
                self.took,
            ),
            outbound.inbox,
        )


def _send(lease: _Lease) -> None:
    delivery = _Delivery(lease)
    outbound = delivery.outbound
    try:
        receipt = delivery.run()
    except LeaseLostError:
        _lost(outbound)
    except DatabaseError:
        raise  # the lease stays until it runs out, and then we know as much as after a crash
    except SendError as error:
        if error.unreachable:
            _resting[outbound.inbox_id] = monotonic() + _REST
        _persist(partial(_failed, delivery, error))
    except SecretUnreadableError as error:  # its key is lost: others' mail must not wait for that
        log.error("sender.secret_unreadable", inbox=outbound.inbox_id)
        _resting[outbound.inbox_id] = monotonic() + _REST
        _persist(partial(_failed, delivery, SendError(str(error), unreachable=True)))
    except Exception as error:
        log.exception("sender.broken", outbound=outbound.pk)
        broken = SendError(f"{type(error).__name__}: {error}")
        _persist(partial(_failed, delivery, broken))
    else:
        _resting.pop(outbound.inbox_id, None)
        _persist(partial(_settle, delivery, receipt))


def _persist(write: Callable[[], None]) -> None:
    """Write the outcome down even while the database restarts: forgetting it would send a mail twice."""
    for pause in (0.2, 1.0, 2.0, 5.0, 10.0):
        try:
            write()
            return
        except DatabaseError:
            log.warning("sender.outcome_not_written", exc_info=True)
            if connection.in_atomic_block:
                raise
            sleep(pause)
            close_old_connections()
    write()


@transaction.atomic
def _settle(delivery: _Delivery, receipt: Receipt) -> None:
    """Some or all were taken. Who was refused for good fails, who may come later stays to be served."""
    outbound = delivery.outbound
    if receipt.external_ids:
        remember_sent(outbound, list(receipt.external_ids))
    if receipt.refused:  # then the ticket may have to hear of it
        Ticket.objects.lock(outbound.message.ticket_id)  # before the row, as everywhere
    later = [
        one for one in outbound.recipients if one in receipt.refused and not receipt.refused[one].permanent
    ]
    never = {one: refusal for one, refusal in receipt.refused.items() if refusal.permanent}
    taken = [one for one in outbound.recipients if one not in receipt.refused]
    now = clock.now()
    sent_at = now if taken else outbound.sent_at
    words = "\n".join(
        [
            *([receipt.words] if taken else []),
            *(f"{one}: {said.words}" for one, said in receipt.refused.items()),
        ]
    )
    if later:
        first = receipt.refused[later[0]]
        _again(delivery, SendError(words, status_code=first.status_code), recipients=later, sent_at=sent_at)
    else:
        held = delivery.lease.update(
            status=Outbound.Status.FAILED if never else Outbound.Status.SENT,
            recipients=list(never),
            sent_at=sent_at,
            claimed_until=None,
            attempts=F("attempts") + 1,
            server_words=words,
            status_code=next(iter(never.values())).status_code if never else receipt.status_code,
        )
        if not held:
            _lost(outbound)
            return
        announce_delivery(survivor_id(outbound.message.ticket_id))
    if never:
        _mark_bounced(never, now)
        delivery_failed(
            outbound.message,
            list(never),
            words="\n".join(refusal.words for refusal in never.values()),
            status_code=next(iter(never.values())).status_code,
        )


def _mark_bounced(refused: dict[str, Refusal], at: datetime) -> None:
    """RFC 3463: 5.1.x is about the address itself; anything else may be about this message only."""
    for address, refusal in refused.items():
        if refusal.status_code.startswith("5.1."):
            mark_bounced(address, reason=refusal.words, at=at)


@transaction.atomic
def _failed(delivery: _Delivery, error: SendError) -> None:
    """Nobody got it (or, with ``maybe_sent``, nobody knows)."""
    channel(delivery.outbound.inbox.kind).failed(delivery.outbound, error)  # locks no ticket
    Ticket.objects.lock(delivery.outbound.message.ticket_id)  # before the row, as everywhere
    if not error.permanent:
        _again(delivery, error, recipients=delivery.outbound.recipients, sent_at=delivery.outbound.sent_at)
        return
    _give_up(delivery, error, recipients=delivery.outbound.recipients, sent_at=delivery.outbound.sent_at)


def _again(delivery: _Delivery, error: SendError, *, recipients: list[str], sent_at: datetime | None) -> None:
    """Wait for the next attempt; after the last one the message has failed."""
    attempts = delivery.outbound.attempts
    backoff = _SOON if delivery.outbound.inbox.kind in CONVERSATIONS else BACKOFF
    asked_to_wait = error.after is not None and clock.now() - delivery.outbound.created_at < _PATIENCE
    if attempts >= len(backoff) and not asked_to_wait:
        _give_up(delivery, error, recipients=recipients, sent_at=sent_at)
        return
    held = delivery.lease.update(
        status=Outbound.Status.WAITING,
        recipients=recipients,
        sent_at=sent_at,
        claimed_until=None,
        # What may have been sent is sent again with the same Message-ID, and says so.
        handed_over_at=None,
        maybe_twice=delivery.outbound.maybe_twice or error.maybe_sent,
        # To wait as the server asks is no failure of ours.
        attempts=attempts if asked_to_wait else attempts + 1,
        not_before=clock.now() + (error.after or backoff[min(attempts, len(backoff) - 1)]),
        server_words=error.words,
        status_code=error.status_code,
    )
    if not held:
        _lost(delivery.outbound)


def _lost(outbound: Outbound) -> None:
    """Our lease ran out while the server took its time; the worker who has it now writes the outcome."""
    log.warning("sender.lease_lost", outbound=outbound.pk)


def _give_up(
    delivery: _Delivery, error: SendError, *, recipients: list[str], sent_at: datetime | None
) -> None:
    held = delivery.lease.update(
        status=Outbound.Status.FAILED,
        recipients=recipients,
        sent_at=sent_at,
        claimed_until=None,
        attempts=F("attempts") + 1,
        server_words=error.words,
        status_code=error.status_code,
    )
    if not held:
        _lost(delivery.outbound)
        return
    delivery_failed(
        delivery.outbound.message,
        recipients,
        words=error.words,
        status_code=error.status_code,
        permanent=error.permanent,
    )
