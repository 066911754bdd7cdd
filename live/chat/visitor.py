"""One connection of a visitor, whatever carries it: what comes from the browser, and what goes back.

Frames to the browser: ``welcome`` (state and lines), ``state``, ``lines``, ``ack`` {id, seq}, ``refused``
{id, code, words}, ``typing`` {on, name}, ``read`` {seq}, ``pong``, ``told`` {what}. Frames from it: those of
``channels_in.kinds.chat.frames`` and ``typing`` {on}, ``got`` {seq}, ``read`` {seq}, ``page`` {url, title},
``open``, ``introduce`` {name, email, phone, topic, consent}, ``end``, ``transcript``, ``rate`` {score,
comment}, ``ping``.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import structlog
from django.utils import translation

from channels_in.kinds.chat import (
    following,
    hearing,
    lines,
    reception,
    sessions,
    states,
    talking,
    tokens,
    verbs,
)
from channels_in.kinds.chat.frames import TYPES
from channels_in.kinds.chat.hearing import Heard, Refused
from channels_in.models import ChatSession, ChatWidget
from common import clock
from journal.actor import Actor
from live import groups as desk_groups
from live.chat import groups
from live.chat.database import ask
from live.sending import send_all
from tickets.errors import TicketError
from tickets.models import Follower, Ticket

log = structlog.get_logger(__name__)

Frame = dict[str, Any]
AUDIENCE_KEPT = 20.0  # seconds
RECEPTION_KEPT = 5.0  # seconds: asked by everybody who opens a window
_receptions: dict[int, tuple[float, reception.Reception]] = {}


class Closed(Exception):  # an answer
    """No use in going on: ``code`` closes the socket, ``reason`` is the frame before it."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


GONE = 4401  # the token is nobody's any more: begin anew
BANNED = 4403


@dataclass(frozen=True)
class Snapshot:
    """A session as one look at the database gives it."""

    session: ChatSession
    state: Frame
    lines: list[Frame] = field(default_factory=list)


def _look(key: str, since: int | None) -> Snapshot:
    """State, and with ``since`` the lines after it."""
    session = sessions.find(key)
    if session is None or not session.widget.is_active:
        raise Closed(GONE, "gone")
    if session.banned_at is not None or sessions.is_banned(session.address, session):
        raise Closed(BANNED, "banned")
    state = states.state_of(session, clock.now(), ask_reception=_reception)
    shown = lines.shown(session, since=since) if since is not None and session.last_seq > since else []
    return Snapshot(session, state, shown)


def _reception(widget: ChatWidget, at: Any) -> reception.Reception:
    known = _receptions.get(widget.pk)
    if known is None or monotonic() - known[0] > RECEPTION_KEPT:
        known = monotonic(), reception.reception(widget, at)
        _receptions[widget.pk] = known
    return known[1]


def _since(key: str, since: int, session: ChatSession | None) -> list[Frame]:
    session = session or sessions.find(key)
    return lines.shown(session, since=since) if session is not None else []


