"""Replies that leave at a time: sent when it has come, kept back when the customer has written before.

Each is looked at with its ticket locked, so that of two workers one sends, and a message of the customer is
either there or comes after. What is refused or breaks is kept back with its reason; only
what the database refuses waits for the next sweep.
"""

import structlog
from django.db import DatabaseError, transaction
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from channels_in import replying
from common import clock
from common.locks import alone
from journal.actor import Actor
from people.access import Permission, may
from tickets import errors
from tickets.commands import later as verbs
from tickets.content import Content
from tickets.macros.actions import stored
from tickets.models import LaterReply, Message, Ticket
from tickets.status import in_use

log = structlog.get_logger()

_SPACE = 0x6C617472  # "latr"
ACTOR = Actor.system("later-replies")
_State = LaterReply.State


def sweep() -> int:
    """Keep back what was overtaken, send what is due; returns how many have left."""
    with alone(_SPACE) as mine:
        if not mine:
            return 0
        for later_id in verbs.overtaken():
            _settle(later_id)
        due = LaterReply.objects.filter(state=_State.WAITING, due_at__lte=clock.now())
        ids = list(due.order_by("due_at", "pk").values_list("pk", flat=True)[: verbs.MOST_AT_ONCE])
        return sum(_settle(later_id) for later_id in ids)


def _settle(later_id: int) -> bool:
    try:
        return settle(later_id) is not None
    except DatabaseError:
        # What the database refuses now it may take with the next sweep.
        log.exception("later_reply.not_settled", later=later_id)
    except Exception:
        # Tried again it would break again: its author gets it back, and the log says what it was.
        log.exception("later_reply.broken", later=later_id)
        _refuse_broken(later_id)
    return False


@transaction.atomic
def _refuse_broken(later_id: int) -> None:
    ticket, later, at = verbs.lock(later_id)
    if later.state == _State.WAITING:
        with translation.override(later.user.language or None):
            reason = gettext("Something went wrong on our side")
        verbs.keep_back(ticket, later, _State.REFUSED, actor=ACTOR, at=at, reason=reason)


@transaction.atomic
def settle(later_id: int, *, now: bool = False) -> Message | None:
    """Send it if it is due; keep it back if it was overtaken or may not go. ``now``: its author wants it to
    leave at once, even what was kept back; refused it raises ``TicketError`` and stays as it is."""
    ticket, later, at = verbs.lock(later_id)
    if later.state not in (LaterReply.OPEN if now else (_State.WAITING,)):
        return later.message
    if later.unless_written and not now and verbs.has_written(ticket, later):
        verbs.keep_back(ticket, later, _State.OVERTAKEN, actor=ACTOR, at=at)
        return None
    if not now and later.due_at > clock.now():
        return None
    try:
        with transaction.atomic(), translation.override(later.user.language or None):
            message = _send(ticket, later)
    except errors.TicketError as error:
        if now:
            raise
        verbs.keep_back(ticket, later, _State.REFUSED, actor=ACTOR, at=at, reason=str(error))
        return None
    verbs.mark_sent(later, message)
    return message


def _send(ticket: Ticket, later: LaterReply) -> Message:
    user = later.user
    seen = Ticket.objects.visible_to(user).filter(pk=ticket.pk, is_hidden=False).exists()
    if not user.is_active or not may(user, Permission.REPLY) or not seen:
        raise errors.Invalid("later", gettext_noop("Its author may no longer answer here."))
    written = replying.Written(
        content=Content(text=later.text, html=later.html, subject="", to=later.to, cc=later.cc),
        way=later.way,
        attachment_ids=later.attachments,
        status=later.status and in_use(later.status),
        actions=stored(later.actions),
    )
    return replying.reply(ticket, user, written)
