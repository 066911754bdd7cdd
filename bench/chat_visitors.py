"""The visitors of ``bench.chat``, and one open page of the desk: sockets in one process, without Django."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

ACTIVE = 200  # of them talk; the others have the window open
AT_ONCE = 50  # come in together
PATIENCE = 20.0  # seconds for the last ones to arrive


class Visitors:
    def __init__(self, port: str, given: dict[str, Any]) -> None:
        self.base = f"ws://127.0.0.1:{port}"
        self.given = given
        self.sockets: list[tuple[int, ClientConnection]] = []
        self.sent: dict[str, float] = {}
        self.kept: list[float] = []
        self.replies: list[float] = []
        self.said: dict[int, list[float]] = {}  # by session
        self.told: dict[int, list[float]] = {}  # by ticket
        self.refused = 0
        self.doors = asyncio.Semaphore(AT_ONCE)
        self.tasks: set[asyncio.Task[None]] = set()

    async def come_in(self) -> float:
        began = time.monotonic()
        await asyncio.gather(*(self._enter(pk, token) for pk, token in self.given["sessions"]))
        return time.monotonic() - began

    async def _enter(self, pk: int, token: str) -> None:
        async with self.doors:
            socket = await connect(
                f"{self.base}/live/chat/", origin=self.origin, open_timeout=60, ping_interval=None
            )
            await socket.send(json.dumps({"type": "hello", "token": token, "since": 0}))
            await socket.recv()
        self.sockets.append((pk, socket))
        self._run(self._hear(socket))

    @property
    def origin(self) -> Any:
        return f"http://localhost:{self.base.rpartition(':')[2]}"

    def _run(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _hear(self, socket: ClientConnection) -> None:
        async for text in socket:
            now = time.time()
            frame = json.loads(text)
            if frame["type"] == "ack":
                self.kept.append(now - self.sent[frame["id"]])
            elif frame["type"] == "refused":
                self.refused += 1
            elif frame["type"] == "lines":
                for line in frame["lines"]:
                    if line["by"] == "agent":
                        self.replies.append(now - float(line["text"].split()[1]))
                await socket.send(json.dumps({"type": "read", "seq": frame["lines"][-1]["seq"]}))

    async def desk(self) -> None:
        """A page that hears of every ticket."""
        headers = {"Cookie": self.given["cookie"]}
        self.page = await connect(
            f"{self.base}/live/ws/",
            additional_headers=headers,
            origin=self.origin,
            max_queue=None,
            ping_interval=None,
        )
        self._run(self._watch())

    async def _watch(self) -> None:
        async for text in self.page:
            now = time.time()
            nudge = json.loads(text)
            if nudge["type"] == "ticket" and "message_received" in nudge.get("kinds", []):
                self.told.setdefault(nudge["id"], []).append(now)

    async def begin(self) -> None:
        """Those who will talk say their first words: each is a ticket, which is not what is measured."""
        for number, (_pk, socket) in enumerate(self.sockets[:ACTIVE]):
            name = f"bench-first-{number}"
            self.sent[name] = time.time()
            await socket.send(json.dumps({"type": "say", "id": name, "text": "Good morning!"}))
            while len(self.kept) <= number - 4:  # noqa: ASYNC110  # nobody here could set an event
                await asyncio.sleep(0.02)
        while len(self.kept) < min(ACTIVE, len(self.sockets)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)

    async def talk(self, a_second: float, seconds: float) -> None:
        began = time.monotonic()
        for number in range(int(a_second * seconds)):
            await asyncio.sleep(max(began + number / a_second - time.monotonic(), 0))
            pk, socket = self.sockets[number % ACTIVE]
            name = f"bench-client-{number}"
            self.sent[name] = time.time()
            self.said.setdefault(pk, []).append(self.sent[name])
            await socket.send(json.dumps({"type": "say", "id": name, "text": f"Where is my order {number}?"}))


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values) or [float("nan")]
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)] * 1000


async def tickets_of(path: str) -> dict[str, int]:
    """Which ticket is whose: the agents tell when they have done."""
    until = time.monotonic() + PATIENCE
    while not os.path.exists(path) and time.monotonic() < until:  # noqa: ASYNC110, ASYNC240  # all is over
        await asyncio.sleep(0.2)
    with open(path, encoding="utf-8") as file:  # noqa: ASYNC230
        told: dict[str, int] = json.load(file)
    return told


async def main(path: str, a_second: float, seconds: float) -> None:
    with open(path, encoding="utf-8") as file:  # noqa: ASYNC230  # before anything runs
        given = json.load(file)
    visitors = Visitors(os.environ["WEB_PORT"], given)
    await visitors.desk()
    came_in = await visitors.come_in()
    await visitors.begin()
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for figures in (visitors.kept, visitors.replies):
        figures.clear()
    await visitors.talk(a_second, seconds)
    expected = replies = int(a_second * seconds)
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and (  # noqa: ASYNC110  # nobody here could set an event
        len(visitors.kept) < expected or len(visitors.replies) < replies
    ):
        await asyncio.sleep(0.2)
    owners = {int(ticket): pk for ticket, pk in (await tickets_of(f"{path}.tickets")).items()}
    desk = [
        next((at for at in visitors.told.get(ticket, []) if at >= sent), sent + PATIENCE) - sent
        for ticket, pk in owners.items()
        for sent in visitors.said.get(pk, [])
    ]
    found = {
        "sockets": len(visitors.sockets),
        "all in, s": came_in,
        "visitor to kept, p50, ms": percentile(visitors.kept, 0.5),
        "visitor to kept, p95, ms": percentile(visitors.kept, 0.95),
        "visitor to desk, p95, ms": percentile(desk, 0.95),
        "agent to visitor, p50, ms": percentile(visitors.replies, 0.5),
        "agent to visitor, p95, ms": percentile(visitors.replies, 0.95),
        "kept": len(visitors.kept),
        "replies arrived": len(visitors.replies),
        "lost": expected - len(visitors.kept) + replies - len(visitors.replies),
        "refused": visitors.refused,
    }
    print(json.dumps(found), flush=True)
    for _pk, socket in visitors.sockets:
        with contextlib.suppress(Exception):
            socket.transport.abort()
    os._exit(0)  # two thousand polite farewells would take longer than the talk


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3])))
