"""Two brands' inboxes, a listener in a thread, and servers that talk to us."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from channels_in import sender
from channels_in.kinds.email import smtp
from channels_in.kinds.email.limits import Limits
from channels_in.kinds.email.listener import Listener
from channels_in.models import Inbox
from tests.support.certificates import Authority
from tests.support.smtp_sink import SmtpSink
from tests.world import World, make_world
from tickets.models import Ticket


class RunningListener:
    """A listener on free ports with its own event loop."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.smtp_port, self.lmtp_port = self._run(self._start(limits))

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(15)

    async def _start(self, limits: Limits | None) -> tuple[int, int]:
        self.listener = Listener(limits, threads=3)
        return (
            await self.listener.start("127.0.0.1", 0),
            await self.listener.start("127.0.0.1", 0, lmtp=True),
        )

    def stop(self) -> None:
        self._run(self.listener.stop(3))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()


@pytest.fixture
def world(transactional_db) -> World:
    return make_world()


@pytest.fixture
def inbox(world: World) -> Inbox:
    return world.inbox


@pytest.fixture
def listen(inbox: Inbox) -> Iterator[Callable[..., RunningListener]]:
    """``listen(limits)`` starts one; they end with the test, before the database does."""
    running: list[RunningListener] = []

    def start(limits: Limits | None = None) -> RunningListener:
        running.append(RunningListener(limits))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def listener(listen) -> RunningListener:
    return listen()


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as server:
        yield server
        smtp.pool.close_idle(0)


@pytest.fixture
def outbox(inbox: Inbox, sink: SmtpSink, settings) -> SmtpSink:
    """The inbox sends through the sink, at once."""
    settings.REPLY_UNDO_SECONDS = 0
    settings.MAIL_ALLOW_PLAINTEXT_LOOPBACK = True
    point_at(inbox, sink)
    return sink


def point_at(inbox: Inbox, server: SmtpSink | RunningListener, **fields: object) -> None:
    """Let the inbox send through a server on loopback."""
    values = {
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port if isinstance(server, SmtpSink) else server.smtp_port,
        "smtp_security": Inbox.Security.NONE,
        "sign": Inbox.Sign.NONE,
    } | fields
    for name, value in values.items():
        setattr(inbox, name, value)
    inbox.save()


@pytest.fixture(scope="session")
def authority(tmp_path_factory) -> Authority:
    return Authority(Path(tmp_path_factory.mktemp("authority")))


@pytest.fixture
def trusted(authority: Authority, monkeypatch) -> Authority:
    """The authority that this process believes, as SSL_CERT_FILE names it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    return authority


@pytest.fixture(autouse=True)
def no_rest():
    """A server that was away in one test is not avoided in the next."""
    sender._resting.clear()
    yield
    sender._resting.clear()


@pytest.fixture
def ticket(world: World) -> Ticket:
    return world.ticket(subject="Кофемашина шумит")
