"""One client's conversation with the listener (RFC 5321, SMTP; 2033, LMTP).

The library speaks the protocol; greeting, receiving data and answering are ours.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session, TLSSetupException, syntax
from django.db import Error as DatabaseError

from channels_in.kinds.email.limits import client_of
from channels_in.models import Inbound

if TYPE_CHECKING:
    from channels_in.kinds.email.listener import Listener

log = structlog.get_logger(__name__)

_IDLE_SECONDS = 180.0  # RFC 5321, 4.5.3.2: between two chunks of data; between commands it is 300
_LONGEST_LINE = 1024 * 1024  # newsletters ignore the 998 of RFC 5322, and bouncing them loses mail
_END = b"\r\n.\r\n"
_TOO_BIG = "552 5.3.4 The message is larger than this server takes"
_AWAY = "451 4.3.0 The mail could not be stored, try again later"
_BUSY = "452 4.3.1 Too many large messages at once, try again later"


class InboxGoneError(Exception):
    """The inbox was switched off between RCPT and the end of the data. The next attempt hears 550."""


class Conversation(SMTP):
    """One client. The library speaks the protocol; receiving data, greeting and answers are ours."""

    line_length_limit = _LONGEST_LINE
    via = Inbound.Via.SMTP

    def __init__(self, listener: Listener, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            _Handler(listener),
            data_size_limit=listener.limits.message_bytes,
            enable_SMTPUTF8=True,
            hostname=listener.hostname,
            ident="ESMTP" if self.via == Inbound.Via.SMTP else "LMTP",
            tls_context=tls,
            # No AUTH: whoever delivers to us needs no account, and there is nothing to relay.
            auth_exclude_mechanism=["LOGIN", "PLAIN"],
            loop=asyncio.get_running_loop(),
        )
        # The library's own is shared by all connections of the process.
        self.command_size_limits = _CommandSizes()
        self.listener = listener
        self.client = ""
        self._refused = False
        self.is_busy = False  # from the first byte of a message until its 250

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self.client:  # the library calls this again after STARTTLS
            self.client = client_of(transport.get_extra_info("peername")) or "?"
            refusal = self.listener.welcomes(self)
            if refusal:
                assert isinstance(transport, asyncio.WriteTransport)
                transport.write(f"{refusal}\r\n".encode())
                transport.close()
                self._refused = True
                return
            self.listener.sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._refused:
            self.listener.sessions.discard(self)
            super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        if not self._refused:
            super().data_received(data)

    def eof_received(self) -> bool | None:
        return None if self._refused else super().eof_received()

    def hang_up(self) -> None:
        if self.transport is not None:
            assert isinstance(self.transport, asyncio.WriteTransport)
            self.transport.write(b"421 4.3.2 Going down, try again later\r\n")
            self.transport.close()

    @syntax("STARTTLS", when="tls_context")
    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802  # the library's name
        original = self.transport
        try:
            await super().smtp_STARTTLS(arg)
        except TLSSetupException:
            # The library would go on with a dead connection, and nobody tells it that it is lost.
            self.listener.sessions.discard(self)
            assert isinstance(original, asyncio.WriteTransport) and self._timeout_handle is not None
            self._timeout_handle.cancel()
            original.abort()
            raise asyncio.CancelledError from None

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802  # the library's name
        await self.push("502 5.5.1 There is nothing to sign in to here")

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802  # the library's name
        if await self.check_helo_needed():
            return
        assert self.envelope is not None
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self.is_busy = True
        held = _Held(self.listener)
        try:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            raw, refusal = await self._receive(held)
            recipients = list(self.envelope.rcpt_tos)
            status = refusal or await self._store(raw, self.envelope, recipients)
            self._set_post_data_state()  # type: ignore[no-untyped-call]  # the library's
            await self.answer(status, recipients)
        finally:
            held.release()
            self.is_busy = False

    async def _receive(self, held: _Held) -> tuple[bytes, str]:
        """The message without its transparency dots (RFC 5321, 4.5.2), or why it is refused.

        Only CR LF . CR LF ends it; anything looser lets one client smuggle in another's mail. What is too
        much is read to its end and thrown away, since the refusal belongs after the end.
        """
        data = bytearray(b"\r\n")  # as if a line had ended, so that a leading dot is found
        refusal = ""
        dropped = 0
        while True:
            chunk = await self._reader.read(2**30)  # whatever has arrived
            if not chunk:
                raise ConnectionResetError
            self._reset_timeout(_IDLE_SECONDS)
            before = max(len(data) - len(_END) + 1, 0)
            data += chunk
            end = data.find(_END, before)
            if end >= 0:
                self._reader.feed_data(bytes(data[end + len(_END) :]))  # commands sent ahead
                del data[end + 2 :]
            if not refusal:
                if len(data) - 2 > self.listener.limits.message_bytes:
                    refusal = _TOO_BIG
                elif not held.grow_to(len(data)):
                    refusal = _BUSY
            if end >= 0:
                return (b"", refusal) if refusal else (_unstuffed(data), "")
            if refusal:
                dropped += len(chunk)
                del data[: -len(_END)]
                held.release()
                if dropped > 4 * self.listener.limits.message_bytes:
                    await self.push(refusal)
                    raise ConnectionResetError

    async def _store(self, raw: bytes, envelope: Envelope, recipients: list[str]) -> str:
        try:
            await self.listener.store(raw, envelope.mail_from or "", recipients, self.via)
        except InboxGoneError:
            return _AWAY
        except DatabaseError:
            log.exception("listener.not_stored", bytes=len(raw))
            return _AWAY
        except Exception:
            # Our own mistake: the client keeps the mail until it is mended.
            log.exception("listener.broken", bytes=len(raw))
            return _AWAY
        return "250 2.0.0 Stored"

    async def answer(self, status: str, recipients: list[str]) -> None:
        await self.push(status)


def _unstuffed(data: bytearray) -> bytes:
    """Without the dot that begins a line, and without the line end that was put in front."""
    plain = data.replace(b"\r\n.", b"\r\n")
    data.clear()
    return bytes(memoryview(plain)[2:])


class LmtpConversation(Conversation):
    """Local delivery: LHLO instead of EHLO, and after the data a status for each recipient."""

    via = Inbound.Via.LMTP

    @syntax("LHLO hostname")
    async def smtp_LHLO(self, arg: str) -> None:  # noqa: N802  # the library's name
        await super().smtp_EHLO(arg)

    async def smtp_HELO(self, arg: str) -> None:  # noqa: N802  # the library's name
        await self.push("500 5.5.1 This is LMTP: say LHLO")

    async def smtp_EHLO(self, arg: str) -> None:  # noqa: N802  # the library's name
        await self.push("500 5.5.1 This is LMTP: say LHLO")

    async def answer(self, status: str, recipients: list[str]) -> None:
        await self.push("\r\n".join([status] * len(recipients)))


class _Held:
    """One message's share of the memory that messages may take together."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._bytes = 0

    def grow_to(self, size: int) -> bool:
        self._listener.bytes_in_memory += size - self._bytes
        self._bytes = size
        return self._listener.bytes_in_memory <= self._listener.limits.body_bytes_in_memory

    def release(self) -> None:
        self._listener.bytes_in_memory -= self._bytes
        self._bytes = 0


