"""The SMTP and LMTP listener: it takes mail for our inboxes, and for nobody else.

The raw message is stored, unique and committed, before the client hears 250. A database that is away is 451:
the client keeps the mail and comes again.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from time import monotonic

import structlog
from django.conf import settings

from channels_in import intake
from channels_in.database_threads import DatabaseThreads
from channels_in.directory import Directory
from channels_in.kinds.email import tokens
from channels_in.kinds.email.conversation import Conversation, InboxGoneError, LmtpConversation
from channels_in.kinds.email.limits import Limits, Rate

log = structlog.get_logger(__name__)

_DIRECTORY_SECONDS = 3.0  # how soon a new inbox takes mail
_LARGE = 2 * 1024 * 1024


class Listener:
    """What both servers and all their connections share."""

    def __init__(self, limits: Limits | None = None, *, threads: int = 6) -> None:
        self.limits = limits or Limits.from_settings()
        self.hostname = settings.MESSAGE_ID_DOMAIN or "localhost"
        self.sessions: set[Conversation] = set()
        self.bytes_in_memory = 0
        self.stored = 0
        self._threads = DatabaseThreads(threads)
        self._directory: Directory | None = None
        self._directory_at = 0.0
        self._reading = asyncio.Lock()
        self._large = asyncio.Lock()
        self._connection_rate = Rate(self.limits.client_connections_a_minute)
        self._message_rate = Rate(self.limits.client_messages_a_minute)
        self._servers: list[asyncio.Server] = []
        self._tls = _tls_context()

    async def start(self, host: str, port: int, *, lmtp: bool = False) -> int:
        """Listen, and return the port (which 0 leaves to the system)."""
        kind: Callable[..., Conversation] = LmtpConversation if lmtp else Conversation
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: kind(self, self._tls), host, port)
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def stop(self, seconds: float = 10.0) -> None:
        """Take no new connections, let each message that is on its way be stored, then hang up."""
        for server in self._servers:
            server.close()
        ends = monotonic() + seconds
        # Once, at the end of the process: an event for each conversation would cost more than it says.
        while any(one.is_busy for one in self.sessions) and monotonic() < ends:  # noqa: ASYNC110  # see above
            await asyncio.sleep(0.05)
        for one in list(self.sessions):
            one.hang_up()
        await asyncio.sleep(0)
        await asyncio.get_running_loop().run_in_executor(None, self._threads.close)

    # --- what the conversations ask ---

    def welcomes(self, conversation: "Conversation") -> str:
        """Empty, or why a new connection is refused."""
        if len(self.sessions) >= self.limits.connections:
            return "421 4.3.2 Too many connections, try again later"
        client = conversation.client
        if self.limits.trusts(client):
            return ""
        if sum(one.client == client for one in self.sessions) >= self.limits.client_connections:
            return "421 4.7.0 Too many connections from your address"
        if not self._connection_rate.allows(client):
            return "421 4.7.0 Too many connections from your address in a minute, try again later"
        return ""

    def takes_message_from(self, client: str) -> bool:
        return self.limits.trusts(client) or self._message_rate.allows(client)

    async def is_ours(self, address: str) -> bool:
        """Whether mail for this address is for an active inbox: itself, an alias, or with our signature."""
        directory = await self._current_directory()
        inbox = directory.inbox_of(address)
        if inbox is None:
            return False
        return (
            address.strip().lower() in inbox.all_addresses or tokens.parse_plus_address(address) is not None
        )

    async def _current_directory(self) -> Directory:
        async with self._reading:
            if self._directory is None or monotonic() - self._directory_at > _DIRECTORY_SECONDS:
                self._directory = await self._threads.run(Directory.load)
                self._directory_at = monotonic()
            return self._directory

    async def store(self, raw: bytes, envelope_from: str, recipients: list[str], via: str) -> None:
        """Store a message once for each inbox it is for, durable when this returns.

        If it fails between two inboxes the client comes again, and the first one has the mail already.
        """
        directory = await self._current_directory()
        inboxes = directory.find(recipients)
        if not inboxes:
            raise InboxGoneError

        def work() -> None:
            for inbox in inboxes:
                intake.store(
                    inbox,
                    raw,
                    via=via,
                    envelope_from=envelope_from,
                    envelope_to=[one for one in recipients if directory.inbox_of(one) == inbox],
                )

        # On its way into the database a message takes several times its size: large ones go one by one.
        async with self._large if len(raw) > _LARGE else contextlib.nullcontext():
            await self._threads.run(work)
        self.stored += 1


def _tls_context() -> ssl.SSLContext | None:
    if not (settings.MAIL_TLS_CERT and settings.MAIL_TLS_KEY):
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.MAIL_TLS_CERT, settings.MAIL_TLS_KEY)
    return context
