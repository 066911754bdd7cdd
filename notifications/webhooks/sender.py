"""Calling webhooks: rows claimed by a lease, each try written down, each call ending in a visible state.

One worker calls at a time, several webhooks at once, of each webhook one call: one that is dead or slow
costs the others ten seconds at most.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import structlog
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from common import clock
from common.crypto import SecretUnreadableError, reveal
from common.locks import alone
from notifications.models import WebhookCall
from notifications.webhooks import guard
from notifications.webhooks import http as wire
from notifications.webhooks.signing import signature

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
# After each temporary failure; about 21 hours together, then the call has failed.
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (10, 60, 300, 1800, 7200, 21600, 43200))
AT_ONCE = 8
_MOST_TRIES = 20  # kept of a call
_MOST_WORDS = 500  # characters of what the other side said
_LOCK = 0x686F6F6B  # "hook": our advisory lock among others'
_LONGEST_REST = timedelta(hours=1)  # that the other side may ask for

_REST = 30.0  # seconds without a new call of a webhook where nothing answered
_resting: dict[int, float] = {}

State = WebhookCall.State

# Of each webhook the call that is due longest, whether fresh or left by a worker that died.
_CLAIM = """
    UPDATE notifications_webhookcall SET
        state = 'sending',
        claimed_until = %(until)s,
        attempts = attempts + (state = 'sending')::int
    WHERE id IN (
        SELECT id FROM (
            SELECT DISTINCT ON (webhook_id) id, not_before FROM notifications_webhookcall
            WHERE state IN ('waiting', 'sending') AND not_before <= %(now)s
                AND (state = 'waiting' OR claimed_until < %(now)s) AND NOT webhook_id = ANY(%(resting)s)
            ORDER BY webhook_id, not_before, id
        ) AS first
        ORDER BY not_before, id
        LIMIT %(limit)s
    )
    RETURNING id
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one try. ``code`` says it, ``detail`` is what the other side or the system said."""

    code: str
    detail: str = ""
    status: int | None = None
    retry_after: timedelta | None = None

    @property
    def is_done(self) -> bool:
        return self.code == "ok"

    @property
    def is_final(self) -> bool:
        """Trying again would say the same."""
        return self.code in {"forbidden", "refused", "redirect", "off", "unreadable"}

    @property
    def is_away(self) -> bool:
        """Nothing answers: the webhook's other calls need not wait for that one by one."""
        return self.code in {"unknown-name", "timeout", "no-connection", "network"}


def send_due(*, seconds: float = 20.0) -> int:
    """Call what is due, for at most about ``seconds`` and one answer more; returns how many were tried."""
    now = clock.now()
    waiting = WebhookCall.objects.filter(state__in=[State.WAITING, State.SENDING], not_before__lte=now)
    if not waiting.exists():
        return 0
    ends = monotonic() + seconds
    tried = 0
    with alone(_LOCK) as mine:
        while mine and monotonic() < ends:
            calls, until = _claim()
            if not calls:
                break
            _send(calls, until)
            tried += len(calls)
    return tried


def _claim() -> tuple[list[WebhookCall], datetime]:
    now = clock.now()
    until = now + LEASE
    resting = [webhook_id for webhook_id, ends in _resting.items() if ends > monotonic()]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "until": until, "limit": AT_ONCE, "resting": resting})
        keys = [row[0] for row in cursor.fetchall()]
    return list(WebhookCall.objects.filter(pk__in=keys).select_related("webhook").order_by("pk")), until


def _send(calls: Sequence[WebhookCall], until: datetime) -> None:
    """All at once: the threads do the network and nothing else, the outcomes are written here."""
    with ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="webhook") as pool:
        began = clock.now()
        for call, (outcome, ms) in zip(calls, pool.map(_timed, calls), strict=True):
            _settle(call, until, outcome, ms, began)


def _timed(call: WebhookCall) -> tuple[Outcome, int]:
    began = monotonic()
    try:
        outcome = attempt(call)
    except Exception as error:  # a fault of ours: the others' outcomes must be written all the same
        log.exception("webhook.broken", call=call.pk)
        outcome = Outcome("broken", f"{type(error).__name__}: {error}")
    return outcome, round((monotonic() - began) * 1000)


def attempt(call: WebhookCall) -> Outcome:
    """One request. No database in here."""
    hook = call.webhook
    if not hook.is_active:
        return Outcome("off")
    timestamp = str(int(clock.now().timestamp()))
    body = json.dumps(
        {"id": str(call.key), **call.payload}, cls=DjangoJSONEncoder, ensure_ascii=False
    ).encode()
    try:
        secret = reveal(hook.secret)
        target = guard.resolve(hook.url)
        answer = wire.post(
            target,
            body,
            {
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "Otklik-Webhook/1",
                "Idempotency-Key": str(call.key),
                "X-Otklik-Event": str(call.payload.get("event", "")),
                "X-Otklik-Timestamp": timestamp,
                "X-Otklik-Signature": signature(secret, timestamp, body),
            },
        )
    except SecretUnreadableError:
        return Outcome("unreadable")
    except guard.Forbidden:
        return Outcome("forbidden")
    except (OSError, http.client.HTTPException) as error:
        return _failure(error)
    return _judge(answer)


def _judge(answer: wire.Answer) -> Outcome:
    said = answer.text.strip()[:_MOST_WORDS]
    status = answer.status
    if 200 <= status < 300:
        return Outcome("ok", said, status)
    if 300 <= status < 400:
        return Outcome("redirect", said, status)
    if status in {408, 425, 429} or status >= 500:
        return Outcome("later", said, status, _rest(answer.retry_after))
    return Outcome("refused", said, status)


def _rest(words: str) -> timedelta | None:
    """Retry-After in seconds (RFC 9110); as a date nobody sends it."""
    seconds = int(words) if words.isascii() and words.isdigit() and len(words) < 7 else 0
    return min(timedelta(seconds=seconds), _LONGEST_REST) if seconds else None


def _settle(call: WebhookCall, until: datetime, outcome: Outcome, ms: int, began: datetime) -> None:
    line: dict[str, Any] = {
        "at": began.isoformat(),
        "status": outcome.status,
        "code": outcome.code,
        "detail": outcome.detail,
        "ms": ms,
    }
    values: dict[str, Any] = {
        "claimed_until": None,
        "attempts": call.attempts + 1,
        "tries": [*call.tries, line][-_MOST_TRIES:],
    }
    if outcome.is_away:
        _resting[call.webhook_id] = monotonic() + _REST
    now = clock.now()
    if outcome.is_done:
        values |= {"state": State.DONE, "ended_at": now}
    elif outcome.is_final or call.attempts >= len(BACKOFF):
        values |= {"state": State.FAILED, "ended_at": now}
    else:
        rest = max(BACKOFF[call.attempts], outcome.retry_after or timedelta(0))
        values |= {"state": State.WAITING, "not_before": now + rest}
    held = WebhookCall.objects.filter(pk=call.pk, state=State.SENDING, claimed_until=until)
    if held.update(**values) != 1:
        log.warning("webhook.lease_lost", call=call.pk)


def _failure(error: Exception) -> Outcome:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Outcome("certificate", error.verify_message)
    if isinstance(error, socket.gaierror):
        return Outcome("unknown-name")
    if isinstance(error, TimeoutError):
        return Outcome("timeout")
    if isinstance(error, ConnectionRefusedError):
        return Outcome("no-connection")
    if isinstance(error, http.client.HTTPException):
        return Outcome("no-http", repr(error)[:_MOST_WORDS])
    return Outcome("network", (str(error) or type(error).__name__)[:_MOST_WORDS])
