"""Small mails to parse, built from a few words."""

from typing import Any

from channels_in.kinds.email.parsing import ParsedMail, parse


def letter(
    body: str | bytes = "Hello", *fields: str, charset: str = "utf-8", sender: str = "vera@example.org"
) -> bytes:
    """A message with the usual fields, ``fields`` in front of them, and CRLF line ends."""
    head = [
        *fields,
        f"From: {sender}",
        "To: help@desk.example",
        "Subject: A question",
        "Message-ID: <1@example.org>",
        "Date: Tue, 3 Jun 2025 10:00:00 +0300",
    ]
    if not any(field.lower().startswith("content-type") for field in fields):
        head.append(f"Content-Type: text/plain; charset={charset}")
    text = "\r\n".join(head).encode() + b"\r\n\r\n"
    return text + (body.replace("\n", "\r\n").encode(charset) if isinstance(body, str) else body)


def read(*args: Any, **options: Any) -> ParsedMail:
    return parse(letter(*args, **options))


def multipart(kind: str, *parts: str) -> tuple[str, str]:
    """Body and Content-Type field of a multipart of the given parts, each with its own fields."""
    body = "".join(f"--edge\n{part}\n" for part in parts) + "--edge--\n"
    return body, f'Content-Type: multipart/{kind}; boundary="edge"'
