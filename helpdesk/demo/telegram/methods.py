"""The methods of the Bot API that a helpdesk calls, as Telegram answers them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import time
from typing import Any
from urllib.parse import urlsplit

from helpdesk.demo.telegram.rules import (
    MOST_CAPTION,
    MOST_TEXT,
    Refused,
    bad,
    check_file,
    check_keyboard,
    check_text,
)
from helpdesk.demo.telegram.state import Bot, Chat, State

_FILE_KINDS = ("photo", "video", "animation", "voice", "audio", "document")


@dataclass
class Asked:
    """One request: its parameters, and files by their field."""

    params: Mapping[str, Any]
    files: Mapping[str, tuple[str, str, bytes]] = field(default_factory=dict)
    waits: Callable[[], bool] = lambda: True


def answer(state: State, bot: Bot, method: str, asked: Asked) -> Any:
    """The result; raises ``Refused``."""
    found = _METHODS.get(method.lower())
    if found is None:
        raise Refused(404, "Not Found")
    return found(state, bot, asked)


def _get_me(_state: State, bot: Bot, _asked: Asked) -> Any:
    return bot.as_user() | {"can_join_groups": True, "can_read_all_group_messages": False}


def _get_updates(state: State, bot: Bot, asked: Asked) -> Any:
    if bot.webhook.get("url"):
        raise Refused(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete it",
        )
    offset = asked.params.get("offset")
    limit = max(1, min(int(asked.params.get("limit") or 100), 100))
    seconds = min(float(asked.params.get("timeout") or 0), 50.0)
    return state.wait_for_updates(bot, None if offset is None else int(offset), limit, seconds, asked.waits)


def _set_webhook(state: State, bot: Bot, asked: Asked) -> Any:
    url = str(asked.params.get("url") or "")
    parts = urlsplit(url)
    if url and parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "localhost"):
        raise bad("bad webhook: An HTTPS URL must be provided for webhook")
    with state.changed:
        bot.webhook = {
            "url": url,
            "secret_token": str(asked.params.get("secret_token") or ""),
            "max_connections": int(asked.params.get("max_connections") or 40),
        }
        if not url:
            bot.webhook = {}
        state.save()
        state.changed.notify_all()
    return True


def _delete_webhook(state: State, bot: Bot, asked: Asked) -> Any:
    with state.changed:
        bot.webhook = {}
        if asked.params.get("drop_pending_updates") in (True, "true"):
            bot.updates = []
        state.save()
    return True


def _webhook_info(_state: State, bot: Bot, _asked: Asked) -> Any:
    told = {key: value for key, value in bot.webhook.items() if key != "secret_token"}
    return {"url": "", "has_custom_certificate": False, "pending_update_count": len(bot.updates)} | told


def _set_commands(state: State, bot: Bot, asked: Asked) -> Any:
    with state.changed:
        bot.commands[str(asked.params.get("language_code") or "")] = list(asked.params.get("commands") or [])
        state.save()
    return True


def _chat(state: State, bot: Bot, asked: Asked) -> Chat:
    chat = state.chat(bot, int(asked.params.get("chat_id") or 0))
    if chat.moved_to is not None:
        raise Refused(
            400,
            "Bad Request: group chat was upgraded to a supergroup chat",
            migrate_to_chat_id=chat.moved_to,
        )
    if chat.is_blocked:
        private = chat.chat["type"] == "private"
        raise Refused(
            403,
            "Forbidden: bot was blocked by the user"
            if private
            else "Forbidden: bot was kicked from the group chat",
        )
    return chat


def _beginning(state: State, bot: Bot, chat: Chat, asked: Asked) -> dict[str, Any]:
    message: dict[str, Any] = {
        "message_id": state.next_message_id(),
        "from": bot.as_user(),
        "chat": chat.chat,
        "date": int(time()),
    }
    answered = (asked.params.get("reply_parameters") or {}).get("message_id")
    found = [one for one in chat.messages if one["message_id"] == answered]
    if found:
        message["reply_to_message"] = {k: v for k, v in found[0].items() if k != "reply_to_message"}
    if markup := check_keyboard(asked.params.get("reply_markup")):
        message["reply_markup"] = markup
    return message


def _send_message(state: State, bot: Bot, asked: Asked) -> Any:
    entities = asked.params.get("entities") or []
    text = check_text(asked.params.get("text"), entities, most=MOST_TEXT, required=True, name="message")
    with state.changed:
        chat = _chat(state, bot, asked)
        message = _beginning(state, bot, chat, asked) | {"text": text}
        return state.keep(chat, message | ({"entities": entities} if entities else {}))


def _send_file(kind: str) -> Callable[[State, Bot, Asked], Any]:
    def send(state: State, bot: Bot, asked: Asked) -> Any:
        given = asked.files.get(kind)
        if given is None:
            raise bad(f"there is no {kind} in the request")
        check_file(kind, given[2])
        with state.changed:
            chat = _chat(state, bot, asked)
            message = (
                _beginning(state, bot, chat, asked) | _captioned(asked.params) | _media(state, kind, given)
            )
            return state.keep(chat, message)

    return send


def _captioned(params: Mapping[str, Any]) -> dict[str, Any]:
    entities = params.get("caption_entities") or []
    caption = check_text(params.get("caption"), entities, most=MOST_CAPTION, required=False, name="caption")
    found: dict[str, Any] = {"caption": caption} if caption else {}
    return found | ({"caption_entities": entities} if entities else {})


def _media(state: State, kind: str, given: tuple[str, str, bytes]) -> dict[str, Any]:
    file = state.add_file(*given)
    return {kind: [file | {"width": 800, "height": 600}] if kind == "photo" else file}


def _send_album(state: State, bot: Bot, asked: Asked) -> Any:
    media = asked.params.get("media")
    if not isinstance(media, list) or not 2 <= len(media) <= 10:
        raise bad("wrong number of media in an album: 2 to 10 are needed")
    kinds = {one.get("type") for one in media}
    if not kinds <= set(_FILE_KINDS) or (len(kinds) > 1 and not kinds <= {"photo", "video"}):
        raise bad("these kinds of media can't be mixed in an album")
    files = []
    for one in media:
        given = asked.files.get(str(one.get("media", "")).removeprefix("attach://"))
        if given is None:
            raise bad("wrong file identifier/HTTP URL specified")
        check_file(one["type"], given[2])
        files.append(given)
    with state.changed:
        chat = _chat(state, bot, asked)
        group = str(state.last_message_id * 7)
        return [
            state.keep(
                chat,
                _beginning(state, bot, chat, asked)
                | {"media_group_id": group}
                | _captioned(one)
                | _media(state, one["type"], given),
            )
            for one, given in zip(media, files, strict=True)
        ]


def _get_file(state: State, _bot: Bot, asked: Asked) -> Any:
    file = state.files.get(str(asked.params.get("file_id")))
    if file is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    if file["file_size"] > 20 * 1024 * 1024:
        raise bad("file is too big")
    kept = {key: file[key] for key in ("file_id", "file_unique_id", "file_size")}
    return kept | {"file_path": f"documents/{file['file_id']}"}


def _answer_callback(_state: State, _bot: Bot, asked: Asked) -> Any:
    if not asked.params.get("callback_query_id"):
        raise bad("query is too old and response timeout expired or query ID is invalid")
    return True


def _chat_action(state: State, bot: Bot, asked: Asked) -> Any:
    _chat(state, bot, asked)
    return True


_METHODS: dict[str, Callable[[State, Bot, Asked], Any]] = {
    "getme": _get_me,
    "getupdates": _get_updates,
    "setwebhook": _set_webhook,
    "deletewebhook": _delete_webhook,
    "getwebhookinfo": _webhook_info,
    "setmycommands": _set_commands,
    "sendmessage": _send_message,
    "sendmediagroup": _send_album,
    "getfile": _get_file,
    "answercallbackquery": _answer_callback,
    "sendchataction": _chat_action,
    **{f"send{kind.replace('_', '')}": _send_file(kind) for kind in _FILE_KINDS},
}
