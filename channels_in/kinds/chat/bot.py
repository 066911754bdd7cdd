"""The bot at the door of a chat: what intake asks it, and what it may do.

``answer`` is called in the transaction that keeps what the visitor did, with the session's gate held. It
reads and writes ``session.bot_state`` (a JSON object of its own) and ``session.answers``; both are saved
afterwards. It says what shall happen as a list of acts, carried out in order; the first that hands over ends
the list. A bot that does not know what to say hands over: nobody is left alone with a machine.

What it says is decided by a flow (``channels_in.bots``); a talk keeps the version it began with.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.translation import gettext as _

from calendars.versions import current_version_id, working_time
from channels_in.bots import engine
from channels_in.bots.flow import step_of
from channels_in.bots.stored import playable, version_of
from channels_in.bots.types import (
    TICKET,
    Collected,
    Facts,
    Flow,
    Line,
    PersonWanted,
    Said,
    TicketWanted,
    Turn,
)
from channels_in.kinds.chat import reception, tokens
from channels_in.models import BotFlowVersion, ChatLine, ChatSession
from common import clock

_PROVED = frozenset({"name", "email"})  # of whom the site vouches for
_EXPECTS = {"text", "email", "phone", "number"}
_REASONS = {"lost": "no-answer", "budget": "no-answer"}  # as HandedToPerson has them


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
    priority: int | None = None
    tags: tuple[str, ...] = ()
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
    """Whether a bot receives who comes to this widget: one is chosen, published and not deleted."""
    flow_id = session.widget.bot_id
    if flow_id is None:
        return False
    return BotFlowVersion.objects.filter(flow=flow_id, flow__is_deleted=False).exists()


def answer(session: ChatSession, event: BotEvent) -> list[BotAct]:
    """What the bot does about it."""
    kept = session.bot_state
    version = version_of(session.widget.bot, kept.get("version"))
    if version is None:
        return [HandOver("no-bot")]
    flow, facts = playable(version.definition), _facts(session)
    turn = _turn(flow, facts, kept, session, event)
    state = {**turn.state, "version": version.pk}
    acts = [act for out in turn.out for act in _acts(session, state, out)]
    if event.kind == "opened":
        # Nothing was said yet: no ticket of nothing, and whoever is wanted comes with the first words.
        state["ticket"] = False
    elif state["over"] == "person" and not turn.out:
        acts.append(_hand_over(session, state, PersonWanted(**kept.get("wanted", {"reason": "flow"}))))
    elif state["over"] == "end" and not state["ticket"]:
        acts.append(Finish())
    for out in turn.out:
        if isinstance(out, PersonWanted):
            state["wanted"] = {"reason": out.reason, "team": out.team}
    session.bot_state = state
    return acts


def with_number(text: str, session: ChatSession) -> str:
    """The text with the number of the talk's ticket, where it has a place for it."""
    if TICKET not in text:
        return text
    number = f"#{session.ticket.pk}" if session.ticket is not None else ""
    return text.replace(TICKET, number)


def _turn(flow: Flow, facts: Facts, kept: dict[str, Any], session: ChatSession, event: BotEvent) -> Turn:
    if event.kind == "opened":
        return engine.begin(flow, facts, kept)
    said = Said(event.text or (_("(a file)") if event.has_files else ""), event.choice)
    if event.kind == "person":
        said = Said(choice="person")
    if not kept.get("version"):
        return engine.begin_with(flow, said, facts)
    if event.kind == "chose":
        kept = _at_its_question(flow, kept, session, event)
    return engine.take(flow, kept, said, facts)


def _at_its_question(
    flow: Flow, kept: dict[str, Any], session: ChatSession, event: BotEvent
) -> dict[str, Any]:
    """A button of an earlier question answers that question: the talk goes on from there."""
    row = ChatLine.objects.filter(session=session, seq=event.line, by=ChatLine.By.BOT).first()
    step_id = str(row.data.get("step", "")) if row is not None else ""
    if kept.get("over") == "person" or not step_id or step_of(flow, step_id) is None:
        return kept
    return {**kept, "at": step_id, "over": ""}


def _facts(session: ChatSession) -> Facts:
    widget, now = session.widget, clock.now()
    is_open = True
    if widget.calendar_id is not None:
        is_open = working_time(current_version_id(widget.calendar_id)).is_working(now)
    said = {**session.attributes, **session.answers}
    return Facts(
        language=session.language or widget.inbox.brand.language,
        working_time=is_open,
        people=reception.reception(widget, now).is_open,
        known=session.is_known,
        fields={str(name): str(value)[:1000] for name, value in said.items() if value not in (None, "")},
    )


def _acts(
    session: ChatSession, state: dict[str, Any], out: Line | Collected | TicketWanted | PersonWanted
) -> list[BotAct]:
    match out:
        case Line():
            return [_say(out, state)]
        case Collected():
            _keep(session, out)
            return []
        case TicketWanted():
            return [
                OpenTicket(
                    subject=out.subject,
                    topic_id=out.topic,
                    team_id=out.team,
                    priority=out.priority,
                    tags=out.tags,
                    attributes=dict(state["fields"]),
                )
            ]
        case PersonWanted():
            return [_hand_over(session, state, out)]


def _say(line: Line, state: dict[str, Any]) -> Say:
    links = [f"• {one.words}: {one.url}" if one.words else one.url for one in line.buttons if one.url]
    choices = tuple(Choice(one.id, one.words) for one in line.buttons if not one.url)
    expects: Any = line.asks if line.asks in _EXPECTS else ""
    data = {"step": state["at"]} if line.asks else {}
    return Say("\n".join([line.text, *links]).strip(), choices, expects, data)


def _hand_over(session: ChatSession, state: dict[str, Any], wanted: PersonWanted) -> HandOver:
    return HandOver(
        reason=_REASONS.get(wanted.reason, wanted.reason),
        team_id=wanted.team,
        attributes=dict(state["fields"]),
    )


def _keep(session: ChatSession, found: Collected) -> None:
    """An answer becomes what is known of the visitor. What the site has proved is not overwritten."""
    if session.is_known and found.field in _PROVED and session.answers.get(found.field):
        return
    if found.field == "email" and not tokens.is_address(found.value):
        return
    session.answers = {**session.answers, found.field: found.value}
