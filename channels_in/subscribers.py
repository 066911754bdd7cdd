"""What the channels hear of the journal."""

from channels_in import outgoing
from channels_in.acknowledge import acknowledge
from channels_in.kinds.chat import concerning, reacting, showing
from journal.events import Event
from journal.models import Entry
from journal.registry import subscribe_after, subscribe_inline
from tickets.events import (
    AutomaticPosted,
    MessageReceived,
    ReplyPosted,
    StatusChanged,
    TicketAssigned,
    TicketOpened,
)


@subscribe_after("outgoing", [ReplyPosted, AutomaticPosted], hears=concerning.is_to_be_sent)
def send(entry: Entry, event: Event) -> None:
    assert isinstance(event, ReplyPosted | AutomaticPosted)
    if not showing.is_shown(event.message_id):
        outgoing.plan(entry, event.message_id)


@subscribe_after("acknowledgement", [TicketOpened])
def answer_first_mail(entry: Entry, event: Event) -> None:
    assert isinstance(event, TicketOpened)
    acknowledge(entry, event)


@subscribe_inline(
    "chat-window", [ReplyPosted, AutomaticPosted, MessageReceived, TicketAssigned], reset=showing.forget
)
def show_in_chat(entry: Entry, event: Event) -> None:
    showing.show(entry, event)


@subscribe_after("chat", [ReplyPosted, StatusChanged], urgent=True, hears=concerning.moves_it_on)
def move_chat_on(entry: Entry, event: Event) -> None:
    assert isinstance(event, ReplyPosted | StatusChanged)
    reacting.react(entry, event)
