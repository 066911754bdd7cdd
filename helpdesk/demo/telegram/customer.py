"""The other end of a chat: what people do in their app, turned into the updates that bots get."""

import secrets
from collections.abc import Sequence
from time import time
from typing import Any

from helpdesk.demo.telegram.methods import _media
from helpdesk.demo.telegram.rules import Refused
from helpdesk.demo.telegram.state import Bot, Chat, State

Given = tuple[str, str, bytes]  # a file: name, content type, content


class Customer:
    """One person and one bot, in private or, with ``group``, in a group."""

    def __init__(
        self, state: State, bot: Bot, user: dict[str, Any], group: dict[str, Any] | None = None
    ) -> None:
        self.state = state
        self.bot = bot
        self.user = user
        names = ("id", "first_name", "last_name", "username")
        private = {name: user[name] for name in names if name in user} | {"type": "private"}
        with state.changed:
            self.chat: Chat = state.open_chat(bot, group or private)

    def say(self, text: str, **fields: Any) -> dict[str, Any]:
        """A message; a leading command is marked as the apps do."""
        entities = fields.pop("entities", None)
        if entities is None and text.startswith("/") and len(text) > 1:
            entities = [{"type": "bot_command", "offset": 0, "length": len(text.split()[0])}]
        return self._send({"text": text} | ({"entities": entities} if entities else {}) | fields)

    def send(self, kind: str, given: Given, *, caption: str = "", **fields: Any) -> dict[str, Any]:
        """A file: photo, document, voice, …"""
        return self._send(
            _media(self.state, kind, given) | ({"caption": caption} if caption else {}) | fields
        )

    def album(self, files: Sequence[Given], *, caption: str = "") -> list[dict[str, Any]]:
        """Photographs sent together; each comes as an update of its own."""
        group = str(secrets.randbelow(10**15))
        return [
            self.send("photo", given, caption="" if number else caption, media_group_id=group)
            for number, given in enumerate(files)
        ]

    def edit(self, message_id: int, text: str) -> dict[str, Any]:
        with self.state.changed:
            found = self._find(message_id)
            found["caption" if "caption" in found else "text"] = text
            found["edit_date"] = int(time())
            found.pop("entities", None)
            self.state.add_update(self.bot, "edited_message", dict(found))
            return found

    def press(self, message_id: int, data: str) -> None:
        with self.state.changed:
            message = self._find(message_id)
            query = {
                "id": str(secrets.randbelow(10**17)),
                "from": self.user,
                "message": message,
                "chat_instance": "1",
                "data": data,
            }
            self.state.add_update(self.bot, "callback_query", query)

    def block(self, *, blocked: bool = True) -> None:
        """Stop the bot, or start it again."""
        states = ("member", "kicked") if blocked else ("kicked", "member")
        with self.state.changed:
            self.chat.is_blocked = blocked
            old, new = ({"user": self.bot.as_user(), "status": status} for status in states)
            change = {
                "chat": self.chat.chat,
                "from": self.user,
                "date": int(time()),
                "old_chat_member": old,
                "new_chat_member": new,
            }
            self.state.add_update(self.bot, "my_chat_member", change)

    @property
    def heard(self) -> list[dict[str, Any]]:
        """What the bot has said here."""
        with self.state.changed:
            return [one for one in self.chat.messages if one["from"]["id"] == self.bot.id]

    def _send(self, fields: dict[str, Any]) -> dict[str, Any]:
        with self.state.changed:
            message = {
                "message_id": self.state.next_message_id(),
                "from": self.user,
                "chat": self.chat.chat,
                "date": int(time()),
                **fields,
            }
            self.state.keep(self.chat, message)
            self.state.add_update(self.bot, "message", dict(message))
            return message

    def _find(self, message_id: int) -> dict[str, Any]:
        for message in self.chat.messages:
            if message["message_id"] == message_id:
                return message
        raise Refused(404, "Not Found")
