"""What can happen to an inbox."""

from journal.events import Event, event


@event("inbox")
class MailboxSilent(Event):
    """The mailbox has not answered for five minutes; ``since`` in ISO 8601, ``words`` of the last error."""

    inbox_id: int
    since: str
    words: str


@event("inbox")
class MailboxBack(Event):
    inbox_id: int


@event("inbox")
class InboundQuarantined(Event):
    """A mail could not be processed and was set aside; ``cause`` is a code."""

    inbox_id: int
    inbound_id: int
    cause: str


@event("inbox")
class InboundReprocessed(Event):
    """An administrator had a mail processed again; ``status`` is how it ended this time."""

    inbox_id: int
    inbound_id: int
    status: str


@event("inbox")
class InboundAttached(Event):
    """An administrator put a mail into a ticket by hand."""

    inbox_id: int
    inbound_id: int
    ticket_id: int
    message_id: int


@event("inbox")
class InboundDiscarded(Event):
    """An administrator threw a mail out of the quarantine. It is kept, but makes no ticket."""

    inbox_id: int
    inbound_id: int


@event("inbox")
class BreakerTripped(Event):
    """Too many automatic mails at once: none leaves until somebody resets it, or an hour has passed.

    The stream is number 0: the breaker is one for all inboxes.
    """

    inbox_id: int
    count: int


@event("inbox")
class BreakerReset(Event):
    inbox_id: int


# --- chat: on the ticket that a talk has become -----------------------------------------------


@event("ticket")
class BotSpoke(Event):
    """The bot answered before any person did; ``at`` of its first line in ISO 8601. Once a talk."""

    ticket_id: int
    session_id: int
    at: str


@event("ticket")
class HandedToPerson(Event):
    """From here on a person is waited for. ``reason``: asked, flow, no-answer, gone, or no-bot."""

    ticket_id: int
    session_id: int
    reason: str


@event("ticket")
class ChatTaken(Event):
    """Somebody took the chat, ``waited`` seconds after the visitor had asked for a person."""

    ticket_id: int
    session_id: int
    user_id: int
    waited: int


@event("ticket")
class ChatNotTaken(Event):
    """Whom it was offered to did not take it in time: it goes back to the queue."""

    ticket_id: int
    session_id: int
    user_id: int


@event("ticket")
class ChatEnded(Event):
    """``by``: visitor, agent, mail (it goes on there), gone (nobody answered any more)."""

    ticket_id: int
    session_id: int
    by: str


@event("ticket")
class ChatRated(Event):
    """The visitor's word about the talk: 1 to 5, and what they wrote."""

    ticket_id: int
    session_id: int
    score: int
    comment: str


@event("ticket")
class VisitorBanned(Event):
    ticket_id: int
    session_id: int
    user_id: int


@event("ticket")
class VisitorUnbanned(Event):
    ticket_id: int
    session_id: int
    user_id: int
