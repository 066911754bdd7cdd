"""Mails as people and machines write them, for tests: plain bytes with exactly the headers named."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

_ids = count(1)

RELAY = "mx.zerno.example"
PASS = f"{RELAY}; spf=pass smtp.mailfrom={{0}}; dkim=pass header.d={{0}}; dmarc=pass header.from={{0}}"
FAIL = f"{RELAY}; spf=fail smtp.mailfrom={{0}}; dkim=none; dmarc=fail (p=reject) header.from={{0}}"


def letter(
    text: str = "Здравствуйте, кофемашина не включается.",
    *,
    sender: str = "Вера Ёлкина <vera@severgrad.example>",
    to: str = "support@zerno.example",
    subject: str = "Кофемашина",
    message_id: str | None = None,
    auth: str | Sequence[str] = (),
    date: str = "Mon, 16 Nov 2026 10:00:00 +0300",
    **headers: str,
) -> bytes:
    """``in_reply_to="<…>"`` becomes In-Reply-To, …; ``auth``: Authentication-Results, topmost first."""
    message_id = message_id if message_id is not None else f"<test-{next(_ids)}@severgrad.example>"
    results = [auth] if isinstance(auth, str) else list(auth)
    lines = [f"Authentication-Results: {one}" for one in results]
    lines += [f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Date: {date}"]
    if message_id:
        lines.append(f"Message-ID: {message_id}")
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
    if "content_type" not in headers:
        lines += ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit"]
    return "\r\n".join([*lines, "", text, ""]).encode()


def delivery_report(
    original: str,
    *,
    recipient: str = "vera@severgrad.example",
    action: str = "failed",
    status: str = "5.1.1",
    words: str = "smtp; 550 5.1.1 No such user here",
    message_id: str | None = None,
) -> bytes:
    """A report of a mail server (RFC 3464) about the message with the Message-ID ``original``."""
    text = f"""\
--edge
Content-Type: text/plain; charset=utf-8

Your message to {recipient} could not be delivered.

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.severgrad.example

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {words}

--edge
Content-Type: text/rfc822-headers

Message-ID: <{original}>
From: support@zerno.example
To: {recipient}
Subject: Re: question

--edge--
"""
    return letter(
        text.replace("\n", "\r\n"),
        sender="Mail Delivery System <mailer-daemon@mx.severgrad.example>",
        subject="Undelivered Mail Returned to Sender",
        message_id=message_id,
        content_type='multipart/report; report-type=delivery-status; boundary="edge"',
        mime_version="1.0",
        auto_submitted="auto-replied",
    )
