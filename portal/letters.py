"""The mail that carries a code: rows claimed by a lease, sent by the server of system mail.

A code that has not left when it ends is never sent: nobody could use it.
"""

from datetime import timedelta
from email.utils import formataddr, parseaddr

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection as database
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from common import clock
from portal.models import SignInCode

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)
AGAIN = timedelta(seconds=10)  # after a temporary failure; the code lives ten minutes
MOST_A_RUN = 50
TIMEOUT = 15  # seconds the server may take to answer

State = SignInCode.State

_CLAIM = """
    UPDATE portal_signincode SET claimed_until = %(until)s, attempts = attempts + 1
    WHERE id = (
        SELECT id FROM portal_signincode
        WHERE state = 'waiting' AND (claimed_until IS NULL OR claimed_until < %(now)s)
        ORDER BY created_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id
"""


def send_due() -> int:
    """Send what waits; how many left."""
    sent = 0
    server = get_connection(timeout=TIMEOUT)
    try:
        for _each in range(MOST_A_RUN):
            if (row := _claim()) is None:
                break
            sent += _send(row, server)
    finally:
        server.close()
    return sent


def _claim() -> SignInCode | None:
    now = clock.now()
    with database.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "until": now + LEASE})
        found = cursor.fetchone()
    return SignInCode.objects.select_related("brand").get(pk=found[0]) if found else None


def _send(row: SignInCode, server: BaseEmailBackend) -> bool:
    mine = SignInCode.objects.filter(pk=row.pk, state=State.WAITING)
    if row.used_at is not None or row.expires_at <= clock.now():
        mine.update(state=State.FAILED, code="")
        return False
    try:
        compose(row, server).send()
    except OSError as error:  # smtplib's errors are OSErrors
        log.warning("portal.code_not_sent", code_id=row.pk, attempts=row.attempts, error=repr(error))
        mine.update(claimed_until=clock.now() + AGAIN)
        server.close()
        return False
    mine.update(state=State.SENT, code="")
    return True


def compose(row: SignInCode, server: BaseEmailBackend) -> EmailMultiAlternatives:
    """Marked as automatic, so that no machine answers it (RFC 3834)."""
    with translation.override(row.language):
        facts = {"code": f"{row.code[:3]} {row.code[3:]}", "brand": row.brand.name, "language": row.language}
        subject = _("%(code)s is your code for %(brand)s") % {"code": row.code, "brand": row.brand.name}
        message = EmailMultiAlternatives(
            subject=subject,
            body=render_to_string("emails/code.txt", facts),
            from_email=_sender(row.brand.name),
            to=[row.address],
            connection=server,
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        )
        message.attach_alternative(render_to_string("emails/code.html", facts), "text/html")
    return message


def _sender(brand: str) -> str:
    """The address of system mail, under the brand's name."""
    return formataddr((brand, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))
