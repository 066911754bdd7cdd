"""By which ways a reply can reach a ticket's customer, and which of them a reply was sent by.

A way is mail, which has its addresses, or a conversation outside (``Thread``). Offered are the person's own:
what any of their contacts has written from, in the ticket's brand. A reply carries the chosen conversation
in ``Message.to`` ({"name", "address", "thread"}), so that draft, undone Send and sender all mean the same.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from channels_in.models import ChatSession, Inbox, Thread
from common import clock
from common.text import number
from people.querysets import family_ids
from tickets.commands.posting import family_ids as ticket_family
from tickets.models import Channel, Ticket

MAIL = "email"
ELSEWHERE_FOR = timedelta(hours=1)  # heard elsewhere so lately, the customer is there now
_TALKING = frozenset({ChatSession.Stage.BOT, ChatSession.Stage.WAITING, ChatSession.Stage.TALKING})
_MOST = 20


@dataclass(frozen=True)
class Way:
    """``key`` names it in forms and drafts: "email" or "thread:12". ``problem``: why it is closed."""

    key: str
    channel: str
    words: str = ""
    problem: str = ""
    heard_at: datetime | None = None
    thread: Thread | None = None

    @property
    def is_open(self) -> bool:
        return not self.problem

    def to(self) -> list[dict[str, Any]]:
        """What a reply by this way has as its recipients; mail has what its author has written."""
        if self.thread is None:
            return []
        person = self.thread.contact.person
        return [{"name": person.name, "address": self.thread.external_id, "thread": str(self.thread.pk)}]


@dataclass(frozen=True)
class Known:
    """What whoever asks for ways has read already: the contacts of the person, the kinds of the brand's
    inboxes in use, whether the person has a thread there, the ticket with all that was merged into it."""

    contact_ids: Collection[int]
    kinds: Collection[str]
    has_threads: bool
    family: Collection[int]


def known_of(ticket: Ticket) -> Known:
    """The same, asked for: three queries."""
    inboxes = Inbox.objects.filter(brand=ticket.brand_id, is_active=True)
    kinds = list(inboxes.values_list("kind", flat=True))
    return Known(family_ids(ticket.requester_id), kinds, has_threads=True, family=ticket_family(ticket.pk))


def ways_of(ticket: Ticket, known: Known | None = None) -> list[Way]:
    """The ways to the customer, mail first; one query at most beside what is ``known``.

    Mail is open as long as the brand has an inbox that sends: any address can be written to. A chat's window
    shows what belongs to its ticket, and so does a group; a private chat of a messenger takes everything.
    """
    known = known or known_of(ticket)
    threads = list(_threads(ticket, known)) if known.has_threads else []
    found = [way for thread in threads if (way := _way(thread, is_here=thread.ticket_id in known.family))]
    mail = Way(
        MAIL, Channel.EMAIL, problem="" if MAIL in known.kinds else _("This brand has no active mail inbox.")
    )
    return [mail, *_waiting_windows(found, mail)]


def _threads(ticket: Ticket, known: Known) -> QuerySet[Thread]:
    rows = Thread.objects.filter(inbox__brand=ticket.brand_id, contact__in=known.contact_ids)
    rows = rows.select_related("inbox", "contact__survivor", "chat_session")
    return rows.order_by("-heard_at", "-pk")[:_MOST]


def _way(thread: Thread, *, is_here: bool) -> Way | None:
    kind = thread.inbox.kind
    if not is_here and (kind != Channel.TELEGRAM or thread.external_id.startswith("-")):
        return None
    name = thread.contact.name if thread.contact.name != thread.contact.person.name else ""
    words = " · ".join(filter(None, [name, thread.inbox.name]))
    way = Way(f"thread:{thread.pk}", kind, words, heard_at=thread.heard_at, thread=thread)
    if not thread.inbox.is_active:
        return replace(way, problem=_("It is switched off."))
    if thread.is_blocked:
        return replace(way, problem=_("The customer has blocked us there."))
    session = getattr(thread, "chat_session", None)
    if kind == Channel.CHAT and (session is None or not _is_reached(session)):
        return replace(way, problem=_("The visitor has left the chat."))
    return way


def _is_reached(session: ChatSession) -> bool:
    """By the window, or by the mail that follows whoever has left it."""
    return session.is_here or session.stage in _TALKING or bool(session.answers.get("email"))


def _waiting_windows(ways: list[Way], mail: Way) -> list[Way]:
    """Where nothing else is open, a chat that was left still is: what we say waits in its window."""
    if mail.is_open or any(way.is_open for way in ways):
        return ways
    return [replace(way, problem="") if way.channel == Channel.CHAT else way for way in ways]


def proposed(ways: Iterable[Way], *, last_channel: str, last_at: datetime | None) -> Way | None:
    """Where the customer is now: where they wrote in this ticket last, unless they have been heard elsewhere
    since, within the hour. None when no way is open.

    ``last_channel`` and ``last_at`` are those of the customer's last message here.
    """
    open_ways = [way for way in ways if way.is_open]
    now = clock.now()
    for way in sorted(
        (one for one in open_ways if one.heard_at), key=lambda one: one.heard_at or now, reverse=True
    ):
        since = way.heard_at and (last_at is None or way.heard_at > last_at)
        if way.channel == last_channel or (since and way.heard_at and now - way.heard_at < ELSEWHERE_FOR):
            return way
    mail = next((way for way in open_ways if way.key == MAIL), None)
    return mail or (open_ways[0] if open_ways else None)


def find(ticket: Ticket, key: str) -> Way | None:
    """The way of this key, if there is one to this ticket's customer, open or closed."""
    return next((way for way in ways_of(ticket) if way.key == key), None)


def chosen_thread(to: Iterable[Mapping[str, Any]]) -> int | None:
    """The key of the conversation that ``Message.to`` names."""
    return next((key for one in to if (key := number(str(one.get("thread", "")))) is not None), None)
