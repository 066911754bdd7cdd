"""Verbs for what comes in."""

from datetime import datetime

from django.db import transaction

from common.statements import insert, update
from common.text import one_line
from journal.actor import Actor
from journal.record import record
from people.models import Contact
from tickets import files
from tickets.commands.base import begin, begin_on_survivor, survivor_id
from tickets.commands.fields import move
from tickets.commands.participants import join
from tickets.content import Content
from tickets.events import AutomaticReceived, MessageReceived, ThanksUndone
from tickets.models import Category, Direction, Message, MessageKind, SideThread, Ticket
from tickets.status import default_status
from tickets.thanks import is_thanks

SNIPPET = 200


def snippet_of(content: Content) -> str:
    """How a message begins, for the list; a message of files only shows their names."""
    text = one_line(content.text or content.quoted_text, SNIPPET)
    return text or one_line(", ".join(file.name for file in content.files), SNIPPET)


@transaction.atomic
def receive_message(
    ticket_id: int,
    *,
    content: Content,
    contact: Contact,
    actor: Actor,
    channel: str,
    automatic_kind: str = "",
    side_thread: SideThread | None = None,
    in_copy: bool = True,
    at: datetime | None = None,
) -> Message:
    """Add what somebody outside wrote. An empty one is kept too: nothing that was accepted is lost.

    A customer's message opens a pending, held or solved ticket again and wakes a snoozed one, and makes its
    author a participant. A mere thank-you on a solved ticket reopens nothing (``is_thanks``). With
    ``automatic_kind`` it is a machine's: stored, shown, and no more. With ``side_thread`` it is an
    outsider's answer, which the customer never sees; it marks the ticket active.

    A message to a ticket that was merged away is its own, but what follows happens to the survivor,
    so that undoing the merge takes the message along.
    """
    ticket, at = begin_on_survivor(ticket_id, at)
    content = content.storable()
    automatic = bool(automatic_kind)
    thanks = (
        not automatic
        and side_thread is None
        and ticket.category >= Category.RESOLVED
        and not content.files
        and is_thanks(content.text)
    )
    message = insert(
        Message(
            ticket_id=ticket_id,
            side_thread=side_thread,
            kind=MessageKind.SYSTEM if automatic else MessageKind.MESSAGE,
            direction=Direction.IN,
            channel=channel,
            author_contact=contact,
            author_name=(content.sender or {}).get("name", "")[:200],
            is_automatic=automatic,
            automatic_kind=automatic_kind,
            is_thanks=thanks,
            created_at=at,
            **written(content),
        )
    )
    files.attach(message, content.files)
    counts = not automatic and side_thread is None and not thanks
    woke = counts and ticket.snoozed_until is not None
    _note_arrival(ticket, message, content, at, counts=counts)
    if automatic:
        record(AutomaticReceived(ticket.pk, message.pk, automatic_kind), actor=actor, at=at)
        return message
    record(
        MessageReceived(
            ticket.pk, message.pk, contact.pk, channel, side_thread.pk if side_thread else None, thanks, woke
        ),
        actor=actor,
        at=at,
    )
    if side_thread is None:
        if contact.pk != ticket.requester_id:
            join(ticket, contact, in_copy=in_copy, actor=actor, at=at)
        if not thanks:
            _reopen(ticket, actor=actor, at=at)
    return message


def written(content: Content) -> dict[str, object]:
    """The columns of a message that come from its content."""
    return {
        "subject": content.subject,
        "text": content.text,
        "quoted_text": content.quoted_text,
        "html": content.html,
        "quoted_html": content.quoted_html,
        "remote_images": min(content.remote_images, 32767),
        "sender": content.sender,
        "to": content.to,
        "cc": content.cc,
        "answers": content.answers,
    }


def _note_arrival(ticket: Ticket, message: Message, content: Content, at: datetime, *, counts: bool) -> None:
    """What the list and the read marks need to know; ``counts``: somebody now waits for our answer."""
    ticket.message_count += 1
    ticket.last_message_id = message.pk
    ticket.active_at = max(ticket.active_at, at)
    if message.side_thread_id is None and not message.is_automatic:
        ticket.last_public_id = message.pk
        ticket.snippet = snippet_of(content)
    if counts:
        ticket.waiting_since = ticket.waiting_since or at
        ticket.snoozed_until = None
    update(
        ticket, "message_count", "last_message_id", "active_at", "last_public_id", "snippet",
        "waiting_since", "snoozed_until",
    )  # fmt: skip


def _reopen(ticket: Ticket, *, actor: Actor, at: datetime) -> None:
    if ticket.category not in {Category.NEW, Category.OPEN}:
        move(ticket, default_status(Category.OPEN), actor=actor, at=at)
        if ticket.waiting_since is None:
            ticket.waiting_since = at
            ticket.save(update_fields=["waiting_since"])


@transaction.atomic
def undo_thanks(message_id: int, *, actor: Actor, at: datetime | None = None) -> Message:
    """Treat a message as more than a thank-you after all: the ticket is open again and waits since then."""
    ticket_id = Message.objects.values_list("ticket_id", flat=True).get(pk=message_id)
    ticket, at = begin(survivor_id(ticket_id), at)
    message = Message.objects.get(pk=message_id)
    if not message.is_thanks:
        return message
    message.is_thanks = False
    message.save(update_fields=["is_thanks"])
    record(ThanksUndone(ticket.pk, message.pk), actor=actor, at=at)
    ticket.waiting_since = ticket.waiting_since or message.created_at
    ticket.save(update_fields=["waiting_since"])
    _reopen(ticket, actor=actor, at=at)
    return message