class Visitor:
    """``sent`` is the number of the last line this browser has; ``session`` is as it was looked at last,
    which is whenever its stage changes.
    """

    def __init__(self, token: object, since: object) -> None:
        key = tokens.session_key(token)
        if key is None:
            raise Closed(GONE, "gone")
        self.key = key
        self.sent = since if isinstance(since, int) and not isinstance(since, bool) and since >= 0 else 0
        self.pk = 0
        self.widget_id = 0
        self.session: ChatSession | None = None
        self.ticket_id: int | None = None
        self.stage = ""
        self.state: Frame = {}
        self.typed = 0.0
        self._audience: tuple[float, list[str]] = (0.0, [])

    # --- to the browser --------------------------------------------------------------------------

    async def enter(self) -> Frame:
        """All that the browser lacks. Raises ``Closed``."""
        found = await ask(_look, self.key, self.sent)
        self._note(found)
        return {"type": "welcome", "state": found.state, "lines": found.lines}

    async def look(self) -> Frame:
        found = await ask(_look, self.key, None)
        stage = self.stage
        self._note(found, sent=False)
        if stage != self.stage:
            await self.tell_desk({"stage": self.stage})
        return found.state

    def queue_moved(self, order: list[int], pace: float | None) -> list[Frame]:
        """The same state with another place, if it is another one: nobody is asked."""
        if self.stage != "waiting" or self.pk not in order:
            return []
        news = states.place_of(order.index(self.pk) + 1, pace)
        if news["place"] == self.state.get("place"):
            return []
        self.state = self.state | news
        return [self.state]

    async def catch_up(self) -> list[Frame]:
        """The lines that have come since, as one frame or none."""
        found = await ask(_since, self.key, self.sent, self.session)
        if not found:
            return []
        self.sent = max(self.sent, found[-1]["seq"])
        return [{"type": "lines", "lines": found}]

    async def line_again(self, seqs: list[int]) -> list[Frame]:
        """Lines that say something else now."""
        found = await ask(_since, self.key, min(seqs) - 1, self.session)
        return [{"type": "lines", "lines": [line for line in found if line["seq"] in seqs]}]

    def _note(self, found: Snapshot, *, sent: bool = True) -> None:
        session = self.session = found.session
        self.pk, self.widget_id = session.pk, session.widget_id
        self.ticket_id = session.thread.ticket_id if session.thread else None
        self.stage, self.state = session.stage, found.state
        if sent:
            self.sent = session.last_seq

    # --- from the browser ------------------------------------------------------------------------

    async def do(self, data: Frame) -> list[Frame]:
        """What to answer. Nonsense is answered by nothing; raises ``Closed``."""
        kind = data.get("type")
        if kind in TYPES:
            return await self._hear(data)
        act = self._acts().get(str(kind))
        if act is None:
            return []
        try:
            return list(await act(data))
        except TicketError as error:
            return [{"type": "refused", "id": data.get("id"), "code": error.code, "words": error.message}]

    def _acts(self) -> dict[str, Callable[[Frame], Any]]:
        return {
            "ping": self._ping,
            "typing": self._typing,
            "got": self._mark,
            "read": self._mark,
            "page": self._page,
            "open": self._open,
            "introduce": self._introduce,
            "end": self._end,
            "transcript": self._transcript,
            "rate": self._rate,
            "state": self._state,
        }

    async def _hear(self, data: Frame) -> list[Frame]:
        try:
            heard = await ask(_hear, self.key, data, self.session)
        except Refused as refused:
            if refused.code == "banned":
                raise Closed(BANNED, "banned") from refused
            return [{"type": "refused", "id": data.get("id"), "code": refused.code, "words": refused.words}]
        answer: list[Frame] = [{"type": "ack", "id": heard.client_id, "seq": heard.seq}]
        if heard.seq is not None and heard.seq == self.sent + 1:
            self.sent = heard.seq
        if heard.last_seq > self.sent:
            answer += await self.catch_up()
        if heard.stage != self.stage:
            answer.append(await self.look())
        return answer

    async def _ping(self, data: Frame) -> list[Frame]:
        return [{"type": "pong"}]

    async def _state(self, data: Frame) -> list[Frame]:
        return [await self.look()]

    async def _typing(self, data: Frame) -> list[Frame]:
        now = monotonic()
        on = data.get("on") is True
        if on and now - self.typed < 1.0:
            return []
        self.typed = now if on else 0.0
        await self.tell_desk({"typing": on})
        return []

    async def _mark(self, data: Frame) -> list[Frame]:
        seq = data.get("seq")
        if not isinstance(seq, int) or isinstance(seq, bool) or not 0 < seq < 2**31:
            return []
        marks = {"got": seq} if data["type"] == "got" else {"read": seq}
        if await ask(sessions.mark, self.pk, **marks):
            await self.tell_desk({"marks": True})
        return []

    async def _page(self, data: Frame) -> list[Frame]:
        url, title = data.get("url"), data.get("title")
        if isinstance(url, str) and await ask(
            _note_page, self.key, url, title if isinstance(title, str) else ""
        ):
            await self.tell_desk({"page": True})
        return []

    async def _open(self, data: Frame) -> list[Frame]:
        """The window was opened: where a bot is, it may speak first."""
        if await ask(_greet, self.key):
            return [*await self.catch_up(), await self.look()]
        return []

    async def _introduce(self, data: Frame) -> list[Frame]:
        try:
            await ask(_introduce, self.key, data)
        except ValueError:
            words = await ask(_in_language, self.key, "bad-email")
            return [{"type": "refused", "id": data.get("id"), "code": "bad-email", "words": words}]
        await self.tell_desk({"page": True})
        return [{"type": "ack", "id": data.get("id"), "seq": None}, await self.look()]

    async def _end(self, data: Frame) -> list[Frame]:
        await ask(_end, self.pk)
        return [*await self.catch_up(), await self.look()]

    async def _transcript(self, data: Frame) -> list[Frame]:
        email = await ask(_transcript, self.key)
        return [{"type": "told", "what": "transcript", "email": email}]

    async def _rate(self, data: Frame) -> list[Frame]:
        comment = data.get("comment")
        try:
            await ask(_rate, self.pk, data.get("score"), comment if isinstance(comment, str) else "")
        except ValueError:
            return []
        return [await self.look()]

    # --- to others -------------------------------------------------------------------------------

    async def tell(self, groups: Iterable[str], event: Frame) -> None:
        """Best effort: who does not hear of it looks again when they come back."""
        try:
            await asyncio.wait_for(send_all([(group, event) for group in groups]), 1.0)
        except Exception as error:  # a broker that is away costs freshness, never a message
            log.warning("chat.not_told", session=self.pk, error=repr(error))

    async def tell_desk(self, news: Frame) -> None:
        """Those who may see the ticket hear what its visitor does."""
        if self.ticket_id is None:
            return
        asked, names = self._audience
        if not names or monotonic() - asked > AUDIENCE_KEPT:
            names = await ask(_audience, self.ticket_id)
            self._audience = monotonic(), names
        nudges = [{"type": "visitor", "ticket": self.ticket_id, **news}]
        if "marks" in news:
            nudges.append({"type": "ticket", "id": self.ticket_id, "kinds": ["chat_marks"], "actor": None})
        await self.tell(names, {"type": "desk.nudges", "nudges": nudges})

    async def arrived(self) -> None:
        await ask(sessions.arrived, self.pk)
        await self.tell_desk({"here": True})

    async def left(self) -> None:
        await ask(sessions.left, self.pk)
        await self.tell([groups.of_session(self.pk)], {"type": "chat.left"})
        await self.tell_desk({"here": False})


