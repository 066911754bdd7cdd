"""What the bot says by itself: answers to commands and buttons. Once or, after a crash, not at all.

The Bot API knows no key that makes a call happen once. An answer to /help twice is a nuisance and its lack is
no loss, the customer asks again: so the row goes before the call is made. Messages of a ticket are another
thing, see ``channels_in.sender``.
"""

import json
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, transaction

from channels_in.kinds.telegram.api import ApiError, BotApi, Unreachable
from channels_in.models import Inbox, TelegramBot, TelegramCall
from common import clock
from common.crypto import SecretUnreadableError

log = structlog.get_logger(__name__)

_MOST_ATTEMPTS = 6
_TAKE = """
    DELETE FROM channels_in_telegramcall WHERE id = (
        SELECT id FROM channels_in_telegramcall WHERE not_before <= %s
         ORDER BY not_before, id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING inbox_id, method, params, attempts, created_at
"""


def say(inbox: Inbox, method: str, **params: Any) -> None:
    """Have the bot make a call soon after this transaction."""
    from channels_in import tasks
    from common.queue import ask_on_commit

    now = clock.now()
    TelegramCall.objects.create(inbox=inbox, method=method, params=params, not_before=now, created_at=now)
    ask_on_commit(tasks.speak)


def speak_due(*, most: int = 200) -> int:
    """Make the calls that are due; how many were tried."""
    for done in range(most):
        with connection.cursor() as cursor:
            cursor.execute(_TAKE, [clock.now()])
            row = cursor.fetchone()
        if row is None:
            return done
        inbox_id, method, params, attempts, created_at = row
        call = TelegramCall(
            inbox_id=inbox_id,
            method=method,
            params=json.loads(params),
            attempts=attempts,
            created_at=created_at,
        )
        _make(call)
    return most


def _make(call: TelegramCall) -> None:
    bot = TelegramBot.objects.filter(inbox=call.inbox_id, inbox__is_active=True).first()
    if bot is None:
        return
    try:
        BotApi.of(bot).call(call.method, call.params)
    except ApiError as error:
        if error.code == 429 or error.code >= 500:
            _later(call, error.retry_after)
        else:
            log.info("telegram.call_refused", inbox=call.inbox_id, method=call.method, error=str(error))
    except Unreachable as error:
        if not error.maybe_done:
            _later(call, None)
    except SecretUnreadableError:
        log.error("telegram.secret_unreadable", inbox=call.inbox_id)


@transaction.atomic
def _later(call: TelegramCall, after: timedelta | None) -> None:
    if call.attempts + 1 >= _MOST_ATTEMPTS:
        log.warning("telegram.call_given_up", inbox=call.inbox_id, method=call.method)
        return
    call.attempts += 1
    call.not_before = clock.now() + (after or timedelta(seconds=2**call.attempts))
    call.save(force_insert=True)
