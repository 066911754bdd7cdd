"""Verbs of the channels: what becomes of a message on its way out, and of a mailbox that stops answering."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from channels_in.events import MailboxBack, MailboxSilent
from channels_in.models import Inbox
from journal.actor import Actor
from journal.models import Entry
from journal.record import record
from tickets.events import DeliveryFailed, DeliveryRetried
from tickets.models import Message, Ticket

SENDER = Actor.system("sender")
MAILBOXES = Actor.system("mailboxes")


@transaction.atomic
def delivery_failed(
    message: Message,
    recipients: Iterable[str],
    *,
    words: str,
    status_code: str = "",
    permanent: bool = True,
    actor: Actor = SENDER,
) -> None:
    """A message of ours did not get to these people, and we try no more.

    ``words`` are the server's, or with a code of ours a source: see ``tickets.undelivered``.
    """
    Ticket.objects.lock(message.ticket_id)
    record(
        DeliveryFailed(message.ticket_id, message.pk, list(recipients), status_code, words[:1000], permanent),
        actor=actor,
    )


@transaction.atomic
def delivery_retried(message: Message, *, actor: Actor) -> None:
    """Somebody asked for another attempt."""
    Ticket.objects.lock(message.ticket_id)
    record(DeliveryRetried(message.ticket_id, message.pk), actor=actor)


@transaction.atomic
def mailbox_silent(inbox_id: int, *, since: datetime, words: str) -> bool:
    """The mailbox has stopped answering. False if that is known already."""
    Inbox.objects.select_for_update(no_key=True, of=("self",)).get(pk=inbox_id)
    if _is_silent(inbox_id):
        return False
    record(MailboxSilent(inbox_id, since.isoformat(), words[:1000]), actor=MAILBOXES)
    return True


@transaction.atomic
def mailbox_back(inbox_id: int) -> bool:
    """The mailbox answers again. False if nobody had been told otherwise."""
    Inbox.objects.select_for_update(no_key=True, of=("self",)).get(pk=inbox_id)
    if not _is_silent(inbox_id):
        return False
    record(MailboxBack(inbox_id), actor=MAILBOXES)
    return True


def _is_silent(inbox_id: int) -> bool:
    """What the journal said last."""
    last = (
        Entry.objects.filter(
            stream_type="inbox", stream_id=inbox_id, kind__in=[MailboxSilent.kind, MailboxBack.kind]
        )
        .order_by("-sequence")
        .values_list("kind", flat=True)
        .first()
    )
    return last == MailboxSilent.kind
