"""From the bytes of an update to what it says. Pure, and it never raises.

Source: https://core.telegram.org/bots/api#update (Bot API 9). What is ignored, and why, is listed in
docs/telegram.md; the codes there are the ones here.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from channels_in.kinds.telegram.parsing import things
from channels_in.kinds.telegram.parsing.command import command_of
from channels_in.kinds.telegram.parsing.entities import to_html
from channels_in.kinds.telegram.parsing.fields import NO_CONTENT, SERVICE
from channels_in.kinds.telegram.parsing.files import files_of, unknown_files
from channels_in.kinds.telegram.parsing.reading import Json, number, rows, table, words
from channels_in.kinds.telegram.parsing.types import Chat, Person, Update

_LONGEST_NAME = 200
# Updates that nothing comes of, each with its reason.
_IGNORED = {
    "channel_post": "channel",
    "edited_channel_post": "channel",
    "business_connection": "business",
    "business_message": "business",
    "edited_business_message": "business",
    "deleted_business_messages": "business",
    "message_reaction": "reaction",
    "message_reaction_count": "reaction",
    "inline_query": "inline",
    "chosen_inline_result": "inline",
    "shipping_query": "payment",
    "pre_checkout_query": "payment",
    "purchased_paid_media": "payment",
    "subscription": "payment",
    "poll": "poll",
    "poll_answer": "poll",
    "chat_member": "others-membership",
    "chat_join_request": "others-membership",
    "chat_boost": "boost",
    "removed_chat_boost": "boost",
    "managed_bot": "managed-bot",
}


def parse(raw: bytes) -> Update:
    """What the bytes say: one update, or a message on its own (``parse_telegram`` is given such)."""
    try:
        source = json.loads(raw)
    except (ValueError, RecursionError) as error:
        return Update(error=f"malformed: {type(error).__name__}")
    return read(source)


def read(source: Any) -> Update:
    """The same of JSON that is read already."""
    if not isinstance(source, dict):
        return Update(error="malformed: not an object")
    if "update_id" in source:
        return _update(source)
    if number(source, "message_id") is not None and table(source, "chat"):
        if "new_reaction" in source or "reactions" in source:
            return replace(_about(source, table(source, "user")), ignored="reaction")
        return _message(source, edited=number(source, "edit_date") is not None)
    return Update(ignored="not-an-update")


def _update(source: Json) -> Update:
    update_id = number(source, "update_id")
    if update_id is None:
        return Update(error="malformed: update_id is no number")
    for name, reader in _READERS.items():
        if name in source:
            content = table(source, name)
            found = reader(content) if content else Update(error=f"malformed: {name} is no object")
            return replace(found, update_id=update_id)
    for name in source:
        if name != "update_id":
            content = table(source, name)
            about = _about(content, table(content, "from") or table(content, "user"))
            return replace(about, update_id=update_id, ignored=_IGNORED.get(name, f"update:{name[:60]}"))
    return Update(update_id=update_id, ignored="no-content")


def _about(content: Json, person: Json) -> Update:
    """Where and who, of something that nothing comes of."""
    return Update(
        chat=_chat(table(content, "chat")),
        sender=_person(person),
        message_id=number(content, "message_id"),
        at=_moment(content, "date"),
        text=words(content, "text") or words(content, "caption"),
    )


def _message(message: Json, *, edited: bool = False) -> Update:
    chat = _chat(table(message, "chat"))
    message_id = number(message, "message_id")
    if chat is None or message_id is None:
        return Update(error="malformed: a message without chat or number")
    is_caption = not isinstance(message.get("text"), str)
    text = words(message, "caption" if is_caption else "text")
    entities = rows(message, "caption_entities" if is_caption else "entities", most=200)
    html, formatted = to_html(text, entities)
    unsupported = _unsupported(message)
    instead = "" if text else things.words_for(message)
    answered = table(message, "reply_to_message")
    found = Update(
        kind="edit" if edited else "message",
        chat=chat,
        sender=_sender(message, chat),
        message_id=message_id,
        at=_moment(message, "edit_date" if edited else "date"),
        text=text or instead,
        html=html or to_html(instead, [])[0],
        is_formatted=formatted,
        files=[*files_of(message), *unknown_files(message, unsupported)],
        unsupported=unsupported,
        album=words(message, "media_group_id")[:64],
        reply_to=number(answered, "message_id"),
        quote=words(table(message, "quote"), "text") or words(answered, "text") or words(answered, "caption"),
        forwarded_from=_forwarded(message),
        command=None if edited or is_caption else command_of(text, entities),
        is_live_location=number(table(message, "location"), "live_period") is not None
        or (edited and bool(table(message, "location"))),
    )
    return _judged(found, message, chat)


def _judged(found: Update, message: Json, chat: Chat) -> Update:
    """The same, marked where it is nobody's message to us."""
    if (moved_to := number(message, "migrate_to_chat_id")) is not None:
        return replace(found, kind="migration", moved_to=moved_to)
    if chat.kind == "channel":
        return replace(found, kind="", ignored="channel")
    says_something = found.text or found.files
    service = next((name for name in message if name in SERVICE), None)
    if service and not says_something:
        return replace(found, kind="", ignored=f"service:{service}")
    if not (says_something or found.unsupported):
        return replace(found, kind="", ignored="no-content")
    return found


