"""The door for mail: raw bytes become a row, committed, before anybody is told that we have them.

What happens to them then is in ``channels_in.draining`` (one after the other), ``receive`` (what becomes of
one), ``threading`` (where it belongs). ``drain_pending`` and ``process`` are named here for other apps.
"""

import hashlib
import re
from collections.abc import Iterable

from django.db import connection, transaction

from channels_in import tasks
from channels_in.directory import Directory
from channels_in.draining import drain_pending, process
from channels_in.models import Inbound, Inbox
from common import clock
from common.queue import ask_on_commit

__all__ = ["drain_pending", "external_id_of", "find_inboxes", "fingerprint", "process", "store"]

_HEADER_END = re.compile(rb"\r?\n[ \t]*\r?\n")
_VALUE = rb"[ \t]*:([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)"
_MESSAGE_ID = re.compile(rb"^message-id" + _VALUE, re.IGNORECASE | re.MULTILINE)
_LASTING = re.compile(
    rb"^((?:from|date|subject|resent-date|content-type)" + _VALUE + rb")", re.IGNORECASE | re.MULTILINE
)
_MOST_HEADER = 1024 * 1024

# Two deliveries of one mail at once: the second waits for the first, and then finds its row.
_INSERT = """
    INSERT INTO channels_in_inbound
        (inbox_id, external_id, content_hash, raw, size, via, envelope_from, envelope_to, received_at,
         status, cause, detail, trace, verdict, attempts)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, 'pending', '', '', '[]', '{}', 0)
    ON CONFLICT (inbox_id, external_id, content_hash) DO NOTHING
    RETURNING id
"""


def store(
    inbox: Inbox, raw: bytes, *, via: str, envelope_from: str = "", envelope_to: Iterable[str] = ()
) -> tuple[Inbound, bool]:
    """Keep a mail, and ask for it to be worked off; (its row, whether it is new).

    Committed on return, unless the caller has put several into one transaction of its own.

    The same mail delivered again to the same inbox is the row there is: the same Message-ID and the same
    ``fingerprint``, whatever relays have added. By SMTP or LMTP an empty ``envelope_from`` is the null
    sender, which nobody may answer (RFC 3834, 2); otherwise it is unknown.
    """
    row = Inbound(
        inbox=inbox,
        external_id=external_id_of(raw),
        content_hash=fingerprint(raw),
        size=len(raw),
        via=via,
        envelope_from=_ascii(envelope_from)[:320],
        envelope_to=[_ascii(address)[:320] for address in envelope_to],
        received_at=clock.now(),
    )
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                _INSERT,
                [
                    inbox.pk, row.external_id, row.content_hash, raw, row.size, row.via, row.envelope_from,
                    Inbound._meta.get_field("envelope_to").get_db_prep_value(row.envelope_to, connection),
                    row.received_at,
                ],
            )  # fmt: skip
            inserted = cursor.fetchone()
        if inserted is not None:
            ask_on_commit(tasks.drain_inbox, inbox.pk)
    if inserted is None:
        existing = Inbound.objects.defer("raw").get(
            inbox=inbox, external_id=row.external_id, content_hash=row.content_hash
        )
        return existing, False
    row.pk = inserted[0]
    row.raw = raw
    row._state.adding = False
    row._state.db = connection.alias
    return row, True


def find_inboxes(recipients: Iterable[str]) -> list[Inbox]:
    """The active mail inboxes that envelope recipients lead to, aliases and plus-addresses included."""
    return Directory.load().find(recipients)


def external_id_of(raw: bytes) -> str:
    """The Message-ID without its brackets, read without parsing the mail; empty if it has none."""
    found = _MESSAGE_ID.search(_split(raw)[0])
    if found is None:
        return ""
    value = b"".join(found[1].split())
    inner = re.search(rb"<([^<>]*)>", value)
    return _ascii((inner[1] if inner else value.strip(b"<>")).decode("utf-8", "replace"))[:500]


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


def _ascii(text: str) -> str:
    """As the database and a log can hold it: printable, no NUL."""
    return "".join(ch for ch in text if ch.isprintable()).encode("utf-8", "replace").decode()
