"""The conversation as it is drawn: messages with all that hangs on them, history in thin lines between."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.functional import cached_property

from channels_in.kinds.chat.states import way_of
from channels_in.models import ChatLine, Inbound, Outbound
from common import clock
from common.html import needs_frame
from common.statements import Prepared
from people.models import User
from tickets import files
from tickets.commands.posting import family_ids
from tickets.models import Attachment, Channel, Direction, Message, MessageKind, MessageVersion, Ticket
from tickets.timeline import RECENT, Item, said, timeline

# So many lines of history in a row are folded into one.
FOLD_FROM = 3


@dataclass
class File:
    """An attachment with the address it opens at for the next five minutes."""

    row: Attachment
    user: User

    @property
    def is_image(self) -> bool:
        return self.row.content_type in files.SHOWN

    @cached_property
    def url(self) -> str:
        return files.signed_url(self.row, self.user)

    @cached_property
    def download_url(self) -> str:
        return files.signed_url(self.row, self.user, download=True)


@dataclass
class Shown:
    """One message."""

    message: Message
    files: list[File] = field(default_factory=list)
    outbound: Outbound | None = None
    verdict: dict[str, Any] | None = None
    has_trace: bool = False
    is_new: bool = False
    home_id: int = 0
    way: str = ""  # in a chat: sent, delivered, read or mailed

    kind = "message"

    @property
    def key(self) -> str:
        return f"message-{self.message.pk}"

    @property
    def version(self) -> str:
        """Changes whenever the message would look different; the page swaps only what has a new one."""
        out = self.outbound
        state = f"{out.status}{out.attempts}{len(out.server_words)}" if out else ""
        marks = f"{self.message.redacted_at or ''}{self.message.withdrawn_at or ''}{self.message.is_thanks}"
        edited = f"{self.message.edited_at or ''}{len(self.files)}"
        erased = sum(1 for file in self.files if file.row.redacted_at)
        return f"{state}|{marks}|{edited}|{erased}|{self.mark}|{self.way}"

    @property
    def side(self) -> str:
        """customer, ours, note, or machine."""
        match self.message.kind:
            case MessageKind.NOTE:
                return "note"
            case MessageKind.SYSTEM:
                return "machine"
            case MessageKind.REPLY:
                return "ours"
        return "customer"

    @property
    def author(self) -> str:
        message = self.message
        if message.author_user is not None:
            return str(message.author_user)
        contact = message.author_contact
        return (contact.person.name if contact else "") or message.author_name or self.address or "Otklik"

    @property
    def address(self) -> str:
        return (self.message.sender or {}).get("address", "")

    @property
    def is_incoming(self) -> bool:
        return self.message.direction == Direction.IN

    @property
    def in_frame(self) -> bool:
        return needs_frame(self.message.html) and self.message.author_user_id is None

    @property
    def quoted_in_frame(self) -> bool:
        return needs_frame(self.message.quoted_html)

    @property
    def has_quote(self) -> bool:
        return bool(self.message.quoted_text.strip() or self.message.quoted_html.strip())

    @property
    def versions(self) -> list[MessageVersion]:
        """What it said before its author changed it; asks the database for edited ones only."""
        return list(self.message.versions.all()) if self.message.edited_at else []

    @property
    def leaves_at(self) -> datetime | None:
        """When a reply of ours goes out; the row that sends it may be a moment behind the message."""
        if self.side != "ours" or self.message.withdrawn_at is not None:
            return None
        if self.outbound is not None:
            return self.outbound.not_before if self.outbound.status == Outbound.Status.WAITING else None
        by_mail = self.message.channel in {Channel.EMAIL, Channel.FORM}
        return self.message.created_at + timedelta(seconds=undo_seconds()) if by_mail else None

    @property
    def can_undo(self) -> bool:
        return self.leaves_at is not None and self.leaves_at > clock.now()

    @property
    def mark(self) -> str:
        """What our relay says about the sender: passed, failed or unknown."""
        return str((self.verdict or {}).get("state") or "unknown")


@dataclass
class History:
    """A run of thin lines."""

    items: list[Item]

    kind = "history"

    @property
    def key(self) -> str:
        return f"history-{self.items[0].entry_id}"

    @property
    def version(self) -> str:
        return str(self.items[-1].entry_id)

    @property
    def folded(self) -> bool:
        return len(self.items) >= FOLD_FROM

    @property
    def at(self) -> datetime:
        return self.items[-1].at


@dataclass
class Conversation:
    parts: list[Shown | History]
    earlier: int
    messages: list[Shown]


def shown(messages: Sequence[Message], user: User, *, read_to: int | None, home_id: int) -> dict[int, Shown]:
    """Messages with their files, delivery state and sender's verdict: one query."""
    outbound, verdicts, ways = _carried(messages)
    return {
        message.pk: Shown(
            message=message,
            files=[File(row, user) for row in message.attachments.all() if not _is_inside(row, message)],
            outbound=outbound.get(message.pk),
            verdict=verdicts.get(message.pk),
            has_trace=message.pk in verdicts,
            is_new=(
                read_to is not None
                and message.pk > read_to
                and message.author_user_id != user.pk
                and message.withdrawn_at is None
            ),
            home_id=home_id,
            way=ways.get(message.pk, ""),
        )
        for message in messages
    }


