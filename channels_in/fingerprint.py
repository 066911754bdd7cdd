"""What makes a mail the same mail, read from its bytes without parsing it."""

import hashlib
import re

_HEADER_END = re.compile(rb"\r?\n[ \t]*\r?\n")
_VALUE = rb"[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)"
_MESSAGE_ID = re.compile(rb"^message-id" + _VALUE, re.IGNORECASE | re.MULTILINE)
_LASTING = re.compile(
    rb"^((?:from|date|subject|resent-date|content-type)" + _VALUE + rb")", re.IGNORECASE | re.MULTILINE
)
_MOST_HEADER = 1024 * 1024


def external_id_of(raw: bytes) -> str:
    """The Message-ID without its brackets, read without parsing the mail; empty if it has none."""
    found = _MESSAGE_ID.search(_split(raw)[0])
    if found is None:
        return ""
    value = b"".join(found[1].split())
    inner = re.search(rb"<([^<>]*)>", value)
    return printable((inner[1] if inner else value.strip(b"<>")).decode("utf-8", "replace"))[:500]


def fingerprint(raw: bytes) -> str:
    """SHA-256 of what stays the same when one mail is delivered twice, and differs between two.

    The body, line ends and trailing blanks aside, and of the header From, Date, Subject and Content-Type: a
    device that reuses its Message-ID often sends the same words each day, and only the date tells them apart.
    """
    head, body = _split(raw)
    digest = hashlib.sha256()
    for field, _value in _LASTING.findall(head):
        digest.update(b" ".join(field.split()) + b"\n")
    digest.update(body.replace(b"\r\n", b"\n").rstrip())
    return digest.hexdigest()


def _split(raw: bytes) -> tuple[bytes, bytes]:
    raw = raw.lstrip(b"\r\n")
    end = _HEADER_END.search(raw, 0, _MOST_HEADER)
    if end is None:
        return raw[:_MOST_HEADER], raw
    return raw[: end.start()], raw[end.end() :]


def printable(text: str) -> str:
    """As the database and a log can hold it: printable, no NUL."""
    return "".join(ch for ch in text if ch.isprintable()).encode("utf-8", "replace").decode()
