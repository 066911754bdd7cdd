"""Addresses and numbers that customers mention: reasons to suggest that two contacts are one person.

In a chat, a form or Telegram, anywhere; in a mail, at its end, where signatures stand. A mention is a claim
and no more: "write to my boss" names somebody else, and a person decides.
"""

import re
from contextlib import suppress

from django.conf import settings
from django.db import connection

from channels_in.directory import Directory
from common.statements import Statement
from journal.events import Event
from journal.models import Entry
from journal.registry import subscribe_after
from people.commands.identities import claim_identity
from people.errors import PeopleError
from people.identities import mentioned
from people.models import ClaimSource, User
from tickets.events import MessageReceived
from tickets.models import Channel, Message

_SOURCES: dict[str, str] = {
    Channel.EMAIL: ClaimSource.EMAIL,
    Channel.FORM: ClaimSource.FORM,
    Channel.CHAT: ClaimSource.CHAT,
    Channel.TELEGRAM: ClaimSource.TELEGRAM,
}
_SIGNATURE = 1200  # characters at the end of a mail
_MOST = 3
# Without one of these in it nothing is an address or a number. Looked for in every message there is.
_PERHAPS = re.compile(r"@|\d\D*\d\D*\d")
_TEXT = Statement("tickets_message", "SELECT text FROM tickets_message WHERE id = %s AND redacted_at IS NULL")


def _hears(entry: Entry) -> bool:
    if entry.data.get("side_thread_id") is not None or entry.data["channel"] not in _SOURCES:
        return False
    with connection.cursor() as cursor:
        _TEXT.run(cursor, [entry.data["message_id"]])
        found = cursor.fetchone()
    return found is not None and _PERHAPS.search(found[0]) is not None


@subscribe_after("mentions", [MessageReceived], hears=_hears)
def note_mentions(entry: Entry, event: Event) -> None:
    """Keep what the author of a message seems to be known by elsewhere."""
    assert isinstance(event, MessageReceived)
    message = Message.objects.filter(pk=event.message_id, redacted_at=None).only("text", "sender").first()
    if message is None:
        return
    text = message.text[-_SIGNATURE:] if event.channel == Channel.EMAIL else message.text
    found = mentioned(text, region=settings.PHONE_REGION, most=_MOST)
    if not found:
        return
    directory = Directory.load()
    staff = set(
        User.objects.filter(email__in=[value for _kind, value in found]).values_list("email", flat=True)
    )
    for kind, value in found:
        if value in staff or (kind == "email" and directory.is_own(value)):
            continue
        with suppress(PeopleError):
            claim_identity(
                event.contact_id,
                kind=kind,
                value=value,
                source=_SOURCES[event.channel],
                actor=entry.actor,
                at=entry.happened_at,
            )
