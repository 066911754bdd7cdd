"""What becomes of one update. In this order:

what is ignored and why, its turn in its chat, a group that is not wanted, then by its kind: a message (which
may be a command, or a piece of an album), an edit, the press of a button, a block, a group that moved.
"""

from datetime import timedelta

from django.utils import translation

from channels_in import conversing
from channels_in.directory import Directory
from channels_in.kinds.telegram import albums, fetching, presence, talking
from channels_in.kinds.telegram.albums import Piece
from channels_in.kinds.telegram.content import content_of, subject_of
from channels_in.kinds.telegram.editing import edit
from channels_in.kinds.telegram.parsing import Update, parse
from channels_in.kinds.telegram.who import sender_of
from channels_in.models import Inbound, TelegramBot, Thread, ThreadMessage
from channels_in.protocol import Incoming
from channels_in.settled import NotYet, Settled, Unusable
from common import clock

_LOOK_AGAIN = timedelta(seconds=1)


def settle(inbound: Inbound, directory: Directory) -> Settled:
    """Decide and act, in the open transaction that has locked the row."""
    inbound.inbox = directory.inboxes[inbound.inbox_id]
    bot = TelegramBot.objects.filter(inbox=inbound.inbox_id).defer("token", "secret").first()
    update = parse(bytes(inbound.raw))
    if update.error or bot is None:
        raise Unusable("malformed" if update.error else "no-bot", update.error)
    if update.ignored:
        return Settled.discarded(update.ignored)
    if (before := conversing.waiting_before(inbound)) is not None:
        raise NotYet(before.not_before or clock.now() + _LOOK_AGAIN)
    if reason := _unwanted(update, bot):
        return Settled.discarded(reason)
    match update.kind:
        case "edit":
            return edit(inbound, update)
        case "callback":
            return talking.press(inbound, update)
        case "membership":
            return presence.change(inbound, update)
        case "migration":
            return presence.move(inbound, update)
    return _message(inbound, update, bot)


def _unwanted(update: Update, bot: TelegramBot) -> str:
    """Why nothing may come of it, as a code."""
    if update.chat is None or update.sender is None:
        raise Unusable("no-sender", "an update without a chat or without anybody who did something")
    if not update.chat.is_private and not bot.allow_groups:
        return "group"
    return "from-a-bot" if update.sender.is_bot else ""


def _message(inbound: Inbound, update: Update, bot: TelegramBot) -> Settled:
    if (known := _known(inbound, update)) is not None:
        return known
    if talking.is_for_us(update, bot) and (said := talking.obey(inbound, update)) is not None:
        return said
    pieces = albums.gather(inbound, update)
    # Every file of every piece is asked for at once, hence no any().
    ready = [fetching.prepare(one.inbound, one.update.files) for one in pieces]
    if not all(ready):
        raise NotYet(clock.now() + _LOOK_AGAIN)
    settled = _receive(inbound, update, pieces)
    fetching.forget([one.inbound for one in pieces])
    return settled


def _known(inbound: Inbound, update: Update) -> Settled | None:
    """The message there is: a piece that came along with the first one of its album."""
    row = (
        ThreadMessage.objects.filter(
            thread__inbox=inbound.inbox_id,
            thread__external_id=inbound.envelope_from,
            external_id=str(update.message_id),
        )
        .select_related("message")
        .first()
    )
    return Settled.done(row.message, "album" if update.album else "known") if row is not None else None


def _receive(inbound: Inbound, update: Update, pieces: list[Piece]) -> Settled:
    with translation.override(inbound.inbox.brand.language):
        incoming = incoming_of(inbound, update, pieces)
        opening = conversing.Opening(subject=subject_of(pieces))
    settled = conversing.receive(inbound, incoming, opening=opening)
    message = settled.message
    if message is not None:
        thread = Thread.objects.get(inbox=inbound.inbox_id, external_id=incoming.thread_id)
        presence.seen(thread, update)
        ThreadMessage.objects.bulk_create(
            [
                ThreadMessage(thread=thread, external_id=str(one.update.message_id), message=message)
                for one in pieces
            ],
            ignore_conflicts=True,
        )
    return settled


def incoming_of(inbound: Inbound, update: Update, pieces: list[Piece]) -> Incoming:
    """The pieces as one message."""
    assert update.chat is not None
    assert update.sender is not None
    return Incoming(
        external_id=str(update.message_id),
        thread_id=str(update.chat.id),
        sender=sender_of(update.sender),
        content=content_of(pieces),
        at=inbound.received_at,
        reply_to=str(update.reply_to or ""),
    )
