"""A page's end of the socket, in plain ASGI: the one of channels.testing wants a server of its own."""

from __future__ import annotations

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator

from tests.support.load import PATIENCE


class Page:
    """``connect``, ``say``, ``hear``, ``leave``."""

    def __init__(self, application: Any, user: Any, session: Any = None, query: str = "") -> None:
        scope = {
            "type": "websocket", "path": "/live/ws/", "headers": [], "subprotocols": [], "user": user,
            "query_string": query.encode(),
        }  # fmt: skip
        if session is not None:
            scope["session"] = session
        self.own = ApplicationCommunicator(application, scope)

    async def connect(self, *, stays: bool = True) -> None:
        """Be let in; who stays hears that from now on nothing is missed."""
        await self.own.send_input({"type": "websocket.connect"})
        answer = await self.own.receive_output(timeout=PATIENCE)
        assert answer["type"] == "websocket.accept"
        if stays:
            assert await self.hear() == {"type": "joined"}

    async def say(self, data: Any) -> None:
        await self.say_text(json.dumps(data))

    async def say_text(self, text: str) -> None:
        await self.own.send_input({"type": "websocket.receive", "text": text})

    async def hear(self) -> Any:
        answer = await self.own.receive_output(timeout=PATIENCE)
        assert answer["type"] == "websocket.send", answer
        return json.loads(answer["text"])

    async def heard(self, seconds: float) -> list[Any]:
        """Whatever comes within a while."""
        await self.own.receive_nothing(timeout=seconds)
        answers = []
        while not self.own.output_queue.empty():
            answers.append(json.loads(self.own.output_queue.get_nowait()["text"]))
        return answers

    async def closed(self) -> int:
        answer = await self.own.receive_output(timeout=PATIENCE)
        assert answer["type"] == "websocket.close", answer
        return int(answer["code"])

    async def leave(self) -> None:
        await self.own.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.own.wait(timeout=PATIENCE)
