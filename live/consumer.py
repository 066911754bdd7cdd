"""The socket of a page at the desk: hears nudges, tells presence."""

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import Any

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.db import Error as DatabaseError
from django.utils.crypto import constant_time_compare

from channels_in.kinds.chat import verbs
from live import groups
from live.chat import groups as chats
from live.dispatch import Dispatch
from live.presence import DOINGS, Presence
from people.models import User
from people.teams import user_team_ids
from tickets.models import Follower, Ticket

log = structlog.get_logger(__name__)

SIGNED_OUT = 4401  # close code: no use in asking again
RECHECK = 60  # seconds: what somebody may see can change while a page stays open
MOST_A_SECOND = 20
GATHER = 0.005  # seconds that facts are collected for before the page is told


@dataclass(frozen=True)
class Audience:
    """The groups that may hear of a ticket."""

    names: list[str]
    chat: int | None = None  # the session of the visitor who talks there


def _is_signed_in(user: User, session: SessionBase | None) -> bool:
    """Whether the session a socket was opened with still is one: not ended, and no new password since."""
    if session is None or not session.session_key:
        return session is None
    known = str(session.get(HASH_SESSION_KEY, ""))
    return session.exists(session.session_key) and constant_time_compare(known, user.get_session_auth_hash())


class DeskConsumer(Dispatch, AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """Staff only. What it passes on are facts without content; pages ask for content through their views."""

    joined: frozenset[str] = frozenset()

    async def connect(self) -> None:
        self.page = uuid.uuid4().hex[:12]
        self.ticket_id: int | None = None
        self.audience: Audience | None = None
        self.recheck: asyncio.Task[None] | None = None
        self.spent, self.second = 0, 0
        self.typing = False
        self.heard: dict[str, None] = {}  # in its order, each once
        self.telling: asyncio.Task[None] | None = None
        self.presence = Presence()
        user = self.scope.get("user")
        if user is None or not user.is_authenticated:
            await self.accept()
            await self.close(code=SIGNED_OUT)
            return
        self.user_id = int(user.pk)
        names = await self._groups()
        await self.accept()
        if names is None:
            await self.close(code=SIGNED_OUT)
            return
        await self._join(names)
        # Only now nothing is missed: the page asks once for what happened since it was rendered.
        await self.send_json({"type": "joined"})
        self.recheck = asyncio.create_task(self._look_again())

    async def disconnect(self, code: int) -> None:
        for task in (self.recheck, self.telling):
            if task is not None:
                task.cancel()
        await self._leave()
        for name in self.joined:
            await self.channel_layer.group_discard(name, self.channel_name)
        await self.presence.close()

    # --- from the page ----------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """Short JSON objects at a human rate; anything else is nonsense, and ignored."""
        if not text_data or len(text_data) > 2000 or not self._within_rate():
            return
        try:
            content = json.loads(text_data)
        except (ValueError, RecursionError):
            return
        if isinstance(content, dict):
            await self.receive_json(content)

    async def receive_json(self, content: dict[str, Any], **kwargs: Any) -> None:
        if content.get("type") == "ping":
            await self.send_json({"type": "pong"})
        elif content.get("type") == "presence":
            await self._be(content.get("ticket"), content.get("doing"))

    def _within_rate(self) -> bool:
        now = int(asyncio.get_running_loop().time())
        self.spent = self.spent + 1 if now == self.second else 1
        self.second = now
        return self.spent <= MOST_A_SECOND

    async def _be(self, ticket_id: Any, doing: Any) -> None:
        """Note where this page is. Of a ticket its person may not see nothing is noted and nobody told."""
        if not isinstance(ticket_id, int) or isinstance(ticket_id, bool):
            return
        if doing not in DOINGS:
            if ticket_id == self.ticket_id:
                await self._leave()
            return
        if ticket_id != self.ticket_id:
            await self._leave()
            audience = await self._audience(ticket_id)
            if audience is None:
                return
            self.ticket_id, self.audience = ticket_id, audience
        who = await self.presence.say(
            ticket_id, page=self.page, user_id=self.user_id, name=self.name, doing=str(doing)
        )
        await self._tell_presence(ticket_id, who)
        await self._tell_visitor(doing == "replying")

    async def _leave(self) -> None:
        if self.ticket_id is None:
            return
        ticket_id = self.ticket_id
        who = await self.presence.leave(ticket_id, page=self.page)
        await self._tell_presence(ticket_id, who)
        await self._tell_visitor(False)
        self.ticket_id = self.audience = None

    async def _tell_presence(self, ticket_id: int, who: list[dict[str, Any]]) -> None:
        nudge = {"type": "desk.presence", "ticket": ticket_id, "who": who}
        for name in self.audience.names if self.audience else []:
            await self.channel_layer.group_send(name, nudge)

    async def _tell_visitor(self, typing: bool) -> None:
        """In a chat the visitor sees that somebody writes: once when it begins, once when it ends."""
        chat = self.audience.chat if self.audience else None
        if chat is not None and (typing or self.typing):
            event = {"type": "chat.typing", "on": typing, "name": self.name}
            await self.channel_layer.group_send(chats.of_session(chat), event)
        self.typing = typing and chat is not None

    # --- from the server --------------------------------------------------------------------------

    async def desk_nudges(self, event: dict[str, Any]) -> None:
        """A batch of facts about tickets this person may see: one fact comes by several of their groups."""
        for nudge in event["nudges"]:
            self.heard[await self.encode_json(nudge)] = None
        if self.telling is None or self.telling.done():
            self.telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        await asyncio.sleep(GATHER)
        while self.heard:
            heard, self.heard = self.heard, {}
            for nudge in heard:
                await self.send(text_data=nudge)

    async def desk_presence(self, event: dict[str, Any]) -> None:
        others = [person for person in event["who"] if person["id"] != self.user_id]
        await self.send_json({"type": "presence", "ticket": event["ticket"], "who": others})

    # --- what may this person hear ----------------------------------------------------------------

    async def _look_again(self) -> None:
        """Follow changes of role, teams and account while the page stays open."""
        while True:
            await asyncio.sleep(RECHECK)
            try:
                names = await self._groups()
            except DatabaseError as error:  # away for a moment: ask again, or nobody ever would
                log.warning("live.not_rechecked", error=repr(error))
                continue
            if names is None:
                await self.close(code=SIGNED_OUT)
                return
            await self._join(names)

    async def _join(self, names: list[str]) -> None:
        wanted = frozenset(names)
        for name in self.joined - wanted:
            await self.channel_layer.group_discard(name, self.channel_name)
        for name in wanted - self.joined:
            await self.channel_layer.group_add(name, self.channel_name)
        self.joined = wanted

    async def _groups(self) -> list[str] | None:
        found: list[str] | None = await database_sync_to_async(self._groups_now)()
        return found

    def _groups_now(self) -> list[str] | None:
        user = User.objects.filter(pk=self.user_id, is_active=True).first()
        if user is None or not user.works_at_desk or not _is_signed_in(user, self.scope.get("session")):
            return None
        self.name = user.name or user.email
        return groups.joined_by(user, user_team_ids(user))

    async def _audience(self, ticket_id: int) -> Audience | None:
        found: Audience | None = await database_sync_to_async(self._audience_now)(ticket_id)
        return found

    def _audience_now(self, ticket_id: int) -> Audience | None:
        user = User.objects.filter(pk=self.user_id).first()
        if user is None:
            return None
        seen = Ticket.objects.visible_to(user).filter(pk=ticket_id)
        row = seen.values("team_id", "assignee_id", "brand_id").first()
        if row is None:
            return None
        followers = Follower.objects.filter(ticket_id=ticket_id).values_list("user_id", flat=True)
        session = verbs.of_ticket(ticket_id)
        return Audience(
            groups.told_of(row["team_id"], row["assignee_id"], followers, row["brand_id"]),
            session.pk if session else None,
        )
