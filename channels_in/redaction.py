"""Blacking out what a raw mail says, after its message was blacked out (``tickets.commands.redact``)."""

from django.db import transaction

from channels_in.models import Inbound

BAR = b"[blacked out]"


@transaction.atomic
def redact_raw(message_id: int, *, text: str) -> int:
    """Take ``text`` out of the stored source of a message, for good; returns how many sources that changed.

    A body can hide a text in base64, in quoted-printable, in pieces of markup or inside a file. Looking for
    it there would be guessing, so the body goes as a whole; the headers stay, but for lines that bear it.
    """
    changed = 0
    for inbound in Inbound.objects.select_for_update(no_key=True).filter(message_id=message_id):
        head, _gap, body = _split(bytes(inbound.raw))
        said = [line.rstrip(b"\r") for line in head.split(b"\n")]
        kept = [line for line in said if text.encode() not in line and b"=?" not in line]
        raw = b"\r\n".join(kept) + (b"\r\n\r\n" + BAR if body or kept != said else b"")
        if raw != bytes(inbound.raw):
            Inbound.objects.filter(pk=inbound.pk).update(raw=raw)
            changed += 1
    return changed


def _split(raw: bytes) -> tuple[bytes, bytes, bytes]:
    """Headers, the empty line, and what follows."""
    for gap in (b"\r\n\r\n", b"\n\n"):
        if gap in raw:
            return raw.partition(gap)
    return raw, b"", b""
