"""The mail that tells somebody of one or many notices, in their language."""

from collections.abc import Sequence
from email.utils import formatdate
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.text import one_line
from notifications.models import Notice, NoticeMail
from notifications.preferences import zone_name
from notifications.quiet import zone_of
from notifications.words import Shown, shown

MOST_LINES = 40  # of a digest; the rest is a number and a link
_SUBJECT = 150  # characters


def compose(
    mail: NoticeMail, notices: Sequence[Notice], connection: BaseEmailBackend
) -> EmailMultiAlternatives:
    """A message ready to send. Marked as automatic, so that no machine answers it (RFC 3834)."""
    user = mail.user
    with translation.override(user.language), timezone.override(zone_of(zone_name(user))):
        lines = shown(notices[:MOST_LINES])
        context: dict[str, Any] = {
            "name": user.first_name,
            "notices": [(line, _link_of(line)) for line in lines],
            "ticket_link": lambda ticket: _link("ticket", ticket.pk),
            "more": max(0, len(notices) - MOST_LINES),
            "all_url": _link("notices"),
            "settings_url": _link("profile") + "#notices",
        }
        message = EmailMultiAlternatives(
            subject=subject_of(lines, len(notices)),
            body=render_to_string("emails/notices.txt", context),
            to=[user.email],
            connection=connection,
            headers={
                "Message-ID": f"<{mail.external_id}>",
                "Date": formatdate(localtime=False),
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
                "Precedence": "bulk",
            },
        )
        message.attach_alternative(render_to_string("emails/notices.html", context), "text/html")
    return message


def subject_of(lines: Sequence[Shown], count: int) -> str:
    """One notice says what it is; several, how many and of which tickets."""
    if count == 1:
        line = lines[0]
        if line.ticket is None:
            return one_line(f"{line.title} · {line.who}", _SUBJECT)
        subject = line.ticket.subject or _("(no subject)")
        words = _("[#%(number)d] %(what)s: %(subject)s") % {
            "number": line.ticket.pk,
            "what": line.title,
            "subject": subject,
        }
        return one_line(words, _SUBJECT)
    tickets = [ticket for line in lines for ticket in [line.ticket, *(one.ticket for one in line.listed)]]
    numbers = list(dict.fromkeys(f"#{ticket.pk}" for ticket in tickets if ticket))
    words = ngettext("%(count)d notice", "%(count)d notices", count) % {"count": count}
    return f"{words}: {', '.join(numbers[:5])}{' …' if len(numbers) > 5 else ''}" if numbers else words


def _link_of(line: Shown) -> str:
    if line.ticket:
        return _link("ticket", line.ticket.pk)
    return _link("own_tickets" if line.is_bulk else "notices")


def _link(name: str, *args: int) -> str:
    return settings.BASE_URL + reverse(name, args=args)
