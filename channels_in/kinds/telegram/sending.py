"""Sending a message of ours into its chat: part after part, each at most once.

The Bot API has no key that makes a call happen once. So each part is noted before it is handed over and again
once it has arrived; a crash between the two leaves one part of which nobody knows. It is sent again and the
message marked "maybe twice", as with mail. Parts that have arrived never leave again.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from channels_in.kinds.telegram import buttons, composing
from channels_in.kinds.telegram.api import ApiError, BotApi, Unreachable
from channels_in.kinds.telegram.composing import Call, OutFile, TooLarge
from channels_in.kinds.telegram.presence import mark, move_chat
from channels_in.kinds.telegram.writing import from_html, from_text
from channels_in.models import Inbox, Outbound, TelegramBot, Thread, ThreadMessage
from channels_in.protocol import Outgoing, Receipt, SendError
from tickets.files import path_of
from tickets.models import Attachment, Category, Direction, Message, MessageKind

_WORDS_OF_BLOCK = ("blocked", "kicked", "deactivated", "not a member", "bot can't initiate", "chat not found")


class Moved(SendError):
    """The group has another number now: the same again, there."""

    def __init__(self, words: str, to: str) -> None:
        super().__init__(words, status_code="moved", after=timedelta(seconds=1))
        self.to = to


def prepare(outbound: Outbound) -> list[Call]:
    """The calls, files and all. ``SendError`` for what Telegram never takes, ``OSError`` for a lost file."""
    message = outbound.message
    thread = Thread.objects.filter(inbox=outbound.inbox_id, external_id__in=outbound.recipients).first()
    rich = from_html(message.html) if message.html else from_text(message.text)
    files = [
        OutFile(row.name, row.content_type, Path(path_of(row)).read_bytes())
        for row in Attachment.objects.filter(message=message, redacted_at=None).order_by("pk")
    ]
    ticket = message.ticket
    with translation.override(ticket.requester.language or ticket.language or ticket.brand.language):
        try:
            made = composing.calls(
                rich, files, reply_to=_answered(message, thread), buttons=_buttons(message, thread)
            )
        except TooLarge as error:
            words = _("%(name)s is larger than the 50 MB that Telegram takes.") % {"name": error.name}
            raise SendError(words, permanent=True, status_code="too-large") from None
    if not made:
        words = gettext_noop("There is nothing in this message to send.")
        raise SendError(words, permanent=True, status_code="empty")
    return made


def _answered(message: Message, thread: Thread | None) -> str:
    """In a group it must be seen whom we answer: their newest message about this ticket."""
    if thread is None or thread.state.get("kind", "private") == "private":
        return ""
    rows = ThreadMessage.objects.filter(
        thread=thread, message__ticket=message.ticket_id, message__direction=Direction.IN
    ).filter(message__pk__lt=message.pk)
    found = rows.order_by("-message__pk", "pk").values_list("external_id", flat=True).first() or ""
    return found if found.isdecimal() else ""


def _buttons(message: Message, thread: Thread | None) -> buttons.Rows | None:
    if thread is None or thread.state.get("kind", "private") != "private":
        return None
    if message.is_automatic:
        return buttons.menu()
    ticket = message.ticket
    solved = message.kind == MessageKind.REPLY and ticket.category == Category.RESOLVED
    return buttons.solved(ticket.pk) if solved and ticket.last_public_id == message.pk else None


def send(outgoing: Outgoing[list[Call]], inbox: Inbox) -> Receipt:
    """Make the calls that have not been made. Raises ``SendError``."""
    (chat_id,) = outgoing.recipients
    bot = TelegramBot.objects.filter(inbox=inbox).first()
    if bot is None:
        raise SendError(_("Its bot is not connected any more."), permanent=True)
    try:
        api = BotApi.of(bot)
    except ApiError as error:
        raise SendError(error.description, status_code=str(error.code), unreachable=True) from None
    for call in outgoing.payload[len(outgoing.taken) :]:
        outgoing.handing_over()
        outgoing.took(_ids(_make(api, call, int(chat_id))))
    return Receipt()


def _make(api: BotApi, call: Call, chat_id: int) -> Any:
    try:
        return api.call(call.method, {"chat_id": chat_id, **call.params}, uploads=call.uploads)
    except Unreachable as error:
        raise SendError(error.words, unreachable=True, maybe_sent=error.maybe_done) from None
    except ApiError as error:
        if (
            error.code == 400
            and call.as_document is not None
            and error.migrate_to is None
            and not _is_block(error)
        ):
            return _make(api, call.as_document, chat_id)
        raise refused(error) from None


def refused(error: ApiError) -> SendError:
    """What the Bot API's no means for the message."""
    words, code = error.description, str(error.code)
    if error.migrate_to is not None:
        return Moved(words, str(error.migrate_to))
    if error.code == 429:
        return SendError(words, status_code=code, after=error.retry_after or timedelta(seconds=5))
    if error.code == 403 or _is_block(error):
        return SendError(words, status_code=code, permanent=True)
    if error.code in (401, 404):  # the token was revoked, or the address is no Bot API
        return SendError(words, status_code=code, unreachable=True)
    if error.code >= 500:
        # Behind a gateway's 502 and 504 somebody may have heard us.
        return SendError(words, status_code=code, maybe_sent=error.code in (502, 504))
    return SendError(words, status_code=code, permanent=True)


def _is_block(error: ApiError) -> bool:
    lowered = error.description.lower()
    return error.code in (400, 403) and any(words in lowered for words in _WORDS_OF_BLOCK)


def failed(outbound: Outbound, error: SendError) -> None:
    """What a failure says about the way: blocked, or moved."""
    if isinstance(error, Moved) and outbound.recipients:
        move_chat(outbound.inbox_id, outbound.recipients[0], error.to)
        outbound.recipients = [error.to]
    elif error.permanent and error.status_code == "403":
        for chat_id in outbound.recipients:
            mark(outbound.inbox, chat_id, is_blocked=True)


def _ids(result: Any) -> list[str]:
    """What Telegram calls what it took: a message, or those of an album."""
    rows = result if isinstance(result, list) else [result]
    return [str(row["message_id"]) for row in rows if isinstance(row, dict) and "message_id" in row]
