"""Verbs for what we say: replies, notes, automatic messages, side threads."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.crypto import get_random_string

from common.statements import Prepared, insert, update
from common.text import one_line, storable
from journal.actor import Actor
from journal.models import Entry
from journal.record import record
from people.models import Contact, User
from tickets import errors, files
from tickets.commands.base import begin, survivor_id
from tickets.commands.fields import move
from tickets.commands.opening import KEY_ALPHABET
from tickets.commands.receiving import snippet_of, written
from tickets.content import Content
from tickets.events import (
    AutomaticPosted,
    NotePosted,
    ReplyPosted,
    ReplyWithdrawn,
    SideThreadOpened,
    StatusChanged,
)
from tickets.models import Category, Channel, Direction, Message, MessageKind, SideThread, Status, Ticket
from tickets.status import default_status

MAX_WRITTEN = 200_000  # characters a person may write at once


def checked(content: Content, has_uploads: bool) -> Content:
    """What a person may write at once; raises ``Empty`` and ``TooLong``."""
    content = content.storable()
    if content.is_empty and not has_uploads:
        raise errors.Empty
    if len(content.text) > MAX_WRITTEN or len(content.html) > 4 * MAX_WRITTEN:
        raise errors.TooLong(MAX_WRITTEN)
    return content


def newer_public(ticket: Ticket, based_on: int) -> list[int]:
    """Public messages of the conversation newer than the one an author had seen."""
    return list(
        Message.objects.filter(
            ticket_id__in=family_ids(ticket.pk), pk__gt=based_on, side_thread=None, withdrawn_at=None
        )
        .exclude(kind__in=[MessageKind.NOTE, MessageKind.SYSTEM])
        .order_by("pk")
        .values_list("pk", flat=True)
    )


@transaction.atomic
def post_reply(
    ticket_id: int,
    *,
    user: User,
    content: Content,
    channel: str = "",
    attachment_ids: Iterable[int] = (),
    based_on: int | None = None,
    force: bool = False,
    status: Status | None = None,
    side_thread: SideThread | None = None,
    signed: bool = True,
    at: datetime | None = None,
) -> Message:
    """Say something to the customer, or with ``side_thread`` to an outsider. ``signed``: with the signature
    under it, where it goes by mail.

    ``based_on`` is the newest public message its author had seen: if there is a newer one, from the
    customer or a colleague, the reply is refused with ``Collision`` unless ``force``. A new ticket
    becomes open; ``status`` sets another one in the same act.
    """
    ticket, at = begin(ticket_id, at)
    uploads = list(attachment_ids)
    content = checked(content, bool(uploads))
    if based_on is not None and not force and side_thread is None:
        newer = newer_public(ticket, based_on)
        if newer:
            raise errors.Collision(newer)
    actor = Actor.user(user)
    message = insert(
        Message(
            ticket=ticket,
            side_thread=side_thread,
            kind=MessageKind.REPLY,
            direction=Direction.OUT,
            channel=channel or _reply_channel(ticket),
            author_user=user,
            author_name=user.name,
            based_on=based_on,
            created_at=at,
            **written(content),
        )
    )
    files.attach(message, content.files)
    files.take(message, user, uploads)
    ticket.message_count += 1
    ticket.last_message_id = message.pk
    ticket.active_at = max(ticket.active_at, at)
    if side_thread is None:
        ticket.last_public_id = message.pk
        ticket.waiting_since = None
        ticket.snippet = snippet_of(content)
    update(
        ticket, "message_count", "last_message_id", "last_public_id", "active_at", "waiting_since", "snippet"
    )
    outside = side_thread.pk if side_thread else None
    posted = ReplyPosted(ticket.pk, message.pk, user.pk, message.channel, outside, signed)
    record(posted, actor=actor, at=at)
    if status is not None:
        move(ticket, status, actor=actor, at=at)
    elif ticket.category == Category.NEW and side_thread is None:
        move(ticket, default_status(Category.OPEN), actor=actor, at=at)
    return message


_LAST_HEARD: Prepared[tuple[str]] = Prepared(
    lambda ticket: (
        Message.objects.filter(ticket=ticket, kind=MessageKind.MESSAGE, side_thread=None)
        .order_by("-created_at", "-pk")
        .values_list("channel")[:1]
    ),
    ticket=int,
)


def _reply_channel(ticket: Ticket) -> str:
    """Where the customer was heard last; what has no way back of its own is answered by mail."""
    last = _LAST_HEARD.first(ticket=ticket.pk)
    channel = last[0] if last else ticket.channel
    return channel if channel in {Channel.CHAT, Channel.TELEGRAM} else Channel.EMAIL


@transaction.atomic
def post_note(
    ticket_id: int,
    *,
    user: User | None,
    content: Content,
    attachment_ids: Iterable[int] = (),
    actor: Actor | None = None,
    author_name: str = "",
    at: datetime | None = None,
) -> Message:
    """Write something only colleagues see. It changes neither clocks nor status, nor the order of a list.

    Without ``user`` it is a note of ``actor``, a rule say, under ``author_name``; only a person has uploads.
    """
    ticket, at = begin(ticket_id, at)
    uploads = list(attachment_ids)
    content = checked(content, bool(uploads))
    message = Message.objects.create(
        ticket=ticket,
        kind=MessageKind.NOTE,
        direction=Direction.INTERNAL,
        channel=Channel.DESK,
        author_user=user,
        author_name=user.name if user else author_name[:200],
        created_at=at,
        **written(content),
    )
    files.attach(message, content.files)
    if user is not None:
        files.take(message, user, uploads)
    ticket.message_count += 1
    ticket.last_message_id = message.pk
    ticket.touched_at = max(ticket.touched_at or at, at)
    ticket.save(update_fields=["message_count", "last_message_id", "touched_at"])
    author = actor or (Actor.user(user) if user else Actor.system("note"))
    record(NotePosted(ticket.pk, message.pk, user.pk if user else None), actor=author, at=at)
    return message


@transaction.atomic
def post_automatic(
    ticket_id: int,
    *,
    content: Content,
    actor: Actor,
    automatic_kind: str = "acknowledgement",
    channel: str = "",
    at: datetime | None = None,
) -> Message:
    """Send an automatic message to the customer. It is no reply: no figure and no clock sees it.

    By ``channel``; without it where the customer was heard last.
    """
    ticket, at = begin(ticket_id, at)
    message = Message.objects.create(
        ticket=ticket,
        kind=MessageKind.SYSTEM,
        direction=Direction.OUT,
        channel=channel or _reply_channel(ticket),
        is_automatic=True,
        automatic_kind=automatic_kind,
        created_at=at,
        **written(content.storable()),
    )
    files.attach(message, content.files)
    ticket.message_count += 1
    ticket.save(update_fields=["message_count"])
    record(AutomaticPosted(ticket.pk, message.pk, automatic_kind), actor=actor, at=at)
    return message


@transaction.atomic
def withdraw_reply(message_id: int, *, actor: Actor, at: datetime | None = None) -> Message:
    """Take back a reply that has not left yet: for the customer and for all figures it never was.

    The status that it set goes back too, unless somebody has replied or changed the status since. The channel
    must have let go of it first (``channels_in.outgoing.withdraw``).
    """
    ticket_id = Message.objects.values_list("ticket_id", flat=True).get(pk=message_id)
    ticket, at = begin(survivor_id(ticket_id), at)
    message = Message.objects.get(pk=message_id)
    if message.kind != MessageKind.REPLY:
        raise errors.TooLate
    if message.withdrawn_at is not None:
        return message
    message.withdrawn_at = at
    message.save(update_fields=["withdrawn_at"])
    recount(ticket)
    before = _status_before(ticket, message)
    record(ReplyWithdrawn(ticket.pk, message.pk), actor=actor, at=at)
    if before is not None:
        move(ticket, before, actor=actor, at=at, is_checked=True)
        recount(ticket)
    return message


def _status_before(ticket: Ticket, message: Message) -> Status | None:
    """The status before the one that a reply has set, as long as both are the last of their kind."""
    entries = Entry.objects.filter(
        stream_type="ticket", stream_id=ticket.pk, kind__in=[ReplyPosted.kind, StatusChanged.kind]
    )
    last = list(entries.order_by("-sequence")[:2])
    if [entry.kind for entry in last] != [StatusChanged.kind, ReplyPosted.kind]:
        return None
    changed, posted = last
    one_act = all(
        getattr(changed, name) == getattr(posted, name) for name in ("happened_at", "actor_kind", "actor_id")
    )
    if (
        not one_act
        or posted.data["message_id"] != message.pk
        or changed.data["new_status_id"] != ticket.status_id
    ):
        return None
    return Status.objects.filter(pk=changed.data["old_status_id"], is_active=True).first()


def recount(ticket: Ticket) -> None:
    """Derive from the messages what a ticket keeps of them, merged tickets' included."""
    own = Message.objects.filter(ticket_id__in=family_ids(ticket.pk), withdrawn_at=None)
    public = own.filter(side_thread=None).exclude(kind=MessageKind.NOTE)
    ticket.message_count = own.count()
    ticket.last_message_id = own.aggregate(last=Max("pk"))["last"]
    written_by_people = public.exclude(kind=MessageKind.SYSTEM)
    ticket.last_public_id = written_by_people.aggregate(last=Max("pk"))["last"]
    spoken = written_by_people.filter(is_thanks=False)
    last = spoken.order_by("-created_at", "-pk").first()
    ticket.snippet = one_line(last.text or last.quoted_text, 200) if last else ""
    last_reply = (
        spoken.filter(kind=MessageKind.REPLY)
        .order_by("-created_at", "-pk")
        .values_list("created_at", "pk")
        .first()
    )
    unanswered = spoken.filter(kind=MessageKind.MESSAGE)
    if last_reply:
        unanswered = unanswered.filter(created_at__gte=last_reply[0]).exclude(pk__lt=last_reply[1])
    waiting = unanswered.order_by("created_at").values_list("created_at", flat=True).first()
    ticket.waiting_since = waiting if ticket.is_open else None
    ticket.save(
        update_fields=["message_count", "last_message_id", "last_public_id", "snippet", "waiting_since"]
    )


