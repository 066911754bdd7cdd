"""What the channels hear of the journal."""

from channels_in import outgoing
from channels_in.acknowledge import acknowledge
from journal.events import Event
from journal.models import Entry
from journal.registry import subscribe_after
from tickets.events import AutomaticPosted, ReplyPosted, TicketOpened


@subscribe_after("outgoing", [ReplyPosted, AutomaticPosted])
def send(entry: Entry, event: Event) -> None:
    assert isinstance(event, ReplyPosted | AutomaticPosted)
    outgoing.plan(entry, event.message_id)


@subscribe_after("acknowledgement", [TicketOpened])
def answer_first_mail(entry: Entry, event: Event) -> None:
    assert isinstance(event, TicketOpened)
    acknowledge(entry, event)
