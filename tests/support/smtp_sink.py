"""An SMTP server that keeps what it gets, and can be told to misbehave in the ways real ones do."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import ssl
import threading
import time
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, TLSSetupException

from tests.support.load import PATIENCE


@dataclass
class Received:
    """A mail as it arrived. ``message`` is its parsed form."""

    sender: str
    recipients: list[str]
    raw: bytes
    options: list[str] = field(default_factory=list)

    @property
    def message(self) -> EmailMessage:
        found = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(found, EmailMessage)
        return found

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"]).strip("<> ")


class SmtpSink:
    """Runs in a thread of its own on a free port of 127.0.0.1; use it as a context manager.

    ``refuse`` maps a recipient to the server's answer; ``on_mail``, ``on_data`` and ``after_data`` answer
    those phases instead of accepting; ``drop_after_data`` takes so many mails and hangs up without a word;
    ``keep_dropped`` decides whether those count as received. ``delay`` waits before the final answer,
    ``one_message_a_session`` says 421 to a second one.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
        users: dict[str, str] | None = None,
        tokens: set[str] | None = None,
    ) -> None:
        self.mails: list[Received] = []
        self.refuse: dict[str, str] = {}
        self.on_mail = ""
        self.on_data = ""
        self.after_data = ""
        self.auth_failure = "535 5.7.8 Authentication credentials invalid"
        self.drop_after_data = 0
        self.keep_dropped = True
        self.delay = 0.0
        self.late = 0.0
        self.one_message_a_session = False
        self.connections = 0
        self.size_limit: int | None = 50 * 1024 * 1024
        self.smtputf8 = True
        self.port = 0
        self._tls = tls
        self._implicit = implicit_tls
        self._users = users
        self._tokens = tokens
        self._running = False
        self._sessions: set[_Session] = set()

    def __enter__(self) -> SmtpSink:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def start(self, port: int = 0) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp-sink", daemon=True)
        self._thread.start()
        self._running = True
        asyncio.run_coroutine_threadsafe(self._listen(port), self._loop).result(5)

    async def _listen(self, port: int) -> None:
        self._server = await self._loop.create_server(
            lambda: _Session(self), "127.0.0.1", port, ssl=self._tls if self._implicit else None
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def stop(self) -> None:
        """Again does nothing."""
        if not self._running:
            return
        self._running = False
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        self._hang_up()
        await asyncio.sleep(0.01)
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def hang_up(self) -> None:
        """Close every connection without a word, as a server that restarts."""
        self._loop.call_soon_threadsafe(self._hang_up)
        time.sleep(0.05)

    def _hang_up(self) -> None:
        for session in list(self._sessions):
            if session.transport is not None:
                session.transport.close()

    def wait_for(self, count: int, seconds: float = PATIENCE) -> list[Received]:
        """The mails, once there are so many; AssertionError after the time."""
        ends = time.monotonic() + seconds
        while len(self.mails) < count:
            assert time.monotonic() < ends, f"{len(self.mails)} mails instead of {count}"
            time.sleep(0.01)
        return self.mails


class _Session(SMTP):
    def __init__(self, sink: SmtpSink) -> None:
        self.sink = sink
        super().__init__(
            self,
            data_size_limit=sink.size_limit,
            enable_SMTPUTF8=sink.smtputf8,
            hostname="sink.example",
            tls_context=None if sink._implicit else sink._tls,
            auth_require_tls=False,
            authenticator=self.authenticate,
            loop=sink._loop,
        )
        # Not as an argument: the library warns of passwords without TLS, which a test may want.
        self._auth_required = sink._users is not None or sink._tokens is not None

    def connection_made(self, transport):
        if self not in self.sink._sessions:
            self.sink._sessions.add(self)
            self.sink.connections += 1
        super().connection_made(transport)

    def connection_lost(self, error):
        self.sink._sessions.discard(self)
        super().connection_lost(error)

    def authenticate(self, server, session, envelope, mechanism, data):
        users = self.sink._users or {}
        good = users.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=good, handled=good, message=None if good else self.sink.auth_failure)

    async def auth_XOAUTH2(self, server, args):  # noqa: N802  # the library's name
        said = base64.b64decode(args[1]).decode()
        token = said.partition("auth=Bearer ")[2].rstrip("\x01")
        if token in (self.sink._tokens or set()):
            return AuthResult(success=True)
        await self.push("334 " + base64.b64encode(b'{"status":"400"}').decode())
        await self._reader.readline()
        await self.push(self.sink.auth_failure)
        return AuthResult(success=False, handled=True)

    async def smtp_STARTTLS(self, arg):  # noqa: N802  # the library's name
        original = self.transport
        try:
            await super().smtp_STARTTLS(arg)
        except TLSSetupException:  # the library would go on with a dead connection
            self._timeout_handle.cancel()
            original.abort()
            raise asyncio.CancelledError from None

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802  # the library's name
        if self.sink.one_message_a_session and getattr(session, "has_sent", False):
            await self.push("421 4.7.0 One message a session")
            self.transport.close()
            raise asyncio.CancelledError
        if self.sink.on_mail:
            return self.sink.on_mail
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # the library's name
        if (answer := self.sink.refuse.get(address)) is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def smtp_DATA(self, arg):  # noqa: N802  # the library's name
        if self.sink.on_data:
            await self.push(self.sink.on_data)
            return
        await super().smtp_DATA(arg)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # the library's name
        sink = self.sink
        if sink.delay:
            await asyncio.sleep(sink.delay)
        received = Received(
            envelope.mail_from, list(envelope.rcpt_tos), envelope.content, envelope.mail_options
        )
        if sink.drop_after_data:
            sink.drop_after_data -= 1
            if sink.keep_dropped:
                sink.mails.append(received)
            self.transport.close()
            return ""
        if sink.after_data:
            return sink.after_data
        session.has_sent = True
        sink.mails.append(received)
        if sink.late:
            await asyncio.sleep(sink.late)
        return f"250 2.0.0 Queued as {len(sink.mails)}"
