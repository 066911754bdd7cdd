"""The mail that carries a code: rows claimed by a lease, sent by the server of system mail.

A code that has not left when it ends is never sent: nobody could use it.
"""

from datetime import timedelta
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from common import clock
from common.system_mail import send_waiting
from portal.models import SignInCode

AGAIN = timedelta(seconds=10)  # after a temporary failure; the code lives ten minutes

State = SignInCode.State


def send_due() -> int:
    """Send what waits; how many left."""
    return send_waiting(SignInCode.objects.select_related("brand"), _send, again=AGAIN)


def _send(row: SignInCode, server: BaseEmailBackend) -> bool:
    mine = SignInCode.objects.filter(pk=row.pk, state=State.WAITING)
    if row.used_at is not None or row.expires_at <= clock.now():
        mine.update(state=State.FAILED, code="")
        return False
    compose(row, server).send()
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
