"""Notices in words, in the reader's language: made when somebody reads them."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from common.statements import Statement
from common.text import one_line
from journal.actor import ActorKind
from notifications.kinds import ICONS, Kind
from notifications.models import Notice
from people.models import User
from tickets.models import Ticket

_COUNTED = {Kind.CUSTOMER_ANSWERED, Kind.NOTED}  # their titles say how many
LONGEST = 200  # characters of what was said


MOST_LISTED = 40  # tickets of one notice; the rest is a number


@dataclass(frozen=True)
class Listed:
    """One of the tickets that a notice is about: its private summary, and what has become of it."""

    ticket: Ticket
    text: str
    what: str | Promise


@dataclass(frozen=True)
class Shown:
    """One notice as it is read: what happened (how often), who did it, in which ticket, what was said.

    Without a ``ticket`` it is about those ``listed``, and ``unlisted`` more; ``is_bulk``: they are the
    reader's now, and in the view of their own tickets.
    """

    pk: int
    kind: str
    icon: str
    title: str
    who: str
    text: str
    ticket: Ticket | None
    at: datetime
    due_at: datetime | None
    times: int
    is_unread: bool
    listed: tuple[Listed, ...] = ()
    unlisted: int = 0
    is_bulk: bool = False


# Asked for every notice that is told to an open page: as a statement it costs a tenth of what the ORM takes.
# A merged contact goes by its survivor's name; what was taken back says nothing.
_NAMES = Statement(
    "notifications_names",
    """
    SELECT 'user', id, name FROM people_user WHERE id = ANY(%s)
    UNION ALL
    SELECT 'contact', contact.id, COALESCE(survivor.name, contact.name)
      FROM people_contact contact LEFT JOIN people_contact survivor ON survivor.id = contact.survivor_id
     WHERE contact.id = ANY(%s)
    UNION ALL
    SELECT 'team', id, name FROM people_team WHERE id = ANY(%s)
    UNION ALL
    SELECT 'text', id, text FROM tickets_message WHERE id = ANY(%s) AND withdrawn_at IS NULL
    """,
)


class Names:
    """The names and texts that some notices mention, all in one query."""

    def __init__(self, notices: Iterable[Notice]) -> None:
        rows = list(notices)
        users = {row.actor_id for row in rows if row.actor_kind == ActorKind.USER}
        users |= {_number(row.data.get("before")) for row in rows}
        contacts = {row.actor_id for row in rows if row.actor_kind == ActorKind.CONTACT}
        teams = {_number(row.data.get("team")) for row in rows}
        messages = {_number(row.data.get("message")) for row in rows}
        asked = [[pk for pk in one if pk] for one in (users, contacts, teams, messages)]
        found: dict[str, dict[int, str]] = {"user": {}, "contact": {}, "team": {}, "text": {}}
        if any(asked):
            with connection.cursor() as cursor:
                _NAMES.run(cursor, asked)
                for what, pk, words in cursor.fetchall():
                    found[what][pk] = words
        self.users, self.contacts = found["user"], found["contact"]
        self.teams, self.texts = found["team"], found["text"]
        self._visible = _visible([row for row in rows if row.ticket_id is None])

    def actor(self, notice: Notice) -> str:
        """Who did it, or went home; empty for a part of the product."""
        if notice.data.get("broadcast"):
            return ""
        if notice.ticket_id is None and not notice.data.get("job"):
            return self.users.get(notice.data.get("before") or 0, _("Somebody who has left"))
        if notice.actor_kind == ActorKind.USER:
            return self.users.get(notice.actor_id or 0, _("Somebody who has left"))
        if notice.actor_kind == ActorKind.CONTACT:
            return self.contacts.get(notice.actor_id or 0, _("Customer"))
        return ""

    def text(self, notice: Notice) -> str:
        """What was said, as the message says it now: what was blacked out or taken back is gone here too."""
        message = _number(notice.data.get("message"))
        said = self.texts.get(message, "") if message else notice.data.get("text")
        return one_line(said, LONGEST) if isinstance(said, str) else ""

    def team(self, notice: Notice) -> str:
        return self.teams.get(_number(notice.data.get("team")) or 0, "")

    def listed(self, notice: Notice) -> list[Listed]:
        """The tickets of a notice about several, as far as its reader may see them now."""
        if notice.ticket_id is not None:
            return []
        visible = self._visible.get(notice.user_id, {})
        return [
            Listed(visible[pk], one_line(visible[pk].summary, LONGEST), words)
            for what, words in _OUTCOMES.items()
            for pk in _ids(notice, what)
            if pk in visible
        ]


def shown(notices: Sequence[Notice]) -> list[Shown]:
    """In a fixed number of queries; their tickets should be loaded."""
    names = Names(notices)
    return [show(notice, names) for notice in notices]


def show(notice: Notice, names: Names) -> Shown:
    listed = names.listed(notice)
    return Shown(
        pk=notice.pk,
        kind=notice.kind,
        icon=ICONS.get(notice.kind, "bell"),
        title=_TITLES[Kind(notice.kind)](notice, names),
        who=names.actor(notice),
        text=names.text(notice),
        ticket=notice.ticket,
        at=notice.at,
        due_at=_moment(notice.data.get("due_at")),
        times=1 if notice.kind in _COUNTED else notice.count,
        is_unread=notice.is_unread,
        listed=tuple(listed[:MOST_LISTED]),
        unlisted=max(0, len(listed) - MOST_LISTED) + _unnamed(notice),
        is_bulk=bool(notice.data.get("job")),
    )


# In the order they are told.
_OUTCOMES: dict[str, str | Promise] = {
    "received": "",
    "queued": _lazy("Back in the queue"),
    "kept": _lazy("Kept by the colleague"),
}


def _unnamed(notice: Notice) -> int:
    """How many more there are than a notice names."""
    return max(0, (_number(notice.data.get("number")) or 0) - len(_ids(notice, "received")))


def _ids(notice: Notice, what: str) -> list[int]:
    return [pk for pk in notice.data.get(what) or [] if isinstance(pk, int)]


def _visible(notices: Iterable[Notice]) -> dict[int, dict[int, Ticket]]:
    """What each reader may see of the tickets that these notices are about, by the one door: a query each."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for notice in notices:
        wanted[notice.user_id] |= {pk for what in _OUTCOMES for pk in _ids(notice, what)}
    readers = User.objects.in_bulk(wanted) if wanted else {}
    return {
        pk: Ticket.objects.visible_to(user).filter(deleted_at=None).in_bulk(wanted[pk])
        for pk, user in readers.items()
    }


