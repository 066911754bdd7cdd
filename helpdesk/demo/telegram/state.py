"""What the server knows: bots, people, chats, files, and the updates that bots have not fetched yet."""

import json
import secrets
import threading
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic, time
from typing import Any

from helpdesk.demo.telegram.rules import Refused

MOST_MESSAGES = 300  # of a chat
MOST_UPDATES = 1000  # of a bot


@dataclass
class Bot:
    token: str
    username: str
    name: str
    updates: list[dict[str, Any]] = field(default_factory=list)
    webhook: dict[str, Any] = field(default_factory=dict)
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)

    @property
    def id(self) -> int:
        return int(self.token.partition(":")[0])

    def as_user(self) -> dict[str, Any]:
        return {"id": self.id, "is_bot": True, "first_name": self.name, "username": self.username}


@dataclass
class Chat:
    """One chat of one bot. ``moved_to``: the group is a supergroup now."""

    chat: dict[str, Any]
    messages: list[dict[str, Any]] = field(default_factory=list)
    is_blocked: bool = False
    moved_to: int | None = None


@dataclass
class State:
    """Everything, under one lock. With ``folder`` it outlives the process."""

    folder: Path | None = None
    bots: dict[str, Bot] = field(default_factory=dict)
    chats: dict[str, Chat] = field(default_factory=dict)  # by bot's and chat's number
    last_update_id: int = field(default_factory=lambda: int(time()))
    last_message_id: int = 100
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    contents: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        if self.folder is not None:
            self._load(self.folder)

    def bot(self, token: str) -> Bot:
        """Any well-formed token has a bot once it was asked for: a demonstration needs no BotFather."""
        with self.changed:
            if token not in self.bots:
                raise Refused(401, "Unauthorized")
            return self.bots[token]

    def add_bot(self, token: str, *, username: str, name: str) -> Bot:
        with self.changed:
            bot = self.bots.get(token) or Bot(token, username, name)
            self.bots[token] = bot
            self.save()
            return bot

    def chat(self, bot: Bot, chat_id: int) -> Chat:
        found = self.chats.get(f"{bot.id}:{chat_id}")
        if found is None:
            raise Refused(400, "Bad Request: chat not found")
        return found

    def open_chat(self, bot: Bot, chat: dict[str, Any]) -> Chat:
        return self.chats.setdefault(f"{bot.id}:{chat['id']}", Chat(chat))

    def next_message_id(self) -> int:
        self.last_message_id += 1
        return self.last_message_id

    def keep(self, chat: Chat, message: dict[str, Any]) -> dict[str, Any]:
        chat.messages.append(message)
        del chat.messages[:-MOST_MESSAGES]
        self.save()
        self.changed.notify_all()
        return message

    def add_update(self, bot: Bot, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        """Queue an update; whoever polls wakes up."""
        with self.changed:
            self.last_update_id += 1
            update = {"update_id": self.last_update_id, kind: content}
            bot.updates.append(update)
            del bot.updates[:-MOST_UPDATES]
            self.save()
            self.changed.notify_all()
            return update

    def wait_for_updates(self, bot: Bot, offset: int | None, limit: int, seconds: float, waits: Any) -> list:
        """Confirm what lies below ``offset``; then the rest, if there is any. ``waits()``: still wanted."""
        until = monotonic() + seconds
        with self.changed:
            if offset is not None:
                bot.updates = [one for one in bot.updates if one["update_id"] >= offset]
                self.save()
            while not bot.updates and monotonic() < until and waits():
                self.changed.wait(min(0.5, max(until - monotonic(), 0.01)))
            return list(bot.updates[:limit])

    def add_file(self, name: str, content_type: str, data: bytes) -> dict[str, Any]:
        with self.changed:
            file_id = secrets.token_urlsafe(18)
            self.files[file_id] = {
                "file_id": file_id, "file_unique_id": secrets.token_urlsafe(8), "file_size": len(data),
                "file_name": name, "mime_type": content_type,
            }  # fmt: skip
            if self.folder is None:
                self.contents[file_id] = data
            else:
                (self.folder / file_id).write_bytes(data)
            return self.files[file_id]

    def content(self, file_id: str) -> bytes:
        if file_id not in self.files:
            raise Refused(404, "Not Found")
        return self.contents[file_id] if self.folder is None else (self.folder / file_id).read_bytes()

    # --- between two runs of the demonstration ---------------------------------------------------

    def save(self) -> None:
        if self.folder is None:
            return
        written = {
            "bots": [asdict(bot) for bot in self.bots.values()],
            "chats": {key: asdict(chat) for key, chat in self.chats.items()},
            "last_update_id": self.last_update_id,
            "last_message_id": self.last_message_id,
            "files": self.files,
        }
        temporary = self.folder / "state.json.new"
        temporary.write_text(json.dumps(written, ensure_ascii=False))
        temporary.replace(self.folder / "state.json")

    def _load(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            kept = json.loads((folder / "state.json").read_text())
        except (OSError, ValueError):
            return
        self.bots = {one["token"]: Bot(**one) for one in _rows(kept.get("bots"))}
        self.chats = {key: Chat(**one) for key, one in kept.get("chats", {}).items()}
        self.last_update_id = max(kept.get("last_update_id", 0), self.last_update_id)
        self.last_message_id = max(kept.get("last_message_id", 0), self.last_message_id)
        self.files = kept.get("files", {})


def _rows(found: Any) -> Iterable[dict[str, Any]]:
    return found if isinstance(found, list) else []