def family_ids(ticket_id: int) -> list[int]:
    """The ticket and all whose ``merged_into`` leads to it: what a conversation shows and counts.

    UNION, not UNION ALL: a ring that should not exist would still end.
    """
    rows = Ticket.objects.raw(
        """
        WITH RECURSIVE family(id) AS (
            SELECT %s::bigint
            UNION
            SELECT child.id FROM tickets_ticket child JOIN family ON child.merged_into_id = family.id
        )
        SELECT id FROM family
        """,
        [ticket_id],
    )
    return [row.pk for row in rows]


@transaction.atomic
def open_side_thread(
    ticket_id: int, *, contact: Contact, subject: str, user: User, at: datetime | None = None
) -> SideThread:
    """Begin to talk with somebody outside about the ticket, unseen by the customer.

    One thread for a contact and subject: asking again gives the one there is.
    """
    ticket, at = begin(ticket_id, at)
    subject = storable(subject).strip()[:400] or ticket.subject
    existing = SideThread.objects.filter(ticket=ticket, contact=contact, subject=subject).first()
    if existing is not None:
        return existing
    side = SideThread.objects.create(
        ticket=ticket,
        contact=contact,
        subject=subject,
        key=get_random_string(12, KEY_ALPHABET),
        created_at=at,
    )
    record(SideThreadOpened(ticket.pk, side.pk, contact.pk), actor=Actor.user(user), at=at)
    return side