def _moment(value: Any) -> datetime | None:
    try:
        return parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _many_assigned(notice: Notice) -> str:
    number = _number(notice.data.get("number")) or 0
    return ngettext(
        "%(number)d ticket was assigned to you", "%(number)d tickets were assigned to you", number
    ) % {"number": number}


def _assigned(notice: Notice, names: Names) -> str:
    return _many_assigned(notice) if notice.data.get("job") else _("Assigned to you")


def _handed_over(notice: Notice, names: Names) -> str:
    if notice.data.get("job"):
        return _many_assigned(notice)
    if notice.ticket_id is None:
        number = len(names.listed(notice))
        return ngettext(
            "%(number)d ticket handed over to you at the end of a shift",
            "%(number)d tickets handed over to you at the end of a shift",
            number,
        ) % {"number": number}
    before = names.users.get(notice.data.get("before") or 0)
    return (
        _("Handed over to you, before with %(name)s") % {"name": before}
        if before
        else _("Handed over to you")
    )


def _answers(notice: Notice, names: Names) -> str:
    return ngettext("New answer", "%(number)d new answers", notice.count) % {"number": notice.count}


def _notes(notice: Notice, names: Names) -> str:
    return ngettext("New note", "%(number)d new notes", notice.count) % {"number": notice.count}


def _to_team(notice: Notice, names: Names) -> str:
    return _("Now with the team %(team)s") % {"team": names.team(notice) or "—"}


def _not_delivered(notice: Notice, names: Names) -> str:
    if notice.data.get("broadcast"):
        number = _number(notice.data.get("number")) or 0
        return ngettext(
            "Your message to all who asked did not reach %(number)d person: something went wrong on our side",
            "Your message to all who asked did not reach %(number)d people: something went wrong on our side",
            number,
        ) % {"number": number}
    whom = ", ".join(str(one) for one in notice.data.get("recipients") or [])
    return _("Not delivered to %(who)s") % {"who": whom} if whom else _("Not delivered")


def _kept_back(notice: Notice, names: Names) -> str:
    if notice.data.get("why") == "overtaken":
        return _("Your reply did not leave: the customer has written")
    return _("Your reply did not leave")


def _warned(notice: Notice, names: Names) -> str:
    match notice.data.get("target"):
        case "first_response":
            return _("The first response is due soon")
        case "next_response":
            return _("The next response is due soon")
        case "resolution":
            return _("The resolution is due soon")
    return _("A promise is due soon")


def _breached(notice: Notice, names: Names) -> str:
    match notice.data.get("target"):
        case "first_response":
            return _("The first response is overdue")
        case "next_response":
            return _("The next response is overdue")
        case "resolution":
            return _("The resolution is overdue")
    return _("A promise is overdue")


def _shift(notice: Notice, names: Names) -> str:
    number = len(names.listed(notice))
    return ngettext(
        "A shift has ended: %(number)d ticket is left",
        "A shift has ended: %(number)d tickets are left",
        number,
    ) % {"number": number}


def _nobody(notice: Notice, names: Names) -> str:
    team = names.team(notice)
    return (
        _("Nobody is free in the team %(team)s") % {"team": team}
        if team
        else _("Nobody is free for a ticket")
    )


_TITLES: dict[Kind, Callable[[Notice, Names], str]] = {
    Kind.ASSIGNED: _assigned,
    Kind.HANDED_OVER: _handed_over,
    Kind.TO_TEAM: _to_team,
    Kind.NEW_TICKET: lambda n, names: _("New ticket in the queue"),
    Kind.CALLED_IN: lambda n, names: _("You are called in"),
    Kind.MENTIONED: lambda n, names: _("You are mentioned"),
    Kind.CUSTOMER_ANSWERED: _answers,
    Kind.NOTED: _notes,
    Kind.DELIVERY_FAILED: _not_delivered,
    Kind.REPLY_KEPT_BACK: _kept_back,
    Kind.SLA_WARNED: _warned,
    Kind.SLA_BREACHED: _breached,
    Kind.PROMISE_BROKEN: lambda n, names: _("A promise was not kept"),
    Kind.NOBODY_AVAILABLE: _nobody,
    Kind.SHIFT_DIGEST: _shift,
    Kind.RULE: lambda n, names: _("From a rule"),
}
