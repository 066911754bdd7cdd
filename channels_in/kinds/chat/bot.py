"""The bot at the door of a chat: what intake asks it, and what it may do.

``answer`` is called in the transaction that keeps what the visitor did, with the session's gate held. It
reads and writes ``session.bot_state`` (a JSON object of its own) and ``session.answers``; both are saved
afterwards. It says what shall happen as a list of acts, carried out in order; the first that hands over ends
the list. A bot that does not know what to say hands over: nobody is left alone with a machine.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from channels_in.models import ChatSession


@dataclass(frozen=True)
class Choice:
    """A button under what the bot said."""

    id: str
    label: str


@dataclass(frozen=True)
class Say:
    """Say something, with buttons perhaps. ``expects``: which keyboard a phone shows for the answer."""

    text: str
    choices: tuple[Choice, ...] = ()
    expects: Literal["", "text", "email", "phone", "number", "date", "none"] = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OpenTicket:
    """Make a ticket of the talk, without a person being waited for: its answer will come, by mail too."""

    subject: str = ""
    topic_id: int | None = None
    team_id: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class HandOver:
    """Let a person go on. ``reason`` as in ``HandedToPerson``."""

    reason: str = "flow"
    subject: str = ""
    topic_id: int | None = None
    team_id: int | None = None
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finish:
    """The visitor has what they wanted; the talk is over without a ticket."""


BotAct = Say | OpenTicket | HandOver | Finish


@dataclass(frozen=True)
class BotEvent:
    """What the visitor did: opened the window of a new talk, said something, chose, asked for a person."""

    kind: Literal["opened", "said", "chose", "person"]
    text: str = ""
    choice: str = ""
    line: int = 0
    has_files: bool = False


def is_on(session: ChatSession) -> bool:
    """Whether a bot receives who comes to this widget."""
    return bool(session.widget.flow)


def answer(session: ChatSession, event: BotEvent) -> list[BotAct]:
    """What the bot does about it."""
    return [HandOver("no-bot")]