def _carried(
    messages: Sequence[Message],
) -> tuple[dict[int, Outbound], dict[int, dict[str, Any]], dict[int, str]]:
    """What channels know of messages: how they left, what is said of their senders, how far a chat's came."""
    if not messages:
        return {}, {}, {}
    chatted = any(one.channel == Channel.CHAT and one.kind == MessageKind.REPLY for one in messages)
    found: list[Any] = (_CHATTED if chatted else _CARRIED).all(messages=[one.pk for one in messages])
    return (
        {row.pk: row.outbound for row in found if hasattr(row, "outbound")},
        {row.pk: row.raw["said"] for row in found if row.raw is not None},
        {row.pk: way_of(**row.line) for row in found if getattr(row, "line", None)},
    )


def _ways(messages: list[int], *, chatted: bool) -> "QuerySet[Message]":
    raw = Inbound.objects.filter(message=OuterRef("pk")).order_by("pk").values(row=JSONObject(said="verdict"))
    columns = [f"outbound__{field.name}" for field in Outbound._meta.concrete_fields]
    rows = Message.objects.filter(pk__in=messages).select_related("outbound")
    rows = rows.only("pk", *columns).annotate(raw=Subquery(raw[:1]))
    if chatted:
        line = ChatLine.objects.filter(message=OuterRef("pk"), by=ChatLine.By.AGENT).order_by("pk")
        far = JSONObject(
            seq="seq", got="session__got_seq", read="session__read_seq", mailed="session__mailed_seq"
        )
        rows = rows.annotate(line=Subquery(line.values(row=far)[:1]))
    return rows.order_by()


_CARRIED: Prepared[Message] = Prepared(lambda messages: _ways(messages, chatted=False), messages=list)
_CHATTED: Prepared[Message] = Prepared(lambda messages: _ways(messages, chatted=True), messages=list)


def _is_inside(attachment: Attachment, message: Message) -> bool:
    """A picture that the text shows where it stands needs no chip of its own."""
    return bool(attachment.is_inline and attachment.content_id and attachment.content_id in message.html)


def build(
    ticket: Ticket,
    user: User,
    *,
    read_to: int | None,
    everything: bool = False,
    family: Collection[int] | None = None,
) -> Conversation:
    """The conversation of ``ticket`` for ``user``; of a long one the recent part. ``family``: the ticket and
    what was merged into it, if known."""
    tickets = family_ids(ticket.pk) if family is None else family
    messages, before = said(tickets, lately=not everything)
    items = timeline(ticket, messages)
    beyond = 0 if everything else max(0, len(items) - RECENT)
    if before + beyond < FOLD_FROM:
        beyond = 0
    items = items[beyond:]
    drawn = shown([item.message for item in items if item.message], user, read_to=read_to, home_id=ticket.pk)
    return Conversation(list(_fold(items, drawn)), before + beyond, list(drawn.values()))


def _fold(items: Iterable[Item], messages: dict[int, Shown]) -> Iterable[Shown | History]:
    run: list[Item] = []
    for item in items:
        if item.message is None:
            run.append(item)
            continue
        if run:
            yield History(run)
            run = []
        yield messages[item.message.pk]
    if run:
        yield History(run)


def undo_seconds() -> int:
    """How long a reply can be taken back."""
    return int(settings.REPLY_UNDO_SECONDS)
