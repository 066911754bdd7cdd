"""What an update of the Bot API says, as plain data. Pure."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Person:
    """Who did something: a user, or a chat that speaks for itself (an anonymous administrator of a group)."""

    id: int
    name: str = ""
    username: str = ""
    language: str = ""  # IETF tag of the person's app
    is_bot: bool = False


@dataclass(frozen=True)
class Chat:
    """Where it happened. ``kind``: private, group, supergroup or channel."""

    id: int
    kind: str = "private"
    title: str = ""

    @property
    def is_private(self) -> bool:
        return self.kind == "private"


@dataclass(frozen=True)
class File:
    """A file that waits at Telegram. ``unique_id`` names the file, ``file_id`` opens it for this bot.

    Without a ``file_id`` all we can do is say that there was one.
    """

    kind: str
    name: str
    content_type: str
    file_id: str
    size: int | None = None  # bytes, where Telegram says so
    unique_id: str = ""


@dataclass(frozen=True)
class Command:
    """``/name@bot argument`` at the beginning of a message, in lower case but for the argument."""

    name: str
    argument: str = ""
    bot: str = ""


@dataclass(frozen=True)
class Update:
    """One update in one shape for all kinds.

    ``kind``: message, edit, callback (a button was pressed), membership (the bot was let in, shut out,
    blocked) or migration (a group became a supergroup, ``moved_to``); empty for what is none of these.
    ``ignored`` says as a code why nothing comes of it (docs/telegram.md lists them); what can be read of it
    is there all the same. ``error``: it cannot be what it claims to be, and somebody should look at it.

    ``message_id``: of the message said, edited, or under which the button is. ``text`` is Telegram's to the
    letter, or what stands for a place, a contact, a poll. ``html`` is sanitised. ``unsupported``: fields of a
    message that we have no words for.
    """

    kind: str = ""
    update_id: int | None = None
    ignored: str = ""
    error: str = ""
    chat: Chat | None = None
    sender: Person | None = None
    message_id: int | None = None
    at: datetime | None = None
    text: str = ""
    html: str = ""
    is_formatted: bool = False  # the HTML says more than the text
    files: list[File] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)
    album: str = ""  # its pieces are one message to whoever sent it
    reply_to: int | None = None
    quote: str = ""  # of the message it answers
    forwarded_from: str | None = None  # a name; empty where Telegram hides it
    command: Command | None = None
    is_live_location: bool = False
    callback_id: str = ""
    data: str = ""  # of the button
    membership: str = ""  # member or gone
    moved_to: int | None = None
