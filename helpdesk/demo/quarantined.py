"""Mails that go beyond what intake is willing to look at. Pure."""

from collections.abc import Iterator
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formataddr, make_msgid
from typing import Any

from helpdesk.demo.script import load

_DEPTH = 24


def mails() -> Iterator[tuple[str, bytes, str]]:
    """Brand's key, raw mail and envelope sender, of each mail that has to end in quarantine."""
    company = load("company")
    for one in load("ugly")["quarantined"]:
        if one["key"] == "too-deep":
            brand = next(row for row in company["brands"] if row["slug"] == one["brand"])
            address = f"{brand['address_local_part']}@{brand['domain']}"
            yield one["brand"], _nested(one, address), one["from_email"]


def _nested(one: dict[str, str], address: str) -> bytes:
    """A part within a part within a part, deeper than anybody's mail program makes them."""
    mail = _mail(one, address)
    parts: list[Any] = [mail]
    for _level in range(_DEPTH):
        inner = MIMEMultipart("mixed")
        inner.attach(MIMEText(one["body"], "plain", "utf-8"))
        parts[-1].attach(inner)
        parts.append(inner)
    return mail.as_bytes()


def _mail(one: dict[str, str], address: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = formataddr((one["from_name"], one["from_email"]))
    mail["To"] = address
    mail["Subject"] = one["subject"]
    mail["Message-ID"] = make_msgid(domain=one["from_email"].rpartition("@")[2])
    mail.set_content(one["body"])
    mail.make_mixed()
    return mail
