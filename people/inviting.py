"""The mail that asks a new colleague in, with the link by which they choose their first password."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from common.text import one_line
from people.models import User

_SUBJECT = 150  # characters
_DAY = 24 * 3600


def invite(account: User, *, by: User) -> None:
    """Send ``account`` the invitation of a colleague, in their own language. It changes nothing here.

    The link is a reset's: it works once, for ``PASSWORD_RESET_TIMEOUT`` seconds. Raises ``OSError`` when the
    mail server does not take the mail. Marked as automatic, so that no machine answers it (RFC 3834).
    """
    with translation.override(account.language):
        facts = {
            "name": account.first_name,
            "who": str(by),
            "email": account.email,
            "address": settings.BASE_URL,
            "link": _link(account),
            "days": max(1, settings.PASSWORD_RESET_TIMEOUT // _DAY),
        }
        EmailMessage(
            subject=one_line(_("%(who)s invites you to Otklik") % facts, _SUBJECT),
            body=render_to_string("emails/invitation.txt", facts),
            to=[account.email],
            headers={"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"},
        ).send()


def _link(account: User) -> str:
    """At the address that all our mails name, whichever one the inviting colleague has open."""
    parts = {"uidb36": user_pk_to_url_str(account), "key": default_token_generator.make_token(account)}
    return settings.BASE_URL + reverse("account_reset_password_from_key", kwargs=parts)
