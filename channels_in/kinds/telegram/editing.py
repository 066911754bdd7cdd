"""The customer changed a message of theirs: it shows the new text, what it said before is kept."""

from dataclasses import replace
from datetime import timedelta

from django.utils import translation

from channels_in import conversing
from channels_in.kinds.telegram import fetching
from channels_in.kinds.telegram.albums import Piece
from channels_in.kinds.telegram.content import content_of
from channels_in.kinds.telegram.parsing import Update, parse
from channels_in.kinds.telegram.who import sender_of
from channels_in.models import Inbound, ThreadMessage
from channels_in.settled import NotYet, Settled
from common import clock
from journal.actor import Actor
from tickets import commands
from tickets.models import Message

_LOOK_AGAIN = timedelta(seconds=1)


def edit(inbound: Inbound, update: Update) -> Settled:
    """Change the message, or say why not: its beginning was never ours, or it only moves on the map."""
    if update.is_live_location:
        return Settled.discarded("live-location")
    row = (
        ThreadMessage.objects.filter(
            thread__inbox=inbound.inbox_id,
            thread__external_id=inbound.envelope_from,
            external_id=str(update.message_id),
        )
        .select_related("message")
        .first()
    )
    if row is None:
        return Settled.discarded("edit-of-unknown")
    assert update.sender is not None
    message = row.message
    new = [file for file in update.files if file.unique_id not in _had(message)]
    if not fetching.prepare(inbound, new):
        raise NotYet(clock.now() + _LOOK_AGAIN)
    contact = conversing.contact_of(sender_of(update.sender))
    with translation.override(inbound.inbox.brand.language):
        content = content_of([Piece(inbound, replace(update, files=new))])
    commands.edit_received(message.pk, content=content, actor=Actor.contact(contact))
    fetching.forget([inbound])
    return Settled.done(message, "edit")


def _had(message: Message) -> set[str]:
    """The files that the message came with, by the names that Telegram gives them."""
    raws = Inbound.objects.filter(message=message).values_list("raw", flat=True)[:100]
    return {file.unique_id for raw in raws for file in parse(bytes(raw)).files}
