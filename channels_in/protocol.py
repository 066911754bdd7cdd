"""What a channel is: one folder under ``kinds/``, one line in ``registry``.

Intake and sender know these shapes only; what is particular to mail or a messenger stays in its folder.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

from channels_in.directory import Directory
from channels_in.models import Inbound, Inbox, Outbound
from channels_in.settled import Settled
from journal.actor import Actor
from tickets.content import Content
from tickets.models import Message

Parsed = TypeVar("Parsed")  # what a channel makes of its raw messages
Prepared = TypeVar("Prepared")  # what a channel needs to send one: bytes, a request body, …


@dataclass(frozen=True)
class Problem:
    """What is wrong with an inbox: ``code`` for machines, ``words`` and ``hint`` in the reader's language."""

    code: str
    words: str
    hint: str = ""


@dataclass(frozen=True)
class Sender:
    """Who writes, as the channel knows them: the ``kind`` and ``value`` of an ``Identity``.

    ``is_verified``: the channel vouches for it (Telegram's user id), nobody has just typed it in.
    """

    kind: str
    value: str
    name: str = ""
    language: str = ""
    is_verified: bool = False


@dataclass(frozen=True)
class Incoming:
    """What somebody said through a messenger, a chat or a form, in one shape for all.

    ``external_id`` names the message within its conversation ``thread_id``. ``at`` is when we received it.
    ``reply_to``: the ``external_id`` of the message it answers.
    """

    external_id: str
    thread_id: str
    sender: Sender
    content: Content
    at: datetime
    reply_to: str = ""


@dataclass(frozen=True)
class Plan:
    """How a message of ours will leave: through ``inbox``, to ``recipients``.

    ``skipped``: whom it does not go to, because messages to them came back. ``undo``: the pause in which Send
    can be undone. ``problem`` (words, code): why it cannot leave; then it ends as failed, on the ticket. The
    words are a source, which ``tickets.undelivered`` puts into the reader's language.
    """

    inbox: Inbox
    external_id: str
    recipients: list[str]
    skipped: list[str] = field(default_factory=list)
    undo: timedelta = timedelta(0)
    problem: tuple[str, str] | None = None


@dataclass(frozen=True)
class Outgoing(Generic[Prepared]):
    """A message on its way out. ``handing_over`` must be called right before the data goes to the server.

    It notes that from here on a crash means "maybe sent", and raises ``LeaseLostError`` if another worker has
    taken the message over, in which case nothing may be sent.

    A message that leaves in parts: ``took`` is called with what the server calls a part, once it has it;
    ``taken`` are the parts it had from an earlier attempt, which must not be sent again.
    """

    external_id: str
    recipients: Sequence[str]
    payload: Prepared
    handing_over: Callable[[], None]
    taken: Sequence[Sequence[str]] = ()
    took: Callable[[Sequence[str]], None] = field(default=lambda _external_ids: None)


@dataclass(frozen=True)
class Refusal:
    """The server did not take one recipient. ``status_code`` is RFC 3463's (5.1.1, say), if it gave one."""

    words: str
    status_code: str = ""
    permanent: bool = True


@dataclass(frozen=True)
class Receipt:
    """What the server took, and whom it refused. ``external_ids``: what a messenger calls what it took."""

    external_ids: Sequence[str] = ()
    words: str = ""
    status_code: str = ""
    refused: dict[str, Refusal] = field(default_factory=dict)


class SendError(Exception):
    """Nothing was taken.

    ``permanent``: trying again is useless. ``maybe_sent``: the data was handed over. ``unreachable``: the
    server itself is away or refuses us, so that its other messages may as well wait. ``after``: when the
    server itself says that it may be tried again.
    """

    def __init__(
        self,
        words: str,
        *,
        status_code: str = "",
        permanent: bool = False,
        maybe_sent: bool = False,
        unreachable: bool = False,
        after: timedelta | None = None,
    ) -> None:
        super().__init__(words)
        self.words = words
        self.status_code = status_code
        self.permanent = permanent
        self.maybe_sent = maybe_sent
        self.unreachable = unreachable
        self.after = after


class LeaseLostError(Exception):
    """Another worker has taken the message over; whoever sees this must let go of it."""


class Channel(Protocol[Parsed]):
    """One kind of inbox."""

    kind: str

    def verify(self, request: Any, inbox: Inbox) -> None:
        """Check the signature or secret of what came in; raises. A kind without requests does nothing."""

    def parse(self, raw: bytes, inbox: Inbox) -> list[Parsed]:
        """What the raw message says. Pure: no database, no network."""

    def settle(self, inbound: Inbound, directory: Directory) -> Settled:
        """Decide what becomes of a raw message, and do it, in the open transaction that has locked its row.

        Raises ``channels_in.case.Unusable`` for quarantine. The verbs are the tickets'.
        """

    def attach(self, inbound: Inbound, directory: Directory, ticket_id: int, actor: Actor) -> Settled:
        """Put a raw message into a ticket by hand, whatever ``settle`` made, or could not make, of it."""

    def plan(self, message: Message) -> Plan | None:
        """How a message of ours will leave; None where the channel needs no sender. Reads only."""

    def forgive(self, recipients: Sequence[str]) -> None:
        """Somebody tries again on purpose: forget that messages to these came back."""

    def prepare(self, outbound: Outbound) -> Any:
        """Read from the database what ``send`` needs. Raises ``SendError`` if it can never be sent."""

    def send(self, outgoing: Outgoing[Any], inbox: Inbox) -> Receipt:
        """Network only. Raises ``SendError`` when nothing was taken."""

    def failed(self, outbound: Outbound, error: SendError) -> None:
        """Remember what a failure says about the way: blocked, moved. In the transaction that notes it."""

    def check(self, inbox: Inbox) -> list[Problem]:
        """Try the settings for real; empty when all is well."""
