"""Verbs for replies that leave at a time.

What is kept back stays on the ticket until its author takes it up or throws it away: nothing written is lost.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.html import linebreaks
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from journal.actor import Actor
from journal.record import moment, record
from people.models import User
from tickets import errors
from tickets.commands.base import begin, survivor_id
from tickets.commands.posting import checked, family_ids, newer_public
from tickets.content import Content
from tickets.drafts import save_draft
from tickets.events import ReplyKeptBack, ReplyScheduled
from tickets.models import Draft, LaterReply, Message, MessageKind, Status, Ticket

LONGEST = timedelta(days=366)
MOST = 10  # that wait on one ticket
MOST_AT_ONCE = 200

_State = LaterReply.State
_HEARD: dict[str, Any] = {"kind": MessageKind.MESSAGE, "side_thread": None}


@transaction.atomic
def schedule_reply(
    ticket_id: int,
    *,
    user: User,
    content: Content,
    due_at: datetime,
    unless_written: bool = True,
    way: str = "",
    attachment_ids: Iterable[int] = (),
    status: Status | None = None,
    actions: Iterable[Mapping[str, Any]] = (),
    based_on: int | None = None,
    force: bool = False,
    at: datetime | None = None,
) -> LaterReply:
    """Let a reply of ``user`` leave at ``due_at``.

    With ``unless_written`` a message of the customer that comes before keeps it back. ``way``, ``status`` and
    ``actions`` are kept as they are and looked at when it leaves; ``based_on`` and ``force`` as for
    ``post_reply``. Raises ``Invalid`` for a time that is over or more than a year away, ``Empty``,
    ``TooLong``, ``Collision``, and ``Invalid`` when ten wait already.
    """
    ticket, at = begin(ticket_id, at)
    uploads = list(attachment_ids)
    content = checked(content, bool(uploads))
    if not at < due_at <= at + LONGEST:
        raise errors.Invalid("later", _("Choose a time that is still to come, within a year."))
    if LaterReply.objects.filter(ticket=ticket, state=_State.WAITING).count() >= MOST:
        raise errors.Invalid(
            "later", gettext_noop("At most %(limit)d replies can wait on one ticket."), limit=MOST
        )
    if based_on is not None and not force and (newer := newer_public(ticket, based_on)):
        raise errors.Collision(newer)
    later = LaterReply.objects.create(
        ticket=ticket,
        user=user,
        text=content.text,
        html=content.html,
        to=content.to,
        cc=content.cc,
        way=way[:24],
        attachments=uploads,
        status=status,
        actions=list(actions),
        due_at=due_at,
        unless_written=unless_written,
        created_at=at,
    )
    record(ReplyScheduled(ticket.pk, later.pk, user.pk, due_at.isoformat()), actor=Actor.user(user), at=at)
    return later


@transaction.atomic
def take_back(later_id: int, *, actor: Actor, at: datetime | None = None) -> LaterReply:
    """Keep it from leaving, or take up what was kept back: its text is its author's draft again, below what
    they have written meanwhile. One that has left raises ``TooLate``."""
    ticket, later, at = lock(later_id, at)
    if later.state == _State.SENT:
        raise errors.TooLate
    if later.state in LaterReply.OPEN:
        _to_draft(ticket, later)
        keep_back(ticket, later, _State.TAKEN_BACK, actor=actor, at=at)
    return later


@transaction.atomic
def drop_later(later_id: int, *, actor: Actor, at: datetime | None = None) -> LaterReply:
    """Throw it away. One that has left raises ``TooLate``."""
    ticket, later, at = lock(later_id, at)
    if later.state == _State.SENT:
        raise errors.TooLate
    if later.state in LaterReply.OPEN:
        keep_back(ticket, later, _State.DROPPED, actor=actor, at=at)
    return later


def lock(later_id: int, at: datetime | None = None) -> tuple[Ticket, LaterReply, datetime]:
    """The reply, with the ticket that it is on now: first that one is locked, as by every verb."""
    found = LaterReply.objects.values_list("ticket_id", flat=True).get(pk=later_id)
    ticket, at = begin(survivor_id(found), at)
    return ticket, LaterReply.objects.select_for_update(of=("self",)).get(pk=later_id), at


def keep_back(
    ticket: Ticket, later: LaterReply, state: str, *, actor: Actor, at: datetime, reason: str = ""
) -> None:
    """It does not leave. Its author finds it on the ticket, until they take it up or throw it away."""
    later.state = state
    later.reason = reason[:400]
    later.ended_at = at
    later.save(update_fields=["state", "reason", "ended_at"])
    record(ReplyKeptBack(ticket.pk, later.pk, later.user_id, state, later.reason), actor=actor, at=at)


def _to_draft(ticket: Ticket, later: LaterReply) -> None:
    mine = Draft.objects.filter(ticket=ticket, user=later.user, kind="reply").first()
    html = later.html or linebreaks(later.text, autoescape=True)
    if mine is not None and mine.html:
        html = f"{mine.html}<div><br></div>{html}"
    save_draft(
        ticket,
        later.user,
        kind="reply",
        html=html,
        to=(mine.to if mine else None) or later.to,
        cc=(mine.cc if mine else None) or later.cc,
        attachments=[*(mine.attachments if mine else []), *later.attachments],
        based_on=ticket.last_public_id,
        way=(mine.way if mine else "") or later.way,
        actions=(mine.actions if mine else None) or later.actions,
    )


def mark_sent(later: LaterReply, message: Message, *, at: datetime | None = None) -> None:
    """What has become of it; the message's own entry tells the rest."""
    later.state = _State.SENT
    later.message = message
    later.ended_at = moment("ticket", message.ticket_id, at)
    later.save(update_fields=["state", "message", "ended_at"])


def has_written(ticket: Ticket, later: LaterReply) -> bool:
    """Whether the customer has, since it was scheduled, here or in what is merged into the ticket."""
    heard = Message.objects.filter(ticket__in=family_ids(ticket.pk), **_HEARD)
    return heard.filter(created_at__gt=later.created_at).exists()


def overtaken() -> list[int]:
    """Those that a message of the customer has overtaken, not kept back yet; a query over what waits."""
    heard = Message.objects.filter(
        Q(ticket=OuterRef("ticket")) | Q(ticket=OuterRef("ticket__merged_into")),
        created_at__gt=OuterRef("created_at"),
        **_HEARD,
    )
    rows = LaterReply.objects.filter(state=_State.WAITING, unless_written=True).filter(Exists(heard))
    return list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])
