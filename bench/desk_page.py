"""An open page of the desk as ``static/js`` makes it: its socket, what it asks for and when; no browser.

The waits are those of ``spread()`` in lib/list.js and of ``settled()`` in ticket-view.js, chat-dock.js and
notice-bell.js; whoever changes them there changes them here. A part that is on its way is asked for once more
when it has come, as htmx queues it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

CONNECTIONS = 6  # of a browser to one host
TOKEN = re.compile(r'"X-CSRFToken": "([^"]+)"')
ROW = re.compile(r'data-id="(\d+)"')
LAST = re.compile(r'data-last="(\d+)"')
READ_AFTER = 0.9  # seconds
MEANWHILE = 0.2  # seconds until it looks again whether an answer has come
AT_ONCE = 2.0  # times that a list is drawn anew without waiting
REST = 10.0  # times what the last answer took
LONGEST_REST = 15.0  # seconds
PRESENCE = 20.0


class Http:
    """A browser's connections to the pages: kept open, and no more than it would have."""

    def __init__(self, port: int, cookie: str) -> None:
        self.port, self.cookie, self.csrf = port, cookie, ""
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.room = asyncio.Semaphore(CONNECTIONS)

    async def ask(self, method: str, path: str, body: str = "", *, page: bool = False) -> tuple[int, str]:
        """Status and text. ``page``: as a navigation, else as htmx asks."""
        async with self.room:
            cookies = self.cookie + (f"; csrftoken={self.csrf_cookie}" if self.csrf else "")
            lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Cookie: {cookies}"]
            if not page:
                lines += ["HX-Request: true", f"X-CSRFToken: {self.csrf}"]
            if method == "POST":
                lines.append("Content-Type: application/x-www-form-urlencoded")
                lines.append(f"Content-Length: {len(body)}")
            head, text = await self._said(("\r\n".join(lines) + "\r\n\r\n" + body).encode())
        if found := re.search(r"(?im)^set-cookie: *csrftoken=([^;]+)", head):
            self.csrf_cookie = found[1]
        if page and (token := TOKEN.search(text.replace("&#34;", '"'))):
            self.csrf = token[1]
        return int(head.split(" ", 2)[1]), text

    csrf_cookie = ""

    async def _said(self, request: bytes) -> tuple[str, str]:
        """Head and body of the answer. A connection that the server has closed meanwhile is replaced."""
        while True:
            known = bool(self.free)
            reader, writer = (
                self.free.pop() if known else await asyncio.open_connection("127.0.0.1", self.port)
            )
            try:
                writer.write(request)
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            except (asyncio.IncompleteReadError, ConnectionError):
                writer.close()
                if not known:
                    raise
                continue
            except asyncio.CancelledError:  # one has left the page
                writer.close()
                raise
            text = (await self._body(reader, head)).decode("utf-8", "replace")
            self.free.append((reader, writer))
            return head, text

    async def _body(self, reader: asyncio.StreamReader, head: str) -> bytes:
        if found := re.search(r"(?im)^content-length: (\d+)", head):
            return await reader.readexactly(int(found[1]))
        if "chunked" not in head.lower():
            return b""
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).strip(), 16):
            parts.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        return b"".join(parts)

    def close(self) -> None:
        for _reader, writer in self.free:
            writer.close()


class Settled:
    """``settled()`` of lib/dom.js: runs once all is quiet for ``wait`` seconds, after ``limit`` anyhow."""

    def __init__(self, run: Callable[[], Awaitable[None]], wait: float, limit: float) -> None:
        self.run, self.wait, self.limit = run, wait, limit
        self.timer: asyncio.TimerHandle | None = None
        self.first = 0.0
        self.busy = self.again = False

    def __call__(self) -> None:
        now = time.monotonic()
        if self.timer is None:
            self.first = now
        else:
            self.timer.cancel()
        delay = max(0.0, min(self.wait, self.first + self.limit - now))
        self.timer = asyncio.get_running_loop().call_later(delay, self._due)

    def _due(self) -> None:
        self.timer = None
        if self.busy:
            self.again = True
            return
        self.task = asyncio.ensure_future(self._go())

    async def _go(self) -> None:
        self.busy = True
        try:
            await self._run()
            while self.again:
                self.again = False
                await self._run()
        finally:
            self.busy = False

    async def _run(self) -> None:
        await self.run()

    @property
    def is_quiet(self) -> bool:
        return self.timer is None and not self.busy

    def stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()


class Spread(Settled):
    """``spread()`` of lib/dom.js, with the pace that lib/list.js gives it: at a moment of its own between
    ``least`` and ``most`` seconds, twice in a row, then once in ``pace`` seconds.
    """

    def __init__(self, run: Callable[[], Awaitable[None]], least: float, most: float, pace: float) -> None:
        super().__init__(run, least, most)
        self.least, self.most, self.pace = least, most, pace
        self.earliest = self.began = 0.0
        self.credit = AT_ONCE

    def __call__(self) -> None:
        if self.timer is None:
            self._later(self.least + random.random() * (self.most - self.least))

    def _later(self, wait: float) -> None:
        self.timer = asyncio.get_running_loop().call_later(wait, self._due)

    def _due(self) -> None:
        left = MEANWHILE if self.busy else self.earliest - time.monotonic()
        if left > 0:
            self._later(left)
        else:
            super()._due()

    async def _run(self) -> None:
        now = time.monotonic()
        self.credit = max(0.0, min(AT_ONCE, self.credit + (now - self.began) / self.pace) - 1)
        self.began = now
        await self.run()
        now = time.monotonic()
        rest = min((now - self.began) * REST, LONGEST_REST)
        wait = max(0.0, 1 - self.credit) * self.pace * (0.75 + random.random() / 2)
        self.earliest = max(now + rest, self.began + wait)


