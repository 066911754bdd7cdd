"""What a visitor's window has to know besides the lines, and what an agent sees of a message's way."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from channels_in.kinds.chat import bot, sessions
from channels_in.kinds.chat.reception import Reception, places, reception, seconds_a_place
from channels_in.kinds.chat.talking import address_of
from channels_in.models import ChatLine, ChatSession, ChatWidget

Stage = ChatSession.Stage
_LONGEST_WAIT = 3600  # seconds; beyond that "more than an hour" is all we know

AskReception = Callable[[ChatWidget, datetime], Reception]


def state_of(
    session: ChatSession, at: datetime, *, ask_reception: AskReception = reception
) -> dict[str, Any]:
    """The state as the browser gets it; ``wait`` in seconds, None where nobody can say."""
    state: dict[str, Any] = {
        "type": "state",
        "stage": session.stage,
        "seq": session.last_seq,
        "first": session.first_seq,
        "read": session.agent_seq,
        "seen": session.read_seq,
        "known": session.is_known,
        "email": address_of(session),
        "name": str(session.answers.get("name") or ""),
        "bot": bot.is_on(session),
        "missing": sessions.missing(session),
        "rated": session.rating.get("score"),
    }
    if session.stage == Stage.TALKING and session.ticket is not None and session.ticket.assignee is not None:
        state["agent"] = str(session.ticket.assignee)
    if session.stage == Stage.WAITING:
        place = places(session.widget_id).get(session.pk, 1)
        state |= place_of(place, seconds_a_place(session.widget_id, at))
    elif session.stage not in {Stage.BOT, Stage.TALKING}:
        found = ask_reception(session.widget, at)
        state["open"] = found.is_open
        if not found.is_open:
            state["reason"] = found.reason
            state["opens"] = found.opens_at.isoformat() if found.opens_at else None
    return state


def place_of(place: int, pace: float | None) -> dict[str, Any]:
    """What is said of a place in the queue that moves on every ``pace`` seconds."""
    return {"place": place, "wait": None if pace is None else min(round(pace * place), _LONGEST_WAIT)}


def ways_of(message_ids: Iterable[int]) -> dict[int, str]:
    """How far each of our messages has come, in one query for all."""
    rows = ChatLine.objects.filter(message__in=list(message_ids), by=ChatLine.By.AGENT).values_list(
        "message", "seq", "session__got_seq", "session__read_seq", "session__mailed_seq"
    )
    return {message_id: way_of(seq, got, read, mailed) for message_id, seq, got, read, mailed in rows}


def way_of(seq: int, got: int, read: int, mailed: int) -> str:
    """How far our line number ``seq`` has come: sent, delivered, read or mailed. The others: how far the
    visitor has got, read, and been sent by mail."""
    if seq <= read:
        return "read"
    if seq <= mailed:
        return "mailed"
    return "delivered" if seq <= got else "sent"
