"""What can happen to a ticket. Ids and raw values only; the timeline finds the words."""

from typing import Any

from journal.events import Event, event


@event("ticket")
class TicketOpened(Event):
    ticket_id: int
    brand_id: int
    channel: str
    direction: str
    requester_id: int
    organization_id: int | None
    tier: str
    team_id: int | None
    assignee_id: int | None
    status_id: int
    category: int
    priority: int
    topic_id: int | None
    service_id: int | None
    subject: str


@event("ticket")
class MessageReceived(Event):
    """A customer's public message, or, with ``side_thread_id``, an outsider's answer.

    ``woke``: whether the ticket was snoozed until then; older entries do not say.
    """

    ticket_id: int
    message_id: int
    contact_id: int
    channel: str
    side_thread_id: int | None = None
    is_thanks: bool = False
    woke: bool | None = None


@event("ticket")
class MessageEdited(Event):
    """The customer changed a message of theirs, in a messenger; it opens nothing and no clock sees it."""

    ticket_id: int
    message_id: int


@event("ticket")
class AutomaticReceived(Event):
    """An auto-reply, a bounce, a machine's mail: stored and shown, in no figure."""

    ticket_id: int
    message_id: int
    automatic_kind: str


@event("ticket")
class ReplyPosted(Event):
    """A public message of ours, at the moment of Send; with ``side_thread_id``, to an outsider. ``signed``:
    whether the signature is to stand under it, where it goes by mail."""

    ticket_id: int
    message_id: int
    user_id: int
    channel: str
    side_thread_id: int | None = None
    signed: bool = True


@event("ticket")
class ReplyWithdrawn(Event):
    """Send was undone before the message left: for figures it never was."""

    ticket_id: int
    message_id: int


@event("ticket")
class AutomaticPosted(Event):
    """An automatic message of ours: an acknowledgement, say."""

    ticket_id: int
    message_id: int
    automatic_kind: str


@event("ticket")
class NotePosted(Event):
    """A private note; without ``user_id`` a rule's."""

    ticket_id: int
    message_id: int
    user_id: int | None


@event("ticket")
class ThanksUndone(Event):
    """What was taken for a mere thank-you is a message that wants an answer after all."""

    ticket_id: int
    message_id: int


@event("ticket")
class StatusChanged(Event):
    ticket_id: int
    old_status_id: int
    new_status_id: int
    old_category: int
    new_category: int


@event("ticket")
class TicketAssigned(Event):
    ticket_id: int
    old_assignee_id: int | None
    new_assignee_id: int | None
    team_id: int | None


@event("ticket")
class TeamChanged(Event):
    ticket_id: int
    old_team_id: int | None
    new_team_id: int | None


@event("ticket")
class FieldChanged(Event):
    """Priority, topic, service, subject, requester or organization: ``field`` says which."""

    ticket_id: int
    field: str
    old: Any
    new: Any


@event("ticket")
class TagAdded(Event):
    ticket_id: int
    tag_id: int
    name: str


@event("ticket")
class TagRemoved(Event):
    ticket_id: int
    tag_id: int
    name: str


@event("ticket")
class ParticipantAdded(Event):
    ticket_id: int
    contact_id: int
    in_copy: bool


@event("ticket")
class ParticipantRemoved(Event):
    ticket_id: int
    contact_id: int


@event("ticket")
class FollowerAdded(Event):
    ticket_id: int
    user_id: int


@event("ticket")
class FollowerRemoved(Event):
    ticket_id: int
    user_id: int


@event("ticket")
class ReplyScheduled(Event):
    """A reply is written and leaves at ``due_at``, unless something keeps it back."""

    ticket_id: int
    later_id: int
    user_id: int
    due_at: str


@event("ticket")
class ReplyKeptBack(Event):
    """It does not leave. ``why``: a ``LaterReply.State``; one that is refused has a ``reason``."""

    ticket_id: int
    later_id: int
    user_id: int
    why: str
    reason: str = ""


@event("ticket")
class TicketSnoozed(Event):
    ticket_id: int
    until: str


@event("ticket")
class TicketWoken(Event):
    ticket_id: int


@event("ticket")
class SpamMarked(Event):
    ticket_id: int


@event("ticket")
class SpamUnmarked(Event):
    ticket_id: int


@event("ticket")
class TicketDeleted(Event):
    ticket_id: int


@event("ticket")
class TicketRestored(Event):
    ticket_id: int


@event("ticket")
class TicketMerged(Event):
    """On the ticket that was merged away."""

    ticket_id: int
    into_id: int


@event("ticket")
class TicketUnmerged(Event):
    ticket_id: int
    from_id: int


@event("ticket")
class MergeReceived(Event):
    """On the survivor."""

    ticket_id: int
    merged_id: int


@event("ticket")
class MergeUndone(Event):
    """On the former survivor."""

    ticket_id: int
    merged_id: int


@event("ticket")
class MessagesSplit(Event):
    ticket_id: int
    new_ticket_id: int
    message_ids: list[int]


@event("ticket")
class TicketLinked(Event):
    ticket_id: int
    other_id: int
    link_kind: str


@event("ticket")
class TicketUnlinked(Event):
    ticket_id: int
    other_id: int
    link_kind: str


@event("ticket")
class MessageRedacted(Event):
    ticket_id: int
    message_id: int


@event("ticket")
class AttachmentRedacted(Event):
    ticket_id: int
    message_id: int
    attachment_id: int


@event("ticket")
class SideThreadOpened(Event):
    ticket_id: int
    side_thread_id: int
    contact_id: int


@event("ticket")
class DeliveryFailed(Event):
    """A message of ours did not get there; ``permanent`` when the address is dead."""

    ticket_id: int
    message_id: int
    recipients: list[str]
    status_code: str
    words: str
    permanent: bool


@event("ticket")
class SenderConfirmed(Event):
    """Whoever sent a form has proved, by a link in a mail, that the address they gave is theirs."""

    ticket_id: int
    message_id: int


@event("ticket")
class DeliveryRetried(Event):
    ticket_id: int
    message_id: int


@event("ticket")
class AttributeChanged(Event):
    """A custom field, by its key."""

    ticket_id: int
    key: str
    old: Any
    new: Any


@event("ticket")
class SummaryWritten(Event):
    """The private summary that travels with the ticket; empty when it was removed."""

    ticket_id: int
    text: str


@event("ticket")
class TicketEscalated(Event):
    """To another line, with the reason; ``TeamChanged`` and ``TicketAssigned`` tell what moved."""

    ticket_id: int
    from_team_id: int | None
    to_team_id: int
    line: int
    reason: str


@event("ticket")
class ExpertCalled(Event):
    """Somebody is asked to help without taking the ticket over."""

    ticket_id: int
    user_id: int
    question: str


@event("ticket")
class ExpertReleased(Event):
    ticket_id: int
    user_id: int


@event("ticket")
class NoticeRequested(Event):
    """A reactor wants people told. ``text`` is a person's own words; ``data`` raw values."""

    ticket_id: int
    user_ids: list[int]
    notice_kind: str
    text: str = ""
    data: dict[str, Any] | None = None


@event("ticket")
class WebhookRequested(Event):
    """A reactor wants another system told; ``origin`` says who, e.g. ``rule:12``."""

    ticket_id: int
    webhook_id: int
    origin: str
    data: dict[str, Any] | None = None