# --- on the database's threads ------------------------------------------------------------------


def _hear(key: str, data: Frame, session: ChatSession | None) -> Heard:
    """In the middle of a talk the session as it was looked at last will do; see ``hearing.hear``."""
    if session is None or session.stage not in sessions.GOING_ON:
        session = _session(key)
    heard = hearing.hear(session, data)
    if heard.seq is not None:
        return heard
    last_seq, stage = ChatSession.objects.values_list("last_seq", "stage").get(key=key)
    return Heard(heard.client_id, None, last_seq, stage)


def _session(key: str) -> ChatSession:
    session = sessions.find(key)
    if session is None or not session.widget.is_active:
        raise Closed(GONE, "gone")
    return session


def _note_page(key: str, url: str, title: str) -> bool:
    return sessions.note_page(_session(key), url, title)


def _greet(key: str) -> bool:
    return talking.greet(key)


def _introduce(key: str, data: Frame) -> None:
    sessions.introduce(_session(key), data, consents=data.get("consent") is True)


def _in_language(key: str, code: str) -> str:
    with translation.override(_session(key).language or "en"):
        return hearing.words_of(code)


def _end(session_id: int) -> None:
    session = ChatSession.objects.select_related("thread__contact").get(pk=session_id)
    contact = session.contact
    verbs.end(session_id, by="visitor", actor=Actor.contact(contact) if contact else verbs.QUEUE)


def _transcript(key: str) -> str:
    session = _session(key)
    with translation.override(session.language or "en"):
        return following.send_transcript(key)


def _rate(session_id: int, score: Any, comment: str) -> None:
    verbs.rate(session_id, score=score, comment=comment)


def _audience(ticket_id: int) -> list[str]:
    row = Ticket.objects.filter(pk=ticket_id).values("team_id", "assignee_id", "brand_id").first()
    if row is None:
        return []
    followers = Follower.objects.filter(ticket_id=ticket_id).values_list("user_id", flat=True)
    return desk_groups.told_of(row["team_id"], row["assignee_id"], followers, row["brand_id"])
