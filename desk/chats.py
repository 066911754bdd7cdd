"""A ticket's chat as its agent sees it: the visitor beside it, and all of one's chats at a glance."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _

from channels_in.kinds.chat import verbs
from channels_in.kinds.chat.talking import address_of
from channels_in.models import ChatLine, ChatSession
from common import clock
from desk.browsers import browser_words
from people.models import User
from tickets.models import Channel, Ticket
from tickets.readers import ForReader

MOST = 20  # chats in the dock
Stage = ChatSession.Stage
_OWN = ("name", "email", "phone", "topic")  # shown elsewhere, or under words of their own
_LONGEST = 120


@dataclass(frozen=True)
class Page:
    """A page the visitor was on. ``path``: without the site's own name."""

    url: str
    title: str
    path: str
    at: datetime | None


@dataclass(frozen=True)
class Visitor:
    """What the side panel shows of who is on the other side."""

    session: ChatSession
    pages: list[Page]
    mail: str | None = None  # the person's, if it has been asked for already

    @property
    def is_here(self) -> bool:
        return self.session.is_here

    @property
    def page(self) -> Page | None:
        return self.pages[0] if self.pages else None

    @property
    def earlier(self) -> list[Page]:
        return self.pages[1:]

    @property
    def browser(self) -> str:
        return browser_words(self.session.browser)

    @property
    def referrer(self) -> str:
        """Where from, as a site's name; nothing for the site itself."""
        host = urlsplit(self.session.referrer).hostname or ""
        own = urlsplit(self.session.origin).hostname or ""
        return "" if host == own else host

    @property
    def email(self) -> str:
        if self.mail is None:
            return address_of(self.session)
        return self.mail or str(self.session.answers.get("email") or "")

    @property
    def said(self) -> list[tuple[str, str]]:
        """What was collected before the talk and by the bot."""
        words = {"name": _("Name given"), "email": _("E-mail given"), "phone": _("Phone")}
        answers = self.session.answers
        known = [(words[name], answers[name]) for name in ("name", "email", "phone") if answers.get(name)]
        more = [(name, value) for name, value in answers.items() if name not in _OWN and value]
        return [(str(name), str(value)[:500]) for name, value in [*known, *more]]

    @property
    def attributes(self) -> list[tuple[str, str]]:
        return [(str(name), str(value)[:500]) for name, value in self.session.attributes.items()]


def visitor_of(
    ticket: Ticket, known: ChatSession | None = None, *, mail: str | None = None
) -> Visitor | None:
    """The visitor whose talk a ticket is; None for what is no chat. Asks nothing of others, nor of what is
    known: the session, and the person's mail address."""
    if ticket.channel != Channel.CHAT:
        return None
    session = known or verbs.of_ticket(ticket.pk)
    if session is None:
        return None
    return Visitor(session, [_page(one) for one in reversed(session.pages)], mail)


def _page(raw: dict[str, Any]) -> Page:
    url = str(raw.get("url", ""))
    parts = urlsplit(url) if url.startswith(("https://", "http://")) else urlsplit("")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        at = datetime.fromisoformat(str(raw.get("at", "")))
    except ValueError:
        at = None
    return Page(url if parts.netloc else "", str(raw.get("title", "")), path[:_LONGEST], at)


@dataclass(frozen=True)
class Line:
    """One chat in the dock. ``since``: when the visitor began to wait, for a person or an answer."""

    ticket: Ticket
    session: ChatSession
    name: str
    unread: int
    since: datetime | None
    is_mine: bool

    @property
    def is_offered(self) -> bool:
        """Mine to take now, before it goes to somebody else."""
        return self.session.stage == Stage.WAITING


def dock(user: User) -> list[Line]:
    """My chats going on, and those that nobody has yet; who waits longest comes first. One query."""
    lines = [_line(session, user) for session in _DOCK.all(user)]
    far = clock.now()
    lines.sort(key=lambda line: (not line.is_offered, line.since is None, line.since or far))
    return lines[:MOST]


def _dock(reader: User) -> "QuerySet[ChatSession]":
    mine = Q(thread__ticket__assignee=reader)
    free = Q(thread__ticket__assignee=None, stage=Stage.WAITING)
    return (
        ChatSession.objects.filter(stage__in=[Stage.WAITING, Stage.TALKING])
        .filter(mine | free)
        .filter(thread__ticket__in=Ticket.objects.visible_to(reader))
        .select_related("thread__ticket__requester", "thread__contact", "widget__inbox__brand")
        .annotate(
            unread=Count("lines", filter=Q(lines__by=ChatLine.By.VISITOR, lines__seq__gt=F("agent_seq")))
        )
        .order_by("queued_at", "pk")[: MOST * 3]
    )


_DOCK: ForReader[ChatSession] = ForReader(_dock)


def _line(session: Any, user: User) -> Line:
    ticket = session.ticket
    waits = session.queued_at if session.stage == Stage.WAITING else ticket.waiting_since
    return Line(
        ticket=ticket,
        session=session,
        name=session.contact.name or _("Visitor"),
        unread=min(session.unread, 99),
        since=waits,
        is_mine=ticket.assignee_id == user.pk,
    )