class _CommandSizes(dict[str, int]):
    """RFC 5321, 4.5.3.1.4, and room for the extensions of MAIL and RCPT."""

    def __missing__(self, command: str) -> int:
        return 2048 if command in {"MAIL", "RCPT"} else 512

    def clear(self) -> None:
        """Nothing is kept here."""

    def __setitem__(self, command: str, size: int) -> None:
        """The library adds its extensions' room; there is enough."""


class _Handler:
    """The questions that the library asks on the way."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener

    async def handle_EHLO(  # noqa: N802  # the library's name
        self, server: Conversation, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        offered = [line for line in responses if not line[4:].startswith(("AUTH", "HELP"))]
        return [*offered, "250 PIPELINING"]

    async def handle_MAIL(  # noqa: N802  # the library's name
        self, server: Conversation, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.listener.takes_message_from(server.client):
            return "450 4.7.1 Too many messages from your address in a minute, try again later"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802  # the library's name
        self, server: Conversation, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= self.listener.limits.recipients:
            return "452 4.5.3 Too many recipients"
        try:
            known = await self.listener.is_ours(address)
        except DatabaseError:
            log.exception("listener.no_directory")
            return "451 4.3.0 The directory cannot be read, try again later"
        if not known:
            return "550 5.1.1 There is no such mailbox here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_VRFY(  # noqa: N802  # the library's name
        self, server: Conversation, session: Session, envelope: Envelope, address: str
    ) -> str:
        return "252 2.5.2 Send a mail and see"

    async def handle_exception(self, error: Exception) -> str:
        if isinstance(error, ConnectionError):
            raise error
        log.error("listener.conversation_failed", exc_info=error)
        return "451 4.3.0 Something went wrong here, try again later"
