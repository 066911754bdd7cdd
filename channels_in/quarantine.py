"""What an administrator does with mail that was set aside, or discarded: process again, attach, throw away.

Each is idempotent, and written to the journal of the inbox with who did it. Callers check that the person may
(``Permission.MANAGE_INBOXES``) and, for ``attach``, sees the ticket.
"""

from django.db import transaction
from django.utils.translation import gettext as _

from channels_in import draining
from channels_in.directory import Directory
from channels_in.events import InboundAttached, InboundDiscarded, InboundReprocessed
from channels_in.models import Inbound, Inbox
from channels_in.registry import channel
from common import clock
from journal.actor import Actor
from journal.events import Event
from journal.record import record
from tickets.errors import TicketError

ASIDE = (Inbound.Status.QUARANTINED, Inbound.Status.DISCARDED)


class NotAside(TicketError):  # named as its kin in tickets.errors
    """The mail has become a message meanwhile."""

    code = "not_aside"

    def __init__(self) -> None:
        super().__init__(_("This mail is in a ticket already."))


def reprocess(inbound_id: int, *, actor: Actor) -> Inbound:
    """Process a mail again, after the cause was mended. One that is settled otherwise stays as it is.

    It may end in quarantine again; then the row says why.
    """
    with transaction.atomic():
        inbound = _lock(inbound_id)
        if inbound.status not in ASIDE:
            return inbound
        Inbound.objects.filter(pk=inbound_id).update(
            status=Inbound.Status.PENDING,
            cause="",
            detail="",
            trace=[],
            attempts=0,
            not_before=None,
            settled_at=None,
        )
    processed = draining.process(inbound_id)
    with transaction.atomic():
        _record(processed, InboundReprocessed(processed.inbox_id, processed.pk, processed.status), actor)
    return processed


@transaction.atomic
def attach(inbound_id: int, ticket_id: int, *, actor: Actor) -> Inbound:
    """Put a mail into a ticket by hand, whatever threading or the limits said. Raises ``NotAside``.

    What cannot be parsed is attached as its source, cut for reading; the raw mail stays as it is.
    """
    inbound = Inbound.objects.select_for_update(no_key=True).get(pk=inbound_id)
    if inbound.status not in ASIDE:
        if inbound.ticket_id == ticket_id:
            return inbound
        raise NotAside
    directory = Directory.load(with_inbox=inbound.inbox_id)
    kind = channel(directory.inboxes[inbound.inbox_id].kind)
    settled = kind.attach(inbound, directory, ticket_id, actor)
    if settled.message is None:  # no channel may make nothing of it
        raise RuntimeError(f"inbound {inbound_id} was not attached")
    draining.write(inbound, settled)
    message = settled.message
    _record(inbound, InboundAttached(inbound.inbox_id, inbound.pk, message.ticket_id, message.pk), actor)
    return Inbound.objects.defer("raw").get(pk=inbound_id)


@transaction.atomic
def discard(inbound_id: int, *, actor: Actor) -> Inbound:
    """Throw a mail out of the quarantine: it is kept, and can be processed later all the same."""
    inbound = _lock(inbound_id)
    if inbound.status != Inbound.Status.QUARANTINED:
        return inbound
    Inbound.objects.filter(pk=inbound_id).update(
        status=Inbound.Status.DISCARDED, cause="by-hand", settled_at=clock.now()
    )
    _record(inbound, InboundDiscarded(inbound.inbox_id, inbound.pk), actor)
    return Inbound.objects.defer("raw").get(pk=inbound_id)


def _lock(inbound_id: int) -> Inbound:
    return Inbound.objects.select_for_update(no_key=True).defer("raw").get(pk=inbound_id)


def _record(inbound: Inbound, event: Event, actor: Actor) -> None:
    Inbox.objects.select_for_update(no_key=True, of=("self",)).only("pk").get(pk=inbound.inbox_id)
    record(event, actor=actor)
