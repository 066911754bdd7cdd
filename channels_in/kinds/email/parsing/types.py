"""The shape of a parsed mail. Frozen, free of Django, in the words of RFC 5322, 2045 and 3464."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True)
class Address:
    name: str
    address: str


@dataclass(frozen=True)
class ParsedAttachment:
    """A file of the message; ``size`` is that of the decoded content in bytes."""

    name: str
    content_type: str
    content: bytes
    size: int
    inline: bool
    content_id: str | None


Kind = Literal["auto-reply", "auto-generated", "bounce"]


@dataclass(frozen=True)
class Verdict:
    """Why a machine, not a person, wrote this message."""

    kind: Kind
    reasons: list[str]


@dataclass(frozen=True)
class Bounce:
    """What a report of failed or delayed delivery says.

    ``permanent`` is about the address: true if it cannot receive mail (no such user or host, moved away),
    false if only this message failed (mailbox full, refused as spam, host down), None if nothing tells.
    """

    recipients: list[str]
    status: str
    permanent: bool | None
    diagnostic: str
    reason: str
    original_message_id: str | None
    original_in_reply_to: list[str]


@dataclass(frozen=True)
class Forwarded:
    """The message that the sender forwarded to us: who wrote it, about what, and its text."""

    sender: Address | None
    subject: str
    date: datetime | None
    text: str
    attached: bool


@dataclass(frozen=True)
class ParsedMail:
    subject: str = ""
    sender: Address | None = None
    # Every mailbox of the From field; ``sender`` is the first with an address.
    authors: list[Address] = field(default_factory=list)
    sender_header: Address | None = None
    reply_to: list[Address] = field(default_factory=list)
    to: list[Address] = field(default_factory=list)
    cc: list[Address] = field(default_factory=list)
    recipients_all: list[str] = field(default_factory=list)
    message_id: str | None = None
    in_reply_to: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    date: datetime | None = None
    text: str = ""  # the whole body as it was sent, NUL included; all that is made from it has none
    html: str | None = None
    reply_text: str = ""
    reply_without_signature: str = ""
    quoted_text: str = ""
    reply_html: str | None = None
    quoted_html: str | None = None
    attachments: list[ParsedAttachment] = field(default_factory=list)
    automatic: Verdict | None = None
    no_auto_answer: list[str] = field(default_factory=list)
    bounce: Bounce | None = None
    authentication_results: list[str] = field(default_factory=list)
    list_id: str | None = None
    language: str | None = None
    forwarded: Forwarded | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    error: str | None = None
