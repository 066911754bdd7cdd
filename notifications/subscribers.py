"""What notifications hear of the journal."""

from datetime import timedelta

from journal.events import Event
from journal.models import Entry
from journal.registry import subscribe_after
from notifications.give import give
from notifications.recipients import told_of
from tickets import events
from tickets.models import Ticket

# What was written down long after it happened was imported or made up for a demonstration.
NEWS = timedelta(days=1)


@subscribe_after(
    "notifications",
    [
        events.TicketAssigned,
        events.TeamChanged,
        events.TicketEscalated,
        events.MessageReceived,
        events.NotePosted,
        events.DeliveryFailed,
        events.ExpertCalled,
        events.NoticeRequested,
    ],
)
def tell(entry: Entry, event: Event) -> None:
    """Notices for whoever is concerned; spam and what was deleted concern nobody."""
    if entry.recorded_at - entry.happened_at > NEWS:
        return
    ticket = Ticket.objects.filter(pk=entry.stream_id, is_spam=False, deleted_at=None).first()
    if ticket is None:
        return
    for told in told_of(entry, event, ticket):
        give(told, entry)
