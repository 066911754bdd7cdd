"""Verbs for what is changed after it was said."""

from datetime import datetime

from django.db import transaction

from journal.actor import Actor
from journal.record import record
from tickets import files
from tickets.commands.base import begin, survivor_id
from tickets.commands.posting import recount
from tickets.content import Content
from tickets.events import MessageEdited
from tickets.models import Message, MessageVersion

MOST_VERSIONS = 100  # of one message; further edits replace the newest text, and the oldest versions stay


@transaction.atomic
def edit_received(message_id: int, *, content: Content, actor: Actor, at: datetime | None = None) -> Message:
    """Its author has changed what they said: the message shows that, and what it said before is kept.

    Files of ``content`` are added, none is taken away. What was blacked out stays as it is: the new text
    could bring it back. An edit opens no ticket and no clock: it says nothing new that waits for an answer.
    """
    ticket_id = Message.objects.values_list("ticket_id", flat=True).get(pk=message_id)
    ticket, at = begin(survivor_id(ticket_id), at)
    message = Message.objects.select_for_update(no_key=True, of=("self",)).get(pk=message_id)
    content = content.storable()
    same = message.text == content.text and message.html == content.html
    if message.redacted_at is not None or (same and not content.files):
        return message
    if not same:
        if message.versions.count() < MOST_VERSIONS:
            MessageVersion.objects.create(
                message=message, text=message.text, html=message.html, replaced_at=at
            )
        message.text, message.html = content.text, content.html
    message.edited_at = at
    message.save(update_fields=["text", "html", "edited_at"])
    files.attach(message, content.files)
    recount(ticket)
    record(MessageEdited(ticket.pk, message.pk), actor=actor, at=at)
    return message
