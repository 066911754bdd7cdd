"""The demonstration's post office: an SMTP server on loopback that keeps every mail instead of passing it on.

Each mail is one ``.eml`` file under ``VAR_DIR/post-office``, its name beginning with the time it came in; the
newest ``KEEP`` stay.
"""

import os
import re
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_binary_file, message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import formataddr, formatdate, getaddresses, make_msgid
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.conf import settings

KEEP = 500
LARGEST = 30 * 1024 * 1024
_NAME = re.compile(r"\d{19}-[0-9a-f]{8}")


def folder() -> Path:
    """Where the mails lie."""
    return Path(settings.VAR_DIR) / "post-office"


class Clerk:
    """What aiosmtpd asks: takes everything, for everybody."""

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's name
        data = envelope.content if isinstance(envelope.content, bytes) else b""
        name = keep(data, sender=envelope.mail_from or "", recipients=envelope.rcpt_tos)
        return f"250 2.0.0 Ok: kept as {name}"


def keep(raw: bytes, *, sender: str, recipients: list[str]) -> str:
    """Store a mail under the envelope it came in, as a mail server notes it; returns its name."""
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    name = f"{time.time_ns():019d}-{secrets.token_hex(4)}"
    to = ", ".join(_one_line(address) for address in recipients)
    head = f"Return-Path: <{_one_line(sender)}>\r\nX-Original-To: {to}\r\n".encode()
    temporary = place / f".{name}"
    temporary.write_bytes(head + raw)
    os.replace(temporary, place / f"{name}.eml")
    for old in names()[KEEP:]:
        (place / f"{old}.eml").unlink(missing_ok=True)
    return name


def _one_line(value: str) -> str:
    return re.sub(r"[\r\n,]", " ", value)[:320]


def names() -> list[str]:
    """All mails there are, newest first."""
    return sorted((path.stem for path in folder().glob("*.eml") if _NAME.fullmatch(path.stem)), reverse=True)


@dataclass(frozen=True)
class Kept:
    """One mail of the post office."""

    name: str
    mail: EmailMessage

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(int(self.name[:19]) / 1e9, tz=UTC)

    @property
    def recipients(self) -> list[str]:
        """The people it was delivered to."""
        return [part.strip() for part in str(self.mail.get("X-Original-To", "")).split(",") if part.strip()]

    @property
    def is_automatic(self) -> bool:
        return str(self.mail.get("Auto-Submitted", "no")).lower() != "no"

    def header(self, name: str) -> str:
        """A header as text; empty if it is missing or cannot be read."""
        try:
            return str(self.mail.get(name, ""))
        except (ValueError, IndexError, LookupError):
            return ""

    def name_of(self, address: str) -> str:
        """What the mail calls one of its recipients."""
        people = getaddresses([self.header("To"), self.header("Cc")])
        return next((name for name, one in people if one.lower() == address.lower()), "")

    def body(self, kind: str) -> str:
        """The ``plain`` or ``html`` part as text."""
        part = self.mail.get_body((kind,))
        return str(part.get_content()) if part is not None else ""

    @property
    def files(self) -> list[tuple[str, str, bytes]]:
        """Name, type and bytes of each attachment."""
        found = []
        for part in self.mail.iter_attachments():
            data = part.get_payload(decode=True)
            if isinstance(data, bytes):
                found.append((part.get_filename() or "file", part.get_content_type(), data))
        return found


def latest(limit: int) -> list[Kept]:
    """The newest mails, their headers only."""
    found = []
    for name in names()[:limit]:
        try:
            with (folder() / f"{name}.eml").open("rb") as file:
                head = file.read(64 * 1024).split(b"\r\n\r\n", 1)[0]
        except OSError:
            continue  # fetched away by a newer one
        found.append(Kept(name, message_from_bytes(head + b"\r\n\r\n", policy=default)))
    return found


def read(name: str) -> Kept | None:
    """One mail, if there is such a one."""
    if not _NAME.fullmatch(name):
        return None
    try:
        with (folder() / f"{name}.eml").open("rb") as file:
            return Kept(name, message_from_binary_file(file, policy=default))
    except OSError:
        return None


def answer(kept: Kept, *, sender: str, text: str, files: list[tuple[str, str, bytes]]) -> EmailMessage:
    """What ``sender``, one of the recipients, writes back, as a mail program would: with a quotation."""
    mail = EmailMessage()
    mail["From"] = formataddr((kept.name_of(sender), sender))
    mail["To"] = kept.header("Reply-To") or kept.header("From")
    subject = kept.header("Subject")
    mail["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    if answered := kept.header("Message-ID"):
        mail["In-Reply-To"] = answered
        mail["References"] = f"{kept.header('References')} {answered}".strip()
    quoted = "\n".join(f"> {line}".rstrip() for line in kept.body("plain").splitlines())
    attribution = f"On {kept.at:%d %b %Y at %H:%M}, {kept.header('From')} wrote:"
    mail.set_content(f"{text}\n\n{attribution}\n{quoted}\n")
    attach(mail, files)
    return mail


def letter(
    *, name: str, sender: str, to: str, subject: str, text: str, files: list[tuple[str, str, bytes]]
) -> EmailMessage:
    """A new mail from anybody."""
    mail = EmailMessage()
    mail["From"] = formataddr((name, sender))
    mail["To"] = to
    mail["Subject"] = subject
    mail["Date"] = formatdate(localtime=True)
    mail["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2] or "localhost")
    mail.set_content(text)
    attach(mail, files)
    return mail


def attach(mail: EmailMessage, files: list[tuple[str, str, bytes]]) -> None:
    for name, content_type, data in files:
        kind, _slash, subtype = content_type.partition("/")
        mail.add_attachment(
            data, maintype=kind or "application", subtype=subtype or "octet-stream", filename=name
        )
