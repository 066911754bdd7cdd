"""Blacking out what a raw mail says, after its message was blacked out (``tickets.commands.redact``)."""

from dataclasses import replace

from django.db import transaction

from channels_in.kinds.web_form.submission import BrokenSubmissionError, decode, encode
from channels_in.models import Inbound, Inbox
from tickets.answers import blacked_out

BAR = b"[blacked out]"


@transaction.atomic
def redact_raw(message_id: int, *, text: str) -> int:
    """Take ``text`` out of the stored source of a message, for good; returns how many sources that changed.

    A body can hide a text in base64, in quoted-printable, in pieces of markup or inside a file. Looking for
    it there would be guessing, so the body goes as a whole; the headers stay, but for lines that bear it.
    What came by a messenger is JSON, whose escapes hide it as well: it goes as a whole.
    """
    changed = 0
    rows = Inbound.objects.select_for_update(no_key=True, of=("self",)).select_related("inbox")
    for inbound in rows.filter(message_id=message_id):
        if inbound.via == Inbound.Via.WEB:
            changed += _redact_form(inbound, text)
            continue
        if inbound.inbox.kind != Inbox.Kind.EMAIL:
            changed += Inbound.objects.filter(pk=inbound.pk).exclude(raw=BAR).update(raw=BAR)
            continue
        head, _gap, body = _split(bytes(inbound.raw))
        said = [line.rstrip(b"\r") for line in head.split(b"\n")]
        kept = [line for line in said if text.encode() not in line and b"=?" not in line]
        raw = b"\r\n".join(kept) + (b"\r\n\r\n" + BAR if body or kept != said else b"")
        if raw != bytes(inbound.raw):
            Inbound.objects.filter(pk=inbound.pk).update(raw=raw)
            changed += 1
    return changed


def _redact_form(inbound: Inbound, text: str) -> int:
    """A form's answers without the text. Its files go from the source; the message has its own of them."""
    try:
        sent = decode(bytes(inbound.raw))
    except BrokenSubmissionError:
        raw = BAR
    else:
        bar = BAR.decode()
        clean = blacked_out([{"key": "", "value": [sent.subject, sent.name, sent.page]}], text, bar)[0][
            "value"
        ]
        subject, name, page = clean if isinstance(clean, list) else (bar, bar, bar)
        fields = {key: bar if text in str(value) else value for key, value in sent.fields.items()}
        answers = blacked_out(sent.answers, text, bar)
        raw = encode(
            replace(sent, subject=subject, name=name, page=page, fields=fields, answers=answers, files=())
        )
    if raw == bytes(inbound.raw):
        return 0
    Inbound.objects.filter(pk=inbound.pk).update(raw=raw)
    return 1


def _split(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Headers, the empty line, and what follows."""
    for gap in (b"\r\n\r\n", b"\n\n"):
        if gap in raw:
            return raw.partition(gap)
    return raw, b"", b""
