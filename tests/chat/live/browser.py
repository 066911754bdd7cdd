"""A visitor's browser on the socket or the long poll, in plain ASGI."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

from channels_in.kinds.chat import tokens
from live.chat.poll import PollConsumer, SendConsumer
from live.chat.socket import VisitorConsumer
from tests.support.load import PATIENCE


class Tab:
    """``hello``, ``say``, ``hear``: one tab's socket."""

    def __init__(self, key: str) -> None:
        self.token = tokens.session_token(key)
        scope = {"type": "websocket", "path": "/live/chat/", "headers": [], "subprotocols": []}
        self.own = ApplicationCommunicator(VisitorConsumer.as_asgi(), scope)
        self.numbers = 0

    async def connect(self) -> None:
        await self.own.send_input({"type": "websocket.connect"})
        assert (await self.own.receive_output(timeout=PATIENCE))["type"] == "websocket.accept"

    async def hello(self, since: int = 0, token: Any = None) -> dict[str, Any]:
        """Come in; the welcome with its lines."""
        await self.connect()
        await self.send({"type": "hello", "token": token or self.token, "since": since})
        welcome = await self.hear()
        assert welcome["type"] == "welcome", welcome
        return welcome

    async def send(self, data: Any) -> None:
        await self.send_text(json.dumps(data))

    async def send_text(self, text: str) -> None:
        await self.own.send_input({"type": "websocket.receive", "text": text})

    async def say(self, text: str, client_id: str = "") -> None:
        self.numbers += 1
        await self.send({"type": "say", "id": client_id or f"tab-{id(self)}-{self.numbers}", "text": text})

    async def hear(self, kind: str = "", seconds: float = PATIENCE) -> Any:
        """The next frame, or the next of a kind."""
        while True:
            answer = await self.own.receive_output(timeout=seconds)
            assert answer["type"] == "websocket.send", answer
            frame = json.loads(answer["text"])
            if not kind or frame["type"] == kind:
                return frame

    async def heard(self, seconds: float = 0.4) -> list[Any]:
        """Whatever comes within a while."""
        await self.own.receive_nothing(timeout=seconds)
        frames = []
        while not self.own.output_queue.empty():
            answer = self.own.output_queue.get_nowait()
            frames.append(json.loads(answer["text"]) if "text" in answer else answer)
        return frames

    async def closed(self) -> int:
        while True:
            answer = await self.own.receive_output(timeout=PATIENCE)
            if answer["type"] == "websocket.close":
                return int(answer["code"])

    async def leave(self) -> None:
        await self.own.send_input({"type": "websocket.disconnect", "code": 1001})
        await self.own.wait(timeout=PATIENCE)


async def post(where: str, body: Any, *, method: str = "POST", raw: bytes | None = None) -> tuple[int, Any]:
    """One request of the long poll: (status, answer)."""
    consumer = {"poll": PollConsumer, "send": SendConsumer}[where]
    scope = {
        "type": "http",
        "method": method,
        "path": f"/live/chat/{where}",
        "headers": [],
        "query_string": b"",
    }
    own = ApplicationCommunicator(consumer.as_asgi(), scope)
    await own.send_input({"type": "http.request", "body": raw or json.dumps(body).encode()})
    start = await own.receive_output(timeout=PATIENCE)
    answer = await own.receive_output(timeout=PATIENCE)
    await asyncio.sleep(0)
    return start["status"], json.loads(answer["body"])