class DeskPage:
    """One person's page: ``view()`` and ``ticket()`` are what they do, the rest it does by itself."""

    def __init__(self, ports: tuple[int, int], cookie: str, note: Callable[[str, float], None]) -> None:
        self.http, self.live_port, self.cookie = Http(ports[0], cookie), ports[1], cookie
        self.note = note
        self.view_id = self.ticket_id = 0
        self.rows: list[int] = []
        self.have = {"rows": "", "views-list": ""}
        self.has_notices = False
        self.heard: list[tuple[int, float]] = []
        self.socket: ClientConnection | None = None
        self.tasks: set[asyncio.Task[Any]] = set()
        self.parts = {
            "rows": Spread(self._rows, 0.15, 0.9, 4.0),
            "counts": Spread(self._counts, 1.05, 1.95, 5.0),
            "chats": Settled(self._chats, 0.25, 1.2),
            "bell": Settled(self._bell, 0.15, 0.6),
            "conversation": Settled(self._conversation, 0.12, 0.6),
        }

    # --- what a person does -------------------------------------------------------------------------

    async def view(self, view_id: int) -> None:
        """To another list: a page of its own, with a new socket."""
        await self._hang_up()
        self.view_id, self.ticket_id = view_id, 0
        text = await self._get("list", f"/views/{view_id}/", page=True)
        self.rows = [int(found) for found in ROW.findall(text)]
        self._has("rows", text)
        self._has("views-list", text)
        self._spawn(self._get("bulk bar", "/bulk/bar/"))
        self.parts["chats"]()
        self._spawn(self._listen())

    async def ticket(self, ticket_id: int) -> None:
        """One of its rows, by Enter: beside the list."""
        text = await self._get("ticket", f"/tickets/{ticket_id}/?view={self.view_id}")
        self.ticket_id = ticket_id
        await self._say({"type": "presence", "ticket": ticket_id, "doing": "viewing"})
        if last := LAST.search(text):
            await asyncio.sleep(READ_AFTER)
            await self._post(f"/tickets/{ticket_id}/reading/", f"message={last[1]}")
            if self.has_notices:
                self.parts["bell"]()

    # --- what the page does -------------------------------------------------------------------------

    async def _listen(self) -> None:
        self.socket = await connect(
            f"ws://127.0.0.1:{self.live_port}/live/ws/",
            additional_headers={"Cookie": self.cookie, "Host": "localhost"},
            origin=f"http://localhost:{self.live_port}",  # type: ignore[arg-type]  # any name will do
            max_queue=None,
            ping_interval=None,
            open_timeout=60,
        )
        self._spawn(self._tell())
        async for text in self.socket:
            self._nudged(json.loads(text))

    def _nudged(self, nudge: dict[str, Any]) -> None:
        kind = nudge["type"]
        if kind == "ticket":
            self.heard.append((nudge["id"], time.time()))
            if nudge["id"] == self.ticket_id:
                self.parts["conversation"]()
        if kind in {"counts", "joined"} or (kind == "ticket" and set(nudge["kinds"]) != {"delivery"}):
            self.parts["rows"]()
            self.parts["counts"]()
        if kind in {"counts", "joined"} or nudge.get("chat"):
            self.parts["chats"]()
        if kind in {"notices", "joined"}:
            self.parts["bell"]()

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(PRESENCE)
            if self.ticket_id:
                await self._say({"type": "presence", "ticket": self.ticket_id, "doing": "viewing"})

    async def _rows(self) -> None:
        shown = max(len(self.rows), 50)
        path = f"/views/{self.view_id}/?rows&shown={shown}&open={self.ticket_id or ''}"
        self._has("rows", await self._get("rows", f"{path}&have={self.have['rows']}"))

    async def _counts(self) -> None:
        path = f"/views/?current={self.view_id}&have={self.have['views-list']}"
        self._has("views-list", await self._get("counts", path))

    def _has(self, part: str, text: str) -> None:
        """The stamp of what is on the screen; a part that is there already is not sent again."""
        if found := re.search(rf'id="{part}"[^>]*data-stamp="(\w+)"', text):
            self.have[part] = found[1]

    async def _chats(self) -> None:
        await self._get("chats", "/chats/")

    async def _bell(self) -> None:
        self.has_notices = "bell-count" in await self._get("bell", "/notices/bell/")

    async def _conversation(self) -> None:
        if self.ticket_id:
            await self._get("conversation", f"/tickets/{self.ticket_id}/conversation/?view={self.view_id}")

    async def _get(self, kind: str, path: str, *, page: bool = False) -> str:
        began = time.monotonic()
        status, text = await self.http.ask("GET", path, page=page)
        self.note(kind, time.monotonic() - began)
        if status not in {200, 204}:
            raise RuntimeError(f"{path}: {status}")
        return text

    async def _post(self, path: str, body: str) -> None:
        status, text = await self.http.ask("POST", path, body)
        if status not in {200, 204}:
            raise RuntimeError(f"{path}: {status} {text[:2000]}")

    async def _say(self, what: dict[str, Any]) -> None:
        if self.socket is not None:
            with contextlib.suppress(Exception):  # a line that is down says nothing
                await self.socket.send(json.dumps(what))

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self.tasks.add(task)
        task.add_done_callback(self._over)

    def _over(self, task: asyncio.Task[Any]) -> None:
        self.tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self.note(f"error: {error!r}", 0.0)

    async def _hang_up(self) -> None:
        for part in self.parts.values():
            part.stop()
        for task in list(self.tasks):
            task.cancel()
        if self.socket is not None:
            await self.socket.close()
            self.socket = None

    async def close(self) -> None:
        await self._hang_up()
        self.http.close()
