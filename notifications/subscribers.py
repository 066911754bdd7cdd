"""What notifications hear of the journal."""

from datetime import timedelta

from common.queue import ask_on_commit
from journal.events import Event
from journal.models import Entry
from journal.registry import subscribe_after
from notifications import tasks
from notifications.circle import Circle
from notifications.give import give, take_back
from notifications.kinds import Kind
from notifications.recipients import about_clock, told_of, told_of_broadcast, told_of_bulk, told_of_shift
from notifications.webhooks import commands
from people.events import ShiftDigest
from sla.events import PromiseBroken, SlaBreached, SlaBreachWithdrawn, SlaWarned
from tickets import events
from tickets.bulk.events import TicketsAssigned
from tickets.problem_events import BroadcastEnded

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
        events.ReplyKeptBack,
        events.ExpertCalled,
        events.NoticeRequested,
        SlaWarned,
        SlaBreached,
        PromiseBroken,
        SlaBreachWithdrawn,
        ShiftDigest,
        TicketsAssigned,
        BroadcastEnded,
    ],
)
def tell(entry: Entry, event: Event) -> None:
    """Notices for whoever is concerned; spam and what was deleted concern nobody."""
    if isinstance(event, SlaBreachWithdrawn):
        take_back([event.ticket_id], Kind.SLA_BREACHED, about_clock(event))
        return
    if entry.recorded_at - entry.happened_at > NEWS:
        return
    if isinstance(event, ShiftDigest):
        for told in told_of_shift(event):
            give(told, entry)
        return
    if isinstance(event, TicketsAssigned):
        for told in told_of_bulk(event):
            give(told, entry)
        return
    if isinstance(event, BroadcastEnded):
        for told in told_of_broadcast(event):
            give(told, entry)
        return
    circle = Circle.of(entry.stream_id, entry.data.get("message_id"))
    if circle is None:
        return
    for told in told_of(entry, event, circle):
        give(told, entry)


@subscribe_after("webhooks", [events.WebhookRequested])
def call(entry: Entry, event: Event) -> None:
    """Another system is told, as far as it exists and the ticket is of its brand."""
    assert isinstance(event, events.WebhookRequested)
    if commands.request_call(event, entry) is not None:
        ask_on_commit(tasks.call_webhooks)