def _unsupported(message: Json) -> list[str]:
    """Fields with content that we know nothing of: of the message somebody must hear all the same."""
    known = NO_CONTENT | SERVICE | things.THINGS
    return [name[:60] for name, value in message.items() if name not in known and value][:10]


def _callback(callback: Json) -> Update:
    message = table(callback, "message")
    person = _person(table(callback, "from"))
    callback_id, data = words(callback, "id"), words(callback, "data")
    if person is None or not callback_id:
        return Update(error="malformed: a button without whoever pressed it")
    chat = _chat(table(message, "chat"))
    text = _label(message, data) or data
    found = Update(
        kind="callback",
        chat=chat,
        sender=person,
        message_id=number(message, "message_id"),
        text=text,
        html=to_html(text, [])[0],
        callback_id=callback_id[:200],
        data=data[:64],
    )
    # A button in another chat, sent there by inline mode, or of a game.
    return found if chat is not None else replace(found, kind="", ignored="inline")


def _label(message: Json, data: str) -> str:
    """What stood on the button."""
    keyboard = table(message, "reply_markup").get("inline_keyboard")
    for row in keyboard[:100] if isinstance(keyboard, list) else []:
        for button in row[:20] if isinstance(row, list) else []:
            if isinstance(button, dict) and data and words(button, "callback_data") == data:
                return words(button, "text")
    return ""


def _membership(change: Json) -> Update:
    """The bot itself was let into a chat or shut out; in a private one that is "blocked"."""
    chat, person = _chat(table(change, "chat")), _person(table(change, "from"))
    status = words(table(change, "new_chat_member"), "status")
    if chat is None or person is None or not status:
        return Update(error="malformed: a membership without chat, person or status")
    restricted_out = status == "restricted" and table(change, "new_chat_member").get("is_member") is False
    found = Update(
        kind="membership",
        chat=chat,
        sender=person,
        at=_moment(change, "date"),
        membership="gone" if status in ("left", "kicked") or restricted_out else "member",
    )
    return replace(found, kind="", ignored="channel") if chat.kind == "channel" else found


_READERS: dict[str, Callable[[Json], Update]] = {
    "message": _message,
    "edited_message": lambda message: _message(message, edited=True),
    "callback_query": _callback,
    "my_chat_member": _membership,
}


def _sender(message: Json, chat: Chat) -> Person | None:
    """Who speaks. A chat that speaks for itself has a stand-in as "from", shared by all that do."""
    spokesman = _chat(table(message, "sender_chat"))
    if spokesman is not None:
        return Person(spokesman.id, spokesman.title, words(table(message, "sender_chat"), "username")[:64])
    person = _person(table(message, "from"))
    if person is None and chat.is_private:
        return _person(table(message, "chat"))
    return person


def _person(source: Json) -> Person | None:
    person_id = number(source, "id")
    if person_id is None:
        return None
    name = f"{words(source, 'first_name')} {words(source, 'last_name')}".strip()
    return Person(
        person_id,
        name[:_LONGEST_NAME],
        words(source, "username")[:64],
        words(source, "language_code")[:35],
        source.get("is_bot") is True,
    )


def _chat(source: Json) -> Chat | None:
    chat_id = number(source, "id")
    if chat_id is None:
        return None
    kind = words(source, "type")
    if kind not in ("private", "group", "supergroup", "channel"):
        kind = "private" if chat_id > 0 else "group"
    return Chat(chat_id, kind, words(source, "title")[:_LONGEST_NAME])


def _forwarded(message: Json) -> str | None:
    """From whom a forwarded message is; Telegram tells it in one of two ways, old and new."""
    if origin := table(message, "forward_origin"):
        person = _person(table(origin, "sender_user"))
        chat = _chat(table(origin, "sender_chat")) or _chat(table(origin, "chat"))
        name = person.name if person else chat.title if chat else words(origin, "sender_user_name")
        return name[:_LONGEST_NAME]
    if any(name in message for name in ("forward_date", "forward_from", "forward_from_chat")):
        person, chat = _person(table(message, "forward_from")), _chat(table(message, "forward_from_chat"))
        name = person.name if person else chat.title if chat else words(message, "forward_sender_name")
        return name[:_LONGEST_NAME]
    return None


def _moment(source: Json, name: str) -> datetime | None:
    seconds = number(source, name)
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, OSError, ValueError):
        return None
