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
