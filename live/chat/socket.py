"""The visitor's WebSocket: ``hello`` with the session's token first, then what ``Visitor`` understands."""

import asyncio
import json
from typing import Any

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer

from channels_in.kinds.chat.frames import LARGEST_FRAME
from live.chat import groups
from live.chat.keeper import keeper
from live.chat.visitor import Closed, Frame, Visitor
from live.dispatch import Dispatch

log = structlog.get_logger(__name__)

HELLO_WITHIN = 10.0  # seconds
MOST_A_SECOND = 20
TOO_FAST, NO_HELLO, BROKEN = 4429, 4408, 1011
LOOK_AGAIN = 60.0  # seconds: the wait that is said while one waits; places are told when they change


class VisitorConsumer(Dispatch, AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """One tab. It hears facts through its session's group and reads contents from the database."""

    visitor: Visitor | None = None
    waiting_for: str | None = None
    ticking: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        self.spent, self.second = 0, 0
        await self.accept()
        self.impatient = asyncio.get_running_loop().call_later(HELLO_WITHIN, self._no_hello)

    def _no_hello(self) -> None:
        if self.visitor is None:
            self.closing = asyncio.ensure_future(self.close(code=NO_HELLO))

    async def disconnect(self, code: int) -> None:
        self.impatient.cancel()
        if self.ticking is not None:
            self.ticking.cancel()
        if self.visitor is None:
            return
        await self.channel_layer.group_discard(groups.of_session(self.visitor.pk), self.channel_name)
        await self._join_queue(False)
        if keeper.leave(self.visitor.pk):
            await self.visitor.left()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        if not self._within_rate():
            await self.close(code=TOO_FAST)
            return
        if not text_data or len(text_data) > LARGEST_FRAME:
            return
        try:
            data = json.loads(text_data)
        except (ValueError, RecursionError):
            return
        if not isinstance(data, dict):
            return
        try:
            if self.visitor is None:
                await self._hello(data)
            else:
                await self._send(await self.visitor.do(data))
        except Closed as closed:
            await self._send([{"type": closed.reason}])
            await self.close(code=closed.code)
        except Exception:
            log.exception("chat.frame_failed", kind=str(data.get("type"))[:20])
            await self.close(code=BROKEN)  # the browser comes back and sends again what has no answer

    def _within_rate(self) -> bool:
        now = int(asyncio.get_running_loop().time())
        self.spent = self.spent + 1 if now == self.second else 1
        self.second = now
        return self.spent <= MOST_A_SECOND

    async def _hello(self, data: Frame) -> None:
        if data.get("type") != "hello":
            return
        visitor = Visitor(data.get("token"), data.get("since"))
        welcome = await visitor.enter()
        # The group first, then the lines once more: nothing falls between the two.
        await self.channel_layer.group_add(groups.of_session(visitor.pk), self.channel_name)
        self.visitor = visitor
        keeper.enter(visitor.pk)
        await self._send([welcome, *await visitor.catch_up()])
        await self._settle()
        await visitor.arrived()

    async def _send(self, frames: list[Frame]) -> None:
        for frame in frames:
            await self.send(text_data=json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
        if frames and self.visitor is not None:
            await self._settle()

    # --- from the layer ---------------------------------------------------------------------------

    async def chat_lines(self, event: Frame) -> None:
        if self.visitor is not None and event.get("seq", 2**31) > self.visitor.sent:
            await self._safely(self.visitor.catch_up())

    async def chat_again(self, event: Frame) -> None:
        if self.visitor is not None:
            await self._safely(self.visitor.line_again(list(event["seqs"])))

    async def chat_state(self, event: Frame) -> None:
        if self.visitor is not None:
            await self._safely(self._state())

    async def chat_queue(self, event: Frame) -> None:
        if self.visitor is not None:
            await self._send(self.visitor.queue_moved(event["order"], event["pace"]))

    async def chat_typing(self, event: Frame) -> None:
        await self._send([{"type": "typing", "on": event["on"], "name": event["name"]}])

    async def chat_marks(self, event: Frame) -> None:
        if self.visitor is not None:
            self.visitor.state["read"] = event["seq"]
        await self._send([{"type": "read", "seq": event["seq"]}])

    async def chat_left(self, event: Frame) -> None:
        """Another tab has closed, maybe at another process: this one is still here."""
        if self.visitor is not None:
            await self._safely(self._still())

    async def _state(self) -> list[Frame]:
        assert self.visitor is not None
        return [await self.visitor.look()]

    async def _still(self) -> list[Frame]:
        assert self.visitor is not None
        await self.visitor.arrived()
        return []

    async def _safely(self, frames: Any) -> None:
        try:
            await self._send(await frames)
        except Closed as closed:
            await self._send([{"type": closed.reason}])
            await self.close(code=closed.code)
        except Exception:
            log.exception("chat.news_failed")
            await self.close(code=BROKEN)

    # --- the queue --------------------------------------------------------------------------------

    async def _settle(self) -> None:
        """While one waits, one's place is alive."""
        assert self.visitor is not None
        waits = self.visitor.stage == "waiting"
        if waits != (self.waiting_for is not None):
            await self._join_queue(waits)

    async def _join_queue(self, on: bool) -> None:
        if self.ticking is not None:
            self.ticking.cancel()
            self.ticking = None
        if self.waiting_for is not None:
            await self.channel_layer.group_discard(self.waiting_for, self.channel_name)
            self.waiting_for = None
        if on and self.visitor is not None:
            self.waiting_for = groups.of_queue(self.visitor.widget_id)
            await self.channel_layer.group_add(self.waiting_for, self.channel_name)
            self.ticking = asyncio.create_task(self._tick())

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(LOOK_AGAIN)
            # Through our own channel, so that it takes its turn among the other events.
            await self.channel_layer.send(self.channel_name, {"type": "chat.state"})
