"""A letter as bytes (RFC 5322, 2045 to 2049, 2183, 2231, 2392, 3834). Pure: all of it comes from ``Letter``.

The header is written here, the MIME parts by the standard library: its folding of long Message-IDs and of
names that need quoting differs from version to version, and a broken References line breaks threads.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, quote

from common.text import one_line

# Bytes beyond ASCII are encoded, so that every relay passes them on.
_POLICY = policy.SMTP.clone(cte_type="7bit")
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\]\\,;:\"\x00-\x1f\x7f]{1,255}")
_MESSAGE_ID = re.compile(r"[^\s<>\x00-\x1f\x7f]{3,250}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9.@_+$%-]{1,200}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_PLAIN_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
# Types that need a structure of their own, which bytes from a stranger may lack.
_STRUCTURED = frozenset({"multipart", "message"})
MAX_REFERENCES = 40  # RFC 5322 sets no limit; servers refuse headers of many kilobytes


@dataclass(frozen=True)
class Person:
    address: str
    name: str = ""


@dataclass(frozen=True)
class Part:
    """A file. ``content_id`` (without <>) makes it an image that the HTML shows as ``cid:``."""

    name: str
    content_type: str
    data: bytes
    content_id: str = ""


@dataclass(frozen=True)
class Letter:
    """What a mail is made of. Message-IDs are without angle brackets, ``references`` oldest first."""

    message_id: str
    date: datetime
    sender: Person
    to: list[Person]
    subject: str
    text: str
    html: str = ""
    cc: list[Person] = field(default_factory=list)
    reply_to: Person | None = None
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    automatic: str = ""  # RFC 3834's word, auto-replied or auto-generated; empty: a person writes
    inline: list[Part] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)


def is_address(value: str) -> bool:
    """Whether it can stand in a header and an envelope as it is: one address, no blanks, no syntax."""
    return _ADDRESS.fullmatch(value) is not None


def is_recipient(value: str) -> bool:
    """Whether mail can go there: it is an address once its domain is in ASCII."""
    return is_address(to_ascii(value))


def to_ascii(address: str) -> str:
    """The domain in its ASCII form (IDNA); only a local part beyond ASCII then still needs SMTPUTF8."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return address


def build(letter: Letter) -> bytes:
    """The mail, with CRLF. Raises ``ValueError`` for a sender or recipient that is no address."""
    lines = [
        f"Date: {format_datetime(letter.date)}",
        f"From: {_people([letter.sender], 'From')}",
        f"To: {_people(letter.to, 'To') if letter.to else 'undisclosed-recipients:;'}",
    ]
    if letter.cc:
        lines.append(f"Cc: {_people(letter.cc, 'Cc')}")
    if letter.reply_to is not None:
        lines.append(f"Reply-To: {_people([letter.reply_to], 'Reply-To')}")
    lines.append(f"Subject: {_text(one_line(_CONTROL.sub(' ', letter.subject), 400), 'Subject')}")
    lines.append(f"Message-ID: {_ids([letter.message_id])}")
    if answered := _ids([letter.in_reply_to]):
        lines.append(f"In-Reply-To: {answered}")
    if chain := _ids(_trimmed(letter.references)):
        lines.append(f"References: {chain}")
    if letter.automatic:
        lines.append(f"Auto-Submitted: {letter.automatic}")
        lines.append("X-Auto-Response-Suppress: All")
    # Raw UTF-8 appears here only in a local part beyond ASCII, and then SMTPUTF8 is used.
    return "\r\n".join(lines).encode() + b"\r\n" + _mime(letter).as_bytes()


def _mime(letter: Letter) -> EmailMessage:
    """Text, or text and HTML with its images, and round them the files."""
    mail = EmailMessage(policy=_POLICY)
    mail.set_content(_printable(letter.text))
    if letter.html:
        mail.add_alternative(_printable(letter.html), subtype="html")
        page = list(mail.iter_parts())[1]
        assert isinstance(page, EmailMessage)
        for part in letter.inline:
            _attach(page, part)
    else:
        for part in letter.inline:
            _attach(mail, Part(part.name, part.content_type, part.data))
    for part in letter.files:
        _attach(mail, part)
    return mail


def _attach(mail: EmailMessage, part: Part) -> None:
    main, _, sub = part.content_type.partition("/")
    if main in _STRUCTURED or not sub:
        main, sub = "application", "octet-stream"
    # The library decodes encoded words in what it is given, line breaks among them.
    name = one_line(_CONTROL.sub(" ", part.name.replace("=?", "= ?")), 200)
    content_id = part.content_id.strip("<> ")
    if _CONTENT_ID.fullmatch(content_id):
        mail.add_related(
            part.data, maintype=main, subtype=sub, filename=name, disposition="inline", cid=f"<{content_id}>"
        )
    else:
        mail.add_attachment(part.data, maintype=main, subtype=sub, filename=name)


def _printable(text: str) -> str:
    return text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"


def _people(people: Iterable[Person], header: str) -> str:
    return ",\r\n ".join(_person(person, header) for person in people)


def _person(person: Person, header: str) -> str:
    address = to_ascii(person.address)
    if not is_address(address):
        raise ValueError(f"not an address: {person.address!r}")
    name = one_line(_CONTROL.sub(" ", person.name), 200)
    if not name:
        return address
    if not name.isascii() or "=?" in name:
        name = Header(name, "utf-8", header_name=header).encode(linesep="\r\n")
    elif not _PLAIN_PHRASE.fullmatch(name):
        name = f'"{quote(name)}"'
    return f"{name} <{address}>" if len(name) + len(address) < 66 else f"{name}\r\n <{address}>"


def _text(value: str, header: str) -> str:
    charset = "us-ascii" if value.isascii() and "=?" not in value else "utf-8"
    return Header(value, charset, header_name=header).encode(linesep="\r\n")


def _ids(values: Iterable[str]) -> str:
    """Message-IDs a line each; what is none (a forged header of theirs) is left out."""
    return "\r\n ".join(f"<{value}>" for value in values if _MESSAGE_ID.fullmatch(value) and value.isascii())


def _trimmed(chain: list[str]) -> list[str]:
    """The first, which names the thread, and the newest."""
    unique = list(dict.fromkeys(chain))
    return unique if len(unique) <= MAX_REFERENCES else [unique[0], *unique[1 - MAX_REFERENCES :]]
