"""The socket of a customer's page: hears that its requests changed, and nothing else.

Who may hear of what is in the key that the page brings (``tickets.listening``), signed after the door was
asked. The socket needs no session and no database. What changed the page asks for through its own views.
"""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from live import groups
from live.dispatch import Dispatch
from tickets import listening

ENDED = 4401  # close code: bring a new key
POLICY = 1008  # close code: no page of ours does this
LIFE = listening.SECONDS
MOST_A_SECOND = 5


class PortalConsumer(Dispatch, AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """For as long as its key is good."""

    joined: tuple[str, ...] = ()
    ending: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        self.spent, self.second = 0, 0
        query = parse_qs(self.scope.get("query_string", b"").decode("ascii", "replace"))
        ids = listening.open_key(query.get("key", [""])[0])
        await self.accept()
        if not ids:
            await self.close(code=ENDED)
            return
        self.joined = tuple(groups.of_request(ticket_id) for ticket_id in ids)
        for name in self.joined:
            await self.channel_layer.group_add(name, self.channel_name)
        # Only now nothing is missed: the page asks once for what happened since it was rendered.
        await self.send_json({"type": "joined"})
        self.ending = asyncio.create_task(self._end())

    async def disconnect(self, code: int) -> None:
        if self.ending is not None:
            self.ending.cancel()
        for name in self.joined:
            await self.channel_layer.group_discard(name, self.channel_name)

    async def _end(self) -> None:
        await asyncio.sleep(LIFE)
        await self.close(code=ENDED)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """Only pings are answered; whoever sends more than a page would is cut off."""
        now = int(asyncio.get_running_loop().time())
        self.spent = self.spent + 1 if now == self.second else 1
        self.second = now
        if self.spent > MOST_A_SECOND or len(text_data or "") > 200:
            await self.close(code=POLICY)
            return
        try:
            content = json.loads(text_data or "null")
        except (ValueError, RecursionError):
            return
        if isinstance(content, dict) and content.get("type") == "ping":
            await self.send_json({"type": "pong"})

    async def desk_nudges(self, event: dict[str, Any]) -> None:
        """A batch of facts about requests this page shows."""
        for nudge in event["nudges"]:
            await self.send_json(nudge)
