"""Taking out for good what should never have been written."""

from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.html import escape
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import record
from tickets import errors
from tickets.answers import blacked_out
from tickets.commands.base import begin, survivor_id
from tickets.commands.posting import recount
from tickets.events import AttachmentRedacted, FieldChanged, MessageRedacted
from tickets.models import Attachment, Message, Ticket

MARK = "█████"
_COLUMNS = ("subject", "text", "quoted_text", "html", "quoted_html")


@transaction.atomic
def redact(message_id: int, *, text: str, actor: Actor, at: datetime | None = None) -> Message:
    """Replace every occurrence of ``text`` in a message by a bar, for good.

    The caller blacks out the raw source too (``channels_in.quarantine.redact_raw``). If the HTML
    hides the text in markup, the HTML goes and the plain text stays.
    """
    text = text.strip()
    if len(text) < 3:
        raise errors.Invalid("text", _("Mark at least three characters to black out."))
    ticket_id = Message.objects.values_list("ticket_id", flat=True).get(pk=message_id)
    ticket, at = begin(survivor_id(ticket_id), at)
    message = Message.objects.select_for_update().get(pk=message_id)
    found = False
    for column in _COLUMNS:
        old = getattr(message, column)
        new = old.replace(text, MARK).replace(escape(text), MARK)
        if new != old:
            found = True
            setattr(message, column, new)
        elif column in {"html", "quoted_html"} and old and found:
            setattr(message, column, "")
    answers = blacked_out(message.answers, text, MARK)
    found = found or answers != message.answers
    message.answers = answers
    found = _redact_versions(message, text) or found
    if not found:
        raise errors.Invalid("text", _("This text is not in the message."))
    message.subject = message.subject[:400]  # the bar may be longer than what it covers
    message.redacted_at = at
    message.save(update_fields=[*_COLUMNS, "answers", "redacted_at"])
    recount(ticket)
    _redact_subjects(ticket, message.ticket_id, text, actor=actor, at=at)
    record(MessageRedacted(ticket.pk, message.pk), actor=actor, at=at)
    return message


def _redact_versions(message: Message, text: str) -> bool:
    """What it said before its author changed it is read as well."""
    found = False
    for version in message.versions.all():
        plain = version.text.replace(text, MARK)
        html = version.html.replace(text, MARK).replace(escape(text), MARK)
        if (plain, html) != (version.text, version.html):
            found = True
            hidden_in_markup = plain != version.text and html == version.html
            version.text, version.html = plain, "" if hidden_in_markup else html
            version.save(update_fields=["text", "html"])
    return found


def _redact_subjects(ticket: Ticket, home_id: int, text: str, *, actor: Actor, at: datetime) -> None:
    """A ticket bears the subject of its first message; ``home_id`` is the message's own, maybe merged one."""
    for row in Ticket.objects.filter(pk__in={ticket.pk, home_id}, subject__contains=text):
        subject = row.subject.replace(text, MARK)[:400]
        Ticket.objects.filter(pk=row.pk).update(subject=subject)
        if row.pk == ticket.pk:
            ticket.subject = subject
            # What it was is nobody's business any more; that it changed is everybody's.
            record(FieldChanged(ticket.pk, "subject", subject, subject), actor=actor, at=at)


@transaction.atomic
def redact_attachment(attachment_id: int, *, actor: Actor, at: datetime | None = None) -> Attachment:
    """Erase a file for good. Its name stays, so that the conversation can be understood."""
    ticket_id = Attachment.objects.values_list("ticket_id", flat=True).get(pk=attachment_id)
    if ticket_id is None:
        raise Attachment.DoesNotExist
    ticket, at = begin(survivor_id(ticket_id), at)
    attachment = Attachment.objects.select_for_update().get(pk=attachment_id)
    if attachment.redacted_at is not None or attachment.message_id is None:
        return attachment
    attachment.redacted_at = at
    attachment.save(update_fields=["redacted_at"])
    record(AttachmentRedacted(ticket.pk, attachment.message_id, attachment.pk), actor=actor, at=at)
    shared = Attachment.objects.filter(sha256=attachment.sha256, redacted_at=None).exists()
    if not shared:
        path = Path(settings.MEDIA_ROOT) / attachment.path
        transaction.on_commit(lambda: path.unlink(missing_ok=True), robust=True)
    return attachment
