"""An update that an administrator puts into a ticket, whatever was made of it."""

from dataclasses import replace

from django.utils import translation

from channels_in import conversing
from channels_in.kinds.telegram import fetching
from channels_in.kinds.telegram.albums import Piece
from channels_in.kinds.telegram.parsing import Chat, Person, parse
from channels_in.kinds.telegram.settling import incoming_of
from channels_in.models import Inbound
from channels_in.settled import Settled
from journal.actor import Actor

_SHOWN = 20_000  # characters of the source, where nothing better can be made of it


def attach(inbound: Inbound, ticket_id: int, actor: Actor) -> Settled:
    """What it says, or else its source. Files that were not fetched are told, not fetched."""
    raw = bytes(inbound.raw)
    update = parse(raw)
    if update.chat is None or update.sender is None or not (update.text or update.files):
        update = replace(
            update,
            text=update.text or raw.decode("utf-8", "replace")[:_SHOWN],
            chat=update.chat or Chat(0),
            sender=update.sender or Person(0, "Telegram"),
        )
    if update.message_id is None:
        update = replace(update, message_id=-inbound.pk)
    with translation.override(inbound.inbox.brand.language):
        incoming = incoming_of(inbound, update, [Piece(inbound, update)])
    settled = conversing.attach(inbound, incoming, ticket_id, actor)
    fetching.forget([inbound])
    return settled
