"""What somebody is shown of their notices, and marking them read."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.dateparse import parse_datetime

from common import clock
from notifications.models import Notice
from notifications.words import Shown, shown
from people.models import User
from tickets.commands.posting import family_ids
from tickets.models import Ticket
from tickets.readers import ForReader

MOST = 99  # what the bell's count says at most
PAGE = 30


@dataclass(frozen=True)
class Page:
    """Notices newest first, and where the next page begins."""

    notices: list[Shown]
    next: str = ""


def notices_of(user: User) -> "QuerySet[Notice]":
    """Somebody's notices about tickets that they may (still) see, or about several tickets."""
    own = Notice.objects.filter(user=user, in_desk=True, ticket__deleted_at=None)
    return own if user.sees_all and user.works_at_desk else own.filter(still_theirs(user))


def still_theirs(user: User) -> Q:
    """The door: what is about a ticket they may see. One about several looks at each when it is shown.

    Asked of each notice's own ticket: as "one of all they may see" PostgreSQL first reads every ticket.
    """
    theirs = Ticket.objects.visible_to(user).filter(pk=OuterRef("ticket"))
    return Q(ticket=None) | Q(Exists(theirs))


def unread_count(user: User) -> int:
    """How many are unread, counted to a hundred: a bounded look at a partial index."""
    return len(_UNREAD.all(user))


_UNREAD: ForReader[tuple[int]] = ForReader(
    lambda reader: notices_of(reader).filter(read_at=None).order_by().values_list("pk")[: MOST + 1]
)


def page_of(user: User, *, after: str = "", limit: int = PAGE) -> Page:
    """A page of the list; ``after`` as the page before says it."""
    rows = notices_of(user).select_related("ticket").order_by("-at", "-pk")
    place = _place(after)
    if place is not None:
        at, pk = place
        rows = rows.filter(Q(at__lt=at) | Q(at=at, pk__lt=pk))
    found = list(rows[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return Page(shown(found), _token(found[-1]) if more else "")


def one_of(user: User, notice_id: int) -> Page:
    """A single one as a page, if it is theirs and still theirs to see."""
    return Page(shown(list(notices_of(user).filter(pk=notice_id).select_related("ticket"))))


def mark_read(user: User, notice_id: int) -> int:
    """One of somebody's own; anybody else's does not exist."""
    return _read(Notice.objects.filter(user=user, pk=notice_id))


def mark_all_read(user: User, *, until: datetime | None = None) -> int:
    """All that they can have seen: what came in later than ``until`` stays unread."""
    rows = Notice.objects.filter(user=user, in_desk=True)
    return _read(rows.filter(at__lte=until) if until else rows)


def mark_ticket_read(user: User, ticket_id: int) -> int:
    """Whatever tells of this ticket, or of what was merged into it: they are looking at it."""
    unread = Notice.objects.filter(user=user, read_at=None)
    if not unread.exists():  # the usual case, on a partial index
        return 0
    return _read(unread.filter(ticket_id__in=family_ids(ticket_id)))


def _read(rows: "QuerySet[Notice]") -> int:
    return rows.filter(read_at=None).update(read_at=clock.now())


def _token(notice: Notice) -> str:
    return base64.urlsafe_b64encode(json.dumps([notice.at.isoformat(), notice.pk]).encode()).decode()


def _place(token: str) -> tuple[datetime, int] | None:
    """Where a page begins; None for the first one, and for nonsense."""
    if not token:
        return None
    try:
        at, pk = json.loads(base64.urlsafe_b64decode(token.encode()))
        when = parse_datetime(at)
    except (ValueError, TypeError, binascii.Error):
        return None
    fits = when is not None and when.tzinfo is not None and isinstance(pk, int) and 0 <= pk < 2**63
    return (when, pk) if fits and when is not None else None
