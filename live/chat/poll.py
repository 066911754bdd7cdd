"""The long poll, for browsers behind something that lets no WebSocket through. ASGI only: no thread waits.

``POST /live/chat/poll`` {token, since}: answers with what there is after ``since``, or waits up to 25 seconds
for it. ``POST /live/chat/send`` {token, since, frames: […]}: what the socket would have carried.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from typing import Any

import structlog
from channels.generic.http import AsyncHttpConsumer
from channels.layers import get_channel_layer

from channels_in.kinds.chat import sessions
from common.rates import Rate, take
from live.chat import groups
from live.chat.database import ask
from live.chat.visitor import Closed, Frame, Visitor

log = structlog.get_logger(__name__)

WAIT = 25.0  # seconds: less than what proxies allow
LARGEST = 131_072  # bytes of a body
MOST_FRAMES = 20
RATE = Rate(120, 60)  # requests of one session


class _Visit(AsyncHttpConsumer, ABC):  # type: ignore[misc]  # Channels has no types
    """Reads the body within its limit, and answers in JSON."""

    async def http_request(self, message: dict[str, Any]) -> None:
        so_far = sum(len(part) for part in self.body) + len(message.get("body", b""))
        if so_far > LARGEST:
            await self._answer(413, {"error": "too-large"})
            await self.disconnect()
            return
        await super().http_request(message)

    async def handle(self, body: bytes) -> None:
        if self.scope["method"] != "POST":
            await self._answer(405, {"error": "method"})
            return
        try:
            data = json.loads(body)
            if not isinstance(data, dict):
                raise ValueError
        except (ValueError, RecursionError):
            await self._answer(400, {"error": "malformed"})
            return
        try:
            visitor = Visitor(data.get("token"), data.get("since"))
            if not await ask(take, "chat-poll", visitor.key, RATE):
                await self._answer(429, {"error": "too-fast"})
                return
            await self._answer(200, {"frames": await self.serve(visitor, data)})
        except Closed as closed:
            await self._answer(403, {"error": closed.reason, "frames": [{"type": closed.reason}]})
        except Exception:
            log.exception("chat.poll_failed")
            await self._answer(503, {"error": "again"})

    @abstractmethod
    async def serve(self, visitor: Visitor, data: Frame) -> list[Frame]:
        """What the visitor's browser gets for what it has sent."""

    async def _answer(self, status: int, data: Frame) -> None:
        headers = [
            (b"Content-Type", b"application/json"),
            (b"Cache-Control", b"no-store"),
            (b"X-Content-Type-Options", b"nosniff"),
        ]
        await self.send_response(status, json.dumps(data, separators=(",", ":")).encode(), headers=headers)


class SendConsumer(_Visit):
    async def serve(self, visitor: Visitor, data: Frame) -> list[Frame]:
        frames = data.get("frames")
        await visitor.look()
        answers: list[Frame] = []
        for frame in frames[:MOST_FRAMES] if isinstance(frames, list) else []:
            if isinstance(frame, dict):
                answers += await visitor.do(frame)
        return answers


class PollConsumer(_Visit):
    async def serve(self, visitor: Visitor, data: Frame) -> list[Frame]:
        layer = get_channel_layer()
        own = await layer.new_channel()
        stage = data.get("stage")
        since = visitor.sent
        await visitor.look()
        names = [groups.of_session(visitor.pk)]
        if visitor.stage == "waiting":
            names.append(groups.of_queue(visitor.widget_id))
        for name in names:
            await layer.group_add(name, own)
        try:
            # The group first, then the lines: nothing falls between the two.
            visitor.sent = since
            welcome = await visitor.enter()
            await ask(sessions.arrived, visitor.pk)
            if welcome["lines"] or stage != visitor.stage or data.get("first") is True:
                return [welcome]
            return await self._wait(layer, own, visitor, since)
        finally:
            for name in names:
                await layer.group_discard(name, own)

    async def _wait(self, layer: Any, own: str, visitor: Visitor, since: int) -> list[Frame]:
        until = asyncio.get_running_loop().time() + WAIT
        while (left := until - asyncio.get_running_loop().time()) > 0:
            try:
                event = await asyncio.wait_for(layer.receive(own), left)
            except TimeoutError:
                break
            if event["type"] == "chat.typing":
                return [{"type": "typing", "on": event["on"], "name": event["name"]}]
            if event["type"] == "chat.marks":
                return [{"type": "read", "seq": event["seq"]}]
            if event["type"] == "chat.again":
                return await visitor.line_again(list(event["seqs"]))
            if event["type"] in {"chat.lines", "chat.state", "chat.queue"}:
                visitor.sent = since
                return [await visitor.enter()]
        return []
