"""When the visitor has gone: what we said follows by mail, and what they said to the bot is not forgotten.

A session's ``follow_at`` says when to look. Lines of ours that the visitor has not read go out together as
one mail of the ticket, at most one in a quarter of an hour; its Message-ID is signed as any, so that the
answer comes back into the ticket.
"""

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.utils import translation
from django.utils.html import escape
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from channels_in import budget
from channels_in.kinds.chat import lines, sessions
from channels_in.kinds.chat.bot import HandOver
from channels_in.kinds.chat.talking import Talk, address_of
from channels_in.models import ChatLine, ChatSession, Inbound
from channels_in.models.chat import GONE_AFTER
from common import clock
from journal.actor import Actor
from tickets import commands, errors
from tickets.commands.base import survivor_id
from tickets.content import Content
from tickets.models import Message, Ticket

log = structlog.get_logger(__name__)

ACTOR = Actor.system("chat-mail")
GAP = timedelta(minutes=15)  # between two mails to one visitor
BOT_PATIENCE = timedelta(minutes=10)  # a visitor who left the bot in the middle is a request all the same
AFTER_MAIL = timedelta(minutes=5)  # between two transcripts
Stage = ChatSession.Stage


def follow_due(*, most: int = 200) -> int:
    """Look at every session whose time has come; returns how many mails and tickets were made."""
    due = ChatSession.objects.filter(follow_at__lte=clock.now()).order_by("follow_at")
    done = 0
    for key in list(due.values_list("key", flat=True)[:most]):
        try:
            done += _follow(key)
        except Exception:
            log.exception("chat.not_followed", session=key)
    return done


@transaction.atomic
def _follow(key: str) -> bool:
    session = sessions.gate(key)
    now = clock.now()
    if session is None or session.follow_at is None or session.follow_at > now:
        return False
    if session.stage == Stage.BOT:
        return _not_forgotten(session, now)
    if session.ticket is not None:  # before the row, as everywhere
        Ticket.objects.lock(survivor_id(session.ticket.pk))
    session = (
        ChatSession.objects.select_for_update(no_key=True, of=("self",))
        .select_related("widget__inbox__brand", "thread__contact", "thread__ticket")
        .get(pk=session.pk)
    )
    unread = _unread(session)
    if not unread or not address_of(session):
        return _look_again(session, None)
    if _is_here(session, now):
        return _look_again(session, now + GONE_AFTER)
    if session.mailed_at is not None and now - session.mailed_at < GAP:
        return _look_again(session, session.mailed_at + GAP)
    return _mail(session, unread, now)


def _look_again(session: ChatSession, at: datetime | None) -> bool:
    session.follow_at = at
    session.save(update_fields=["follow_at"])
    return False


def _is_here(session: ChatSession, now: datetime) -> bool:
    """Or has been within a minute."""
    return now - (session.left_at or session.seen_at) < GONE_AFTER


def _unread(session: ChatSession) -> list[Message]:
    """What people said and the visitor has seen neither here nor by mail."""
    after = max(session.read_seq, session.mailed_seq)
    rows = ChatLine.objects.filter(session=session, seq__gt=after, by=ChatLine.By.AGENT)
    ids = rows.order_by("seq").values_list("message_id", flat=True)
    found = lines.visible_messages().filter(pk__in=list(ids)).select_related("author_user")
    return list(found.prefetch_related("attachments").order_by("created_at", "pk"))


def _mail(session: ChatSession, unread: list[Message], now: datetime) -> bool:
    email = address_of(session)
    with translation.override(_language(session)):
        intro = _("You had left our chat when we answered:")
        outro = _("Just answer this mail, and we go on from here.")
        blocks = [f"{one.author_user or ''}:\n{one.text}" for one in unread]
        html = "".join(_said(one) for one in unread)
        content = Content(
            text="\n\n".join([intro, *blocks, outro]),
            html=f"<p>{escape(intro)}</p>{html}<p>{escape(outro)}</p>",
            to=[{"name": _name(session), "address": email}],
            files=lines.contents_of(unread),
        )
    posted = _post(session, content, "chat-answer")
    session.mailed_seq = session.last_seq
    session.mailed_at = now
    session.follow_at = None
    session.save(update_fields=["mailed_seq", "mailed_at", "follow_at"])
    if posted:
        data = {"code": "mailed", "email": email}
        lines.add(session.pk, by=ChatLine.By.NOTICE, at=now, data=data)
    return posted


def _post(session: ChatSession, content: Content, kind: str) -> bool:
    assert session.ticket is not None  # agents only speak in one
    try:
        commands.post_automatic(
            survivor_id(session.ticket.pk),
            content=content,
            actor=ACTOR,
            automatic_kind=kind,
            channel="email",
        )
    except errors.TicketError as error:
        log.warning("chat.not_mailed", session=session.pk, reason=error.code)
        return False
    return True


def _said(message: Message) -> str:
    body = message.html or f"<p>{escape(message.text)}</p>".replace("\n", "<br>")
    return f"<blockquote><p><b>{escape(str(message.author_user or ''))}</b></p>{body}</blockquote>"


def _not_forgotten(session: ChatSession, now: datetime) -> bool:
    """Somebody said something to the bot in their own words, and has left: people shall see it."""
    if _is_here(session, now):
        return _look_again(session, now + BOT_PATIENCE)
    session.follow_at = None
    session.save(update_fields=["follow_at"])
    said = ChatLine.objects.filter(
        session=session, seq__gt=session.first_seq, by=ChatLine.By.VISITOR, message=None
    )
    if not any("choice" not in row.data for row in said):
        return False
    talk = Talk(session, Inbound(inbox=session.widget.inbox, received_at=now))
    talk.leave_to_people(HandOver("gone"))
    return True


# --- the transcript -----------------------------------------------------------------------------


@transaction.atomic
def send_transcript(session_key: str) -> str:
    """Mail the talk to the visitor; returns to which address. Raises ``Invalid`` with the reason in words.

    Only of a talk in which a person has spoken, and within the budget of automatic mails: anybody can type in
    somebody else's address.
    """
    session = sessions.gate(session_key)
    assert session is not None  # its token has just been read
    email = address_of(session)
    if not email:
        raise errors.Invalid("email", _("Please enter an e-mail address that we can answer to."))
    rows = [
        row
        for row in lines.shown(session, since=session.first_seq)
        if row.get("text") and row["by"] != ChatLine.By.NOTICE
    ]
    if session.ticket is None or not any(row["by"] == ChatLine.By.AGENT for row in rows):
        raise errors.Invalid("email", _("There is nothing to send yet."))
    if budget.take(email) is not None:
        raise errors.Invalid("email", _("This was sent a short while ago."))
    with translation.override(_language(session)):
        mine = _("You")
        bot = _("Bot")
        blocks = []
        for row in rows:
            who = {"visitor": mine, "bot": bot}.get(row["by"], row.get("name", ""))
            at = localtime(datetime.fromisoformat(row["at"])).strftime("%H:%M")
            blocks.append(f"{at} {who}:\n{row['text']}")
        content = Content(
            text="\n\n".join([_("Our chat, as you asked for it:"), *blocks]),
            to=[{"name": _name(session), "address": email}],
        )
    _post(session, content, "transcript")
    return email


def _language(session: ChatSession) -> str:
    contact = session.contact
    return (contact.language if contact else "") or session.language or session.widget.inbox.brand.language


def _name(session: ChatSession) -> str:
    return str(session.answers.get("name") or "")
