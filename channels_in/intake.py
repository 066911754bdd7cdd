"""The door: raw bytes become a row, committed, before anybody is told that we have them.

What happens to them then is in ``channels_in.draining`` (one after the other), ``receive`` (what becomes of
one), ``threading`` (where it belongs). ``drain_pending`` and ``process`` are named here for other apps.
"""

from collections.abc import Iterable
from contextlib import suppress

from django.db import connection, transaction

from channels_in import tasks
from channels_in.directory import Directory
from channels_in.draining import drain_pending, process, settle_kept, settle_now
from channels_in.fingerprint import external_id_of, fingerprint, printable
from channels_in.models import Inbound, Inbox
from channels_in.settled import Settled
from common import clock
from common.queue import ask_on_commit
from common.statements import Statement

__all__ = [
    "drain_pending",
    "external_id_of",
    "find_inboxes",
    "fingerprint",
    "keep",
    "keep_settled",
    "process",
    "settle_now",
    "store",
]

# Two deliveries of one mail at once: the second waits for the first, and then finds its row.
_INSERT = Statement(
    "channels_in_inbound",
    """
    INSERT INTO channels_in_inbound
        (inbox_id, external_id, content_hash, raw, size, via, envelope_from, envelope_to, received_at,
         status, cause, detail, trace, verdict, attempts)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, 'pending', '', '', '[]', '{}', 0)
    ON CONFLICT (inbox_id, external_id, content_hash) DO NOTHING
    RETURNING id
    """,
)


def store(
    inbox: Inbox, raw: bytes, *, via: str, envelope_from: str = "", envelope_to: Iterable[str] = ()
) -> tuple[Inbound, bool]:
    """Keep a mail, and ask for it to be worked off; (its row, whether it is new).

    Committed on return, unless the caller has put several into one transaction of its own.

    The same mail delivered again to the same inbox is the row there is: the same Message-ID and the same
    ``fingerprint``, whatever relays have added. By SMTP or LMTP an empty ``envelope_from`` is the null
    sender, which nobody may answer (RFC 3834, 2); otherwise it is unknown.
    """
    return _keep(
        Inbound(
            inbox=inbox,
            external_id=external_id_of(raw),
            content_hash=fingerprint(raw),
            raw=raw,
            via=via,
            envelope_from=printable(envelope_from)[:320],
            envelope_to=[printable(address)[:320] for address in envelope_to],
        )
    )


def keep(
    inbox: Inbox, raw: bytes, *, external_id: str, via: str, conversation: str = "", hurry: bool = True
) -> tuple[Inbound, bool]:
    """Keep what came by another channel than mail: ``store`` for all whose messages have names of their own.

    ``external_id``, at most 500 characters, names the raw message within its inbox: an update's number, a
    client's id. The same one again is the row there is, whatever it says now. ``conversation``: what came in
    one stays in order, where its channel cares. Whoever cannot wait for a worker calls ``settle_now`` next,
    outside this transaction, and needs no worker to ``hurry``: the sweep finds what is left behind.
    """
    return _keep(_row(inbox, raw, external_id, via, conversation), hurry=hurry)


def keep_settled(inbox: Inbox, raw: bytes, *, external_id: str, via: str) -> tuple[Inbound, Settled | None]:
    """``keep`` and ``settle_now`` in one transaction, for whoever says nothing before both are done.

    Where that fails it is kept alone, tried again and in the end set aside, as if it had been kept first; how
    it ended is then in its row, and the second value None. So it is with what we have already.
    """
    row = _row(inbox, raw, external_id, via)
    # Whatever it is, it comes again below, and is told there.
    with suppress(Exception), transaction.atomic():
        if _insert(row):
            return row, settle_kept(row, inbox)
    row, _new = _keep(_row(inbox, raw, external_id, via), hurry=False)
    settle_now(row, inbox)
    return row, None


def _row(inbox: Inbox, raw: bytes, external_id: str, via: str, conversation: str = "") -> Inbound:
    return Inbound(
        inbox=inbox,
        external_id=printable(external_id)[:500],
        raw=raw,
        via=via,
        envelope_from=printable(conversation)[:320],
    )


def _keep(row: Inbound, *, hurry: bool = True) -> tuple[Inbound, bool]:
    with transaction.atomic():
        if _insert(row):
            if hurry:
                ask_on_commit(tasks.drain_inbox, row.inbox_id)
            return row, True
    existing = Inbound.objects.defer("raw").get(
        inbox=row.inbox_id, external_id=row.external_id, content_hash=row.content_hash
    )
    return existing, False


def _insert(row: Inbound) -> bool:
    """Add the row; False if we have it already."""
    row.size = len(row.raw)
    row.received_at = clock.now()
    with connection.cursor() as cursor:
        _INSERT.run(
            cursor,
            [
                row.inbox_id, row.external_id, row.content_hash, bytes(row.raw), row.size, row.via,
                row.envelope_from,
                Inbound._meta.get_field("envelope_to").get_db_prep_value(row.envelope_to, connection),
                row.received_at,
            ],
        )  # fmt: skip
        inserted = cursor.fetchone()
    if inserted is None:
        return False
    row.pk = inserted[0]
    row._state.adding = False
    row._state.db = connection.alias
    return True


def find_inboxes(recipients: Iterable[str]) -> list[Inbox]:
    """The active mail inboxes that envelope recipients lead to, aliases and plus-addresses included."""
    return Directory.load().find(recipients)
