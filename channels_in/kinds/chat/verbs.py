"""What people do about a chat: take it, end it, go on by mail, rate it, keep somebody out.

Lock order as for every verb: the ticket first, then the session's row. A verb on a session without a ticket
(the bot's talk) has only the row to lock.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from channels_in.events import (
    ChatEnded,
    ChatNotTaken,
    ChatRated,
    ChatTaken,
    VisitorBanned,
    VisitorUnbanned,
)
from channels_in.kinds.chat import lines, sessions
from channels_in.kinds.chat.announce import announce
from channels_in.kinds.chat.talking import address_of
from channels_in.models import ChatBan, ChatLine, ChatSession
from common import clock
from common.statements import Prepared
from common.text import storable
from journal.actor import Actor
from journal.record import record
from people.models import User
from tickets import commands, errors
from tickets.commands.base import survivor_id
from tickets.models import Ticket

log = structlog.get_logger(__name__)

QUEUE = Actor.system("chat-queue")
Stage = ChatSession.Stage

# Surveys, say: called with (session id, score, comment) after the commit.
on_rated: list[Callable[[int, int, str], None]] = []


# As tickets.commands.posting.family_ids, within the one query.
_FAMILY = """
    WITH RECURSIVE family(id) AS (
        SELECT %s::bigint
        UNION
        SELECT child.id FROM tickets_ticket child JOIN family ON child.merged_into_id = family.id
    ) SELECT id FROM family
"""


# Asked with every answer.
_TALK: Prepared[tuple[int, str]] = Prepared(
    lambda ticket: _of_family(ticket).values_list("pk", "stage")[:1], ticket=int
)


def of_ticket(ticket_id: int) -> ChatSession | None:
    """The session whose talk a ticket is, also through what was merged into it; the one heard last."""
    return (
        _of_family(ticket_id).select_related("widget__inbox__brand", "thread__contact", "offered_to").first()
    )


def talk_of(ticket_id: int) -> tuple[int, str] | None:
    """As ``of_ticket``, but only its (number, stage)."""
    return _TALK.first(ticket=ticket_id)


def _of_family(ticket_id: int) -> QuerySet[ChatSession]:
    found = ChatSession.objects.filter(thread__ticket__in=RawSQL(_FAMILY, [ticket_id]))  # noqa: S611  # ours
    return found.order_by("-thread__heard_at", "-pk")


def lock(session_id: int) -> tuple[ChatSession, int | None]:
    """The session's row with its ticket's number, the ticket locked before it."""
    ticket_id = ChatSession.objects.filter(pk=session_id).values_list("thread__ticket", flat=True).first()
    if ticket_id is not None:
        ticket_id = survivor_id(ticket_id)
        Ticket.objects.lock(ticket_id)
    session = ChatSession.objects.select_for_update(no_key=True, of=("self",)).get(pk=session_id)
    return session, ticket_id


@transaction.atomic
def take(session_id: int, *, user: User, says_so: bool = True, at: datetime | None = None) -> ChatSession:
    """``user`` has time for the visitor now: the wait is over, and the ticket is theirs.

    Taking what somebody has taken changes nothing; ``says_so``: the visitor reads who is there.
    """
    session, ticket_id = lock(session_id)
    if session.stage != Stage.WAITING or ticket_id is None:
        return session
    at = at or clock.now()
    waited = int((at - (session.queued_at or at)).total_seconds())
    session.stage = Stage.TALKING
    session.taken_at = at
    session.offered_to = session.pick_up_by = None
    session.save(update_fields=["stage", "taken_at", "offered_to", "pick_up_by"])
    _tell(session)
    if says_so:
        data = {"code": "joined", "name": str(user)}
        lines.add(session.pk, by=ChatLine.By.NOTICE, at=at, data=data)
    commands.assign(ticket_id, to=user, actor=Actor.user(user))
    record(ChatTaken(ticket_id, session.pk, user.pk, max(waited, 0)), actor=Actor.user(user))
    return session


def return_untaken(*, most: int = 200) -> int:
    """Give back to the queue what was offered and not taken in time; returns how many chats."""
    due = ChatSession.objects.filter(pick_up_by__lte=clock.now()).order_by("pick_up_by")
    done = 0
    for session_id in list(due.values_list("pk", flat=True)[:most]):
        try:
            done += _return_one(session_id)
        except Exception:
            log.exception("chat.not_returned", session=session_id)
    return done


@transaction.atomic
def _return_one(session_id: int) -> bool:
    session, ticket_id = lock(session_id)
    if session.pick_up_by is None or session.pick_up_by > clock.now():
        return False  # taken, or given to somebody else, while we waited for the lock
    offered_to = session.offered_to_id
    session.pick_up_by = session.offered_to = None
    session.save(update_fields=["pick_up_by", "offered_to"])
    if session.stage != Stage.WAITING or ticket_id is None or offered_to is None:
        return False
    ticket = Ticket.objects.get(pk=ticket_id)
    if ticket.assignee_id == offered_to:
        commands.assign(ticket_id, to=None, actor=QUEUE)
    last = ChatLine.objects.filter(session=session).order_by("-seq").first()
    if last is None or last.data.get("code") != "again":
        lines.add(session.pk, by=ChatLine.By.NOTICE, at=clock.now(), data={"code": "again"})
    record(ChatNotTaken(ticket_id, session.pk, offered_to), actor=QUEUE)
    return True


@transaction.atomic
def end(session_id: int, *, by: str, actor: Actor, at: datetime | None = None) -> ChatSession:
    """End the talk; the ticket stays as it is. ``by`` as in ``ChatEnded``. What has ended stays so."""
    session, ticket_id = lock(session_id)
    if session.stage not in sessions.GOING_ON:
        return session
    at = at or clock.now()
    had_people = session.stage != Stage.BOT
    _close(session, at)
    data = {"code": "ended"}
    if by == "mail":
        data = {"code": "by-mail", "email": address_of(session)}
    lines.add(session.pk, by=ChatLine.By.NOTICE, at=at, data=data)
    if ticket_id is not None and had_people:
        record(ChatEnded(ticket_id, session.pk, by), actor=actor)
    return session


def _close(session: ChatSession, at: datetime) -> None:
    session.stage = Stage.ENDED
    session.ended_at = at
    session.queued_at = session.offered_to = session.pick_up_by = None
    session.save(update_fields=["stage", "ended_at", "queued_at", "offered_to", "pick_up_by"])
    _tell(session)


def _tell(session: ChatSession) -> None:
    """The visitor's windows, and those whose place in the queue has changed."""
    announce(session.pk, "state")
    announce(session.pk, "queue", session.widget_id)


