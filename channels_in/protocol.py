"""What a channel is: one folder under ``kinds/``, one line in ``registry``.

Intake and sender know these shapes only; what is particular to mail or a messenger stays in its folder.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from channels_in.models import Inbox, Outbound

Parsed = TypeVar("Parsed")  # what a channel makes of its raw messages
Prepared = TypeVar("Prepared")  # what a channel needs to send one: bytes, a request body, …


@dataclass(frozen=True)
class Problem:
    """What is wrong with an inbox: ``code`` for machines, ``words`` and ``hint`` in the reader's language."""

    code: str
    words: str
    hint: str = ""


@dataclass(frozen=True)
class Outgoing(Generic[Prepared]):
    """A message on its way out. ``handing_over`` must be called right before the data goes to the server.

    It notes that from here on a crash means "maybe sent", and raises ``LeaseLostError`` if another worker has
    taken the message over, in which case nothing may be sent.
    """

    external_id: str
    recipients: Sequence[str]
    payload: Prepared
    handing_over: Callable[[], None]


@dataclass(frozen=True)
class Refusal:
    """The server did not take one recipient. ``status_code`` is RFC 3463's (5.1.1, say), if it gave one."""

    words: str
    status_code: str = ""
    permanent: bool = True


@dataclass(frozen=True)
class Receipt:
    """What the server took, and whom it refused."""

    words: str = ""
    status_code: str = ""
    refused: dict[str, Refusal] = field(default_factory=dict)


class SendError(Exception):
    """Nothing was taken.

    ``permanent``: trying again is useless. ``maybe_sent``: the data was handed over. ``unreachable``: the
    server itself is away or refuses us, so that its other messages may as well wait.
    """

    def __init__(
        self,
        words: str,
        *,
        status_code: str = "",
        permanent: bool = False,
        maybe_sent: bool = False,
        unreachable: bool = False,
    ) -> None:
        super().__init__(words)
        self.words = words
        self.status_code = status_code
        self.permanent = permanent
        self.maybe_sent = maybe_sent
        self.unreachable = unreachable


class LeaseLostError(Exception):
    """Another worker has taken the message over; whoever sees this must let go of it."""


class Channel(Protocol[Parsed]):
    """One kind of inbox."""

    kind: str

    def verify(self, request: Any, inbox: Inbox) -> None:
        """Check the signature or secret of what came in; raises. A kind without requests does nothing."""

    def parse(self, raw: bytes, inbox: Inbox) -> list[Parsed]:
        """What the raw message says. Pure: no database, no network."""

    def prepare(self, outbound: Outbound) -> Any:
        """Read from the database what ``send`` needs. Raises ``SendError`` if it can never be sent."""

    def send(self, outgoing: Outgoing[Any], inbox: Inbox) -> Receipt:
        """Network only. Raises ``SendError`` when nothing was taken."""

    def check(self, inbox: Inbox) -> list[Problem]:
        """Try the settings for real; empty when all is well."""
