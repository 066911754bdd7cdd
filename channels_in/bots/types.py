"""What goes into the engine and comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Texts = Mapping[str, str]  # by language
Step = Mapping[str, Any]
Flow = Mapping[str, Any]
State = dict[str, Any]

PERSON = "person"  # the button that is always there
SKIP = "skip"
TICKET = "{{ticket}}"  # in a text: the number of the ticket, which only the channel knows


@dataclass(frozen=True)
class Said:
    """What somebody wrote, or the id of the button that was pressed."""

    text: str = ""
    choice: str = ""


@dataclass(frozen=True)
class Facts:
    """What is known when somebody speaks. ``fields``: of the contact, before the flow has asked anything."""

    language: str = "en"
    working_time: bool = True
    people: bool = True
    known: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Button:
    """A choice; with ``url``, a link that opens beside the conversation."""

    id: str
    words: str
    url: str = ""


@dataclass(frozen=True)
class Line:
    """Something the bot says. ``asks``: what kind of answer it waits for, if any: menu, text, email …"""

    text: str
    buttons: tuple[Button, ...] = ()
    asks: str = ""


@dataclass(frozen=True)
class Collected:
    """An answer that is right: the channel may put it where it belongs."""

    field: str
    value: str


@dataclass(frozen=True)
class TicketWanted:
    """Make what is said here a ticket, or if it is one already, set these on it."""

    subject: str = ""
    topic: int | None = None
    team: int | None = None
    priority: int | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class PersonWanted:
    """Bring a person. ``reason``: asked, flow, lost (not understood), budget (the flow goes round)."""

    reason: str
    team: int | None = None


Act = Collected | TicketWanted | PersonWanted


@dataclass(frozen=True)
class Turn:
    """What comes of it: the state to keep, and lines and acts in their order."""

    state: State
    out: tuple[Line | Act, ...]

    @property
    def lines(self) -> list[Line]:
        return [one for one in self.out if isinstance(one, Line)]

    @property
    def acts(self) -> list[Act]:
        return [one for one in self.out if not isinstance(one, Line)]


@dataclass(frozen=True)
class Go:
    """On to another step; an empty ``to`` ends the flow."""

    to: str


@dataclass(frozen=True)
class Wait:
    """Until somebody says something."""


@dataclass(frozen=True)
class Over:
    """The bot is silent from here on. ``why``: person, or end."""

    why: str


@dataclass(frozen=True)
class Lost:
    """What was said is no answer here: say so, offer a person, ask again."""


Move = Go | Wait | Over | Lost


@dataclass(frozen=True)
class Exit:
    """A way out of a step. ``name``: ``next``, ``otherwise`` or the id of a choice or branch."""

    name: str
    to: str
    words: Texts = field(default_factory=dict)


@dataclass(frozen=True)
class Problem:
    """What is wrong with a flow. ``desk.settings.bot_words`` words it; a fatal one prevents publishing."""

    code: str
    step: str = ""
    is_fatal: bool = True
    values: Mapping[str, Any] = field(default_factory=dict)