def go_on_by_mail(session_id: int, *, user: User) -> ChatSession:
    """End the talk so that it goes on by mail. Raises ``Invalid`` where no address is known."""
    session = ChatSession.objects.select_related("thread__contact").get(pk=session_id)
    if not address_of(session):
        raise errors.Invalid("email", _("No e-mail address of this visitor is known."))
    return end(session_id, by="mail", actor=Actor.user(user))


@transaction.atomic
def rate(session_id: int, *, score: int, comment: str = "") -> ChatSession:
    """The visitor's word about the last talk, 1 to 5; the last one counts. Raises ``ValueError``."""
    if isinstance(score, bool) or not isinstance(score, int) or not 1 <= score <= 5:
        raise ValueError("score")
    session, ticket_id = lock(session_id)
    comment = storable(comment).strip()[:2000]
    rated = {"score": score, "comment": comment}
    if ticket_id is None or session.rating == rated:
        return session
    session.rating = rated
    session.save(update_fields=["rating"])
    contact = session.contact
    actor = Actor.contact(contact) if contact else QUEUE
    record(ChatRated(ticket_id, session.pk, score, comment), actor=actor)
    for told in on_rated:
        transaction.on_commit(partial(told, session.pk, score, comment), robust=True)
    return session


@transaction.atomic
def ban(
    session_id: int,
    *,
    user: User,
    reason: str = "",
    with_address: bool = False,
    lasts: timedelta | None = None,
) -> ChatBan:
    """Keep a visitor out: this browser and the person, and ``with_address`` everybody at their network
    address.

    ``lasts``: None is for good; an address is never banned for more than a day, for it is somebody else's
    tomorrow. Their talk ends. Banned already: the ban there is.
    """
    session, ticket_id = lock(session_id)
    known = ChatBan.objects.filter(session=session).first()
    if known is not None:
        return known
    until = clock.now() + lasts if lasts else None
    contact = session.contact
    made = ChatBan.objects.create(
        session=session, contact=contact, reason=storable(reason)[:400], banned_by=user, until=until
    )
    if with_address and session.address:
        day = clock.now() + min(lasts or timedelta(days=1), timedelta(days=1))
        ChatBan.objects.create(address=session.address, reason=made.reason, banned_by=user, until=day)
    session.banned_at = clock.now()
    session.save(update_fields=["banned_at"])
    announce(session.pk, "state")
    if session.stage in sessions.GOING_ON:
        _close(session, clock.now())
    if ticket_id is not None:
        record(VisitorBanned(ticket_id, session.pk, user.pk), actor=Actor.user(user))
    return made


@transaction.atomic
def unban(session_id: int, *, user: User) -> bool:
    """Let a visitor in again; False if they were not kept out."""
    session, ticket_id = lock(session_id)
    bans = ChatBan.objects.filter(session=session)
    if not bans.exists():
        return False
    if session.address:
        ChatBan.objects.filter(address=session.address).delete()
    bans.delete()
    session.banned_at = None
    session.save(update_fields=["banned_at"])
    if ticket_id is not None:
        record(VisitorUnbanned(ticket_id, session.pk, user.pk), actor=Actor.user(user))
    return True


def seen(ticket_id: int) -> None:
    """Somebody at the desk has read the talk: the visitor's window says so."""
    session = of_ticket(ticket_id)
    if session is None or session.agent_seq >= session.last_seq:
        return
    ChatSession.objects.filter(pk=session.pk, agent_seq__lt=session.last_seq).update(
        agent_seq=session.last_seq
    )
    announce(session.pk, "marks", session.last_seq)
