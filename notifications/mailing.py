"""Sending notices by mail: rows claimed by a lease, each ending in a state that people can see.

All of it leaves by the one server of system mail, so one worker sends at a time, over one connection, and a
server that is away is left alone for a while.
"""

import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

import structlog
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection as database
from django.db.models import F

from common import clock
from common.locks import alone
from notifications.letters import compose
from notifications.models import Notice, NoticeMail
from notifications.preferences import quiet_of, zone_name
from notifications.quiet import end_of_quiet, zone_of
from notifications.reading import still_theirs
from people.models import User

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)
# After each temporary failure; about a day together, then the mail has failed.
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480, 720))
_REST = 30.0  # seconds without a new attempt at a server that was away
_LOCK = 0x6E6F7465  # "note": our advisory lock among others'
_LONGEST = 1000  # characters kept of what a server says
_resting_until = 0.0

State = NoticeMail.State

# What is due, whether fresh or left by a worker that died.
_CLAIM = """
    UPDATE notifications_noticemail SET
        state = 'sending',
        claimed_until = %(until)s,
        maybe_twice = maybe_twice OR handed_over_at IS NOT NULL,
        attempts = attempts + (state = 'sending')::int,
        handed_over_at = NULL
    WHERE id = (
        SELECT id FROM notifications_noticemail
        WHERE state IN ('waiting', 'sending') AND not_before <= %(now)s
            AND (state = 'waiting' OR claimed_until < %(now)s)
        ORDER BY not_before, id
        LIMIT 1
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id
"""


class Away(Exception):
    """The server cannot be spoken to at all: that is about all mails, and about none in particular."""


@dataclass(frozen=True)
class _Lease:
    """Our claim on a row. Every update goes through it: a worker whose time ran out changes nothing."""

    mail_id: int
    until: datetime

    def update(self, **values: object) -> bool:
        held = NoticeMail.objects.filter(pk=self.mail_id, state=State.SENDING, claimed_until=self.until)
        return held.update(**values) == 1


def send_due(*, limit: int = 200, seconds: float = 20.0) -> int:
    """Send what is due, for at most about ``seconds``; returns how many mails were settled or tried."""
    global _resting_until  # noqa: PLW0603  # one server a process: whether it is left alone just now
    now = clock.now()
    waiting = NoticeMail.objects.filter(state__in=[State.WAITING, State.SENDING], not_before__lte=now)
    if monotonic() < _resting_until or not waiting.exists():
        return 0
    ends = monotonic() + seconds
    tried = 0
    with alone(_LOCK) as mine, _session() as session:
        while mine and tried < limit and monotonic() < ends:
            lease = _claim()
            if lease is None:
                break
            tried += 1
            try:
                _send(lease, session)
            except Away as error:
                _resting_until = monotonic() + _REST
                log.warning("notices.server_away", error=str(error))
                break
    return tried


@contextmanager
def _session() -> Iterator[BaseEmailBackend]:
    """One connection for all mails of a run, opened by the first."""
    session = get_connection(fail_silently=False)
    try:
        yield session
    finally:
        try:
            session.close()
        except (smtplib.SMTPException, OSError) as error:
            log.info("notices.not_closed", error=str(error))


def _claim() -> _Lease | None:
    now = clock.now()
    until = now + LEASE
    with database.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "until": until})
        row = cursor.fetchone()
    return _Lease(row[0], until) if row else None


def _send(lease: _Lease, session: BaseEmailBackend) -> None:
    """One mail. Raises ``Away`` when the server is; until it has been reached, further notices still join."""
    mail = NoticeMail.objects.select_related("user").get(pk=lease.mail_id)
    user = mail.user
    later = _end_of_quiet(user)
    if later is not None:
        lease.update(state=State.WAITING, claimed_until=None, not_before=later)
        return
    if user.works_at_desk and _still_news(mail):
        try:
            session.open()
        except (OSError, smtplib.SMTPException) as error:
            _failed(lease, mail, _said(error), permanent=False)
            raise Away(_said(error)) from error
    # Whoever is giving a notice to this mail holds its row; after that it begins another.
    if not lease.update(is_open=False):
        return
    notices = _still_news(mail) if user.works_at_desk else []
    if not notices:
        lease.update(state=State.NEEDLESS, claimed_until=None)
        return
    try:
        message = compose(mail, notices, session)
    except Exception as error:  # a fault of ours: seen on the health page, and no other mail waits for it
        log.exception("notices.not_composed", mail=mail.pk)
        _failed(lease, mail, f"{type(error).__name__}: {error}", permanent=True)
        return
    if lease.update(handed_over_at=clock.now()):
        _hand_over(lease, mail, message)


def _hand_over(lease: _Lease, mail: NoticeMail, message: EmailMultiAlternatives) -> None:
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()), (550, b""))
        _failed(lease, mail, f"{code} {_text(words)}", permanent=code >= 500)
    except smtplib.SMTPResponseException as error:
        _failed(lease, mail, _said(error), permanent=error.smtp_code >= 500)
    except (OSError, smtplib.SMTPException) as error:
        # Whether it was taken before the line broke nobody knows: the next try may be the second copy.
        _failed(lease, mail, _said(error), permanent=False, maybe_sent=True)
        raise Away(_said(error)) from error
    else:
        lease.update(
            state=State.SENT, sent_at=clock.now(), claimed_until=None, error="", attempts=F("attempts") + 1
        )


def _end_of_quiet(user: User) -> datetime | None:
    """When the quiet hours that somebody has just now end; None when it is not quiet."""
    quiet = quiet_of(user)
    if quiet is None:
        return None
    now = clock.now()
    later = end_of_quiet(now, quiet, zone_of(zone_name(user)))
    return later if later > now else None


def _still_news(mail: NoticeMail) -> list[Notice]:
    """What was not read in the desk meanwhile, of tickets the person may still see, as it happened."""
    rows = Notice.objects.filter(still_theirs(mail.user), mail=mail, read_at=None)
    return list(rows.select_related("ticket").order_by("at", "pk"))


def _failed(
    lease: _Lease, mail: NoticeMail, words: str, *, permanent: bool, maybe_sent: bool = False
) -> None:
    """Wait for the next attempt; after the last one, and where there is no use, the mail has failed."""
    values: dict[str, object] = {
        "claimed_until": None,
        "attempts": F("attempts") + 1,
        "error": words[:_LONGEST],
    }
    if permanent or mail.attempts >= len(BACKOFF):
        lease.update(state=State.FAILED, is_open=False, **values)
        return
    lease.update(
        state=State.WAITING,
        handed_over_at=None,
        maybe_twice=mail.maybe_twice or maybe_sent,
        not_before=clock.now() + BACKOFF[mail.attempts],
        **values,
    )


def send_again(mail_id: int) -> bool:
    """Let a failed mail try from the start."""
    rows = NoticeMail.objects.filter(pk=mail_id, state=State.FAILED)
    return rows.update(state=State.WAITING, attempts=0, not_before=clock.now()) == 1


def failed(limit: int = 50) -> list[NoticeMail]:
    """The mails that did not get there, newest first."""
    rows = NoticeMail.objects.filter(state=State.FAILED).select_related("user").order_by("-pk")
    return list(rows[:limit])


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return str(error) or type(error).__name__


def _text(words: bytes | str) -> str:
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return said.replace("\x00", "")
