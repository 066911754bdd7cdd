"""What this app does when the journal speaks. Imported when the app is ready."""

from channels_in.events import ChatNotTaken
from journal.events import Event
from journal.models import Entry
from journal.registry import subscribe_after
from routing import chats, events, executor, replies, scheduled, sentences
from sla import events as sla
from tickets import events as tickets

__all__ = ["sentences"]


def _hears(entry: Entry) -> bool:
    """Rules change tags and fields all the time, and hardly any rule waits for that."""
    if entry.kind == events.RuleReplyRequested.kind:
        return True
    return bool(executor.heard(entry)[1]) or scheduled.cancels_any(entry)


@subscribe_after(
    "routing",
    [
        tickets.TicketOpened,
        tickets.MessageReceived,
        tickets.ThanksUndone,
        tickets.ReplyPosted,
        tickets.FieldChanged,
        tickets.AttributeChanged,
        tickets.StatusChanged,
        tickets.TeamChanged,
        tickets.TicketAssigned,
        tickets.TagAdded,
        tickets.TagRemoved,
        sla.SlaWarned,
        sla.SlaBreached,
        sla.PromiseBroken,
        events.RuleTimeReached,
        events.RuleRequested,
        events.RuleReplyRequested,
    ],
    urgent=True,
    hears=_hears,
)
def follow_rules(entry: Entry, event: Event) -> None:
    """First what this cancels, then what rules make of it."""
    if isinstance(event, events.RuleReplyRequested):
        replies.send(entry, event)
        return
    scheduled.cancel_for(entry)
    executor.react(entry)


@subscribe_after("untaken-chats", [ChatNotTaken], urgent=True)
def give_chat_on(entry: Entry, event: Event) -> None:
    assert isinstance(event, ChatNotTaken)
    chats.give_on(entry, event)
