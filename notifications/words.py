"""Notices in words, in the reader's language: made when somebody reads them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.text import one_line
from journal.actor import ActorKind
from notifications.kinds import ICONS, Kind
from notifications.models import Notice
from people.models import Contact, Team, User
from tickets.models import Message, Ticket

_COUNTED = {Kind.CUSTOMER_ANSWERED, Kind.NOTED}  # their titles say how many
LONGEST = 200  # characters of what was said


@dataclass(frozen=True)
class Shown:
    """One notice as it is read: what happened (how often), who did it, in which ticket, what was said."""

    pk: int
    kind: str
    icon: str
    title: str
    who: str
    text: str
    ticket: Ticket
    at: datetime
    due_at: datetime | None
    times: int
    is_unread: bool


class Names:
    """The names and texts that some notices mention, each kind in one query."""

    def __init__(self, notices: Iterable[Notice]) -> None:
        rows = list(notices)
        users = {row.actor_id for row in rows if row.actor_kind == ActorKind.USER}
        users |= {row.data.get("before") for row in rows}
        contacts = {row.actor_id for row in rows if row.actor_kind == ActorKind.CONTACT}
        teams = {_number(row.data.get("team")) for row in rows}
        messages = {_number(row.data.get("message")) for row in rows}
        self.users = _names(User.objects.filter(pk__in=users - {None})) if users - {None} else {}
        self.contacts = _names(Contact.objects.filter(pk__in=contacts - {None})) if contacts - {None} else {}
        self.teams = _names(Team.objects.filter(pk__in=teams - {None})) if teams - {None} else {}
        self.texts: dict[int, str] = {}
        if messages - {None}:
            found = Message.objects.filter(pk__in=messages - {None}, withdrawn_at=None)
            self.texts = dict(found.values_list("pk", "text"))

    def actor(self, notice: Notice) -> str:
        """Who did it; empty for a part of the product."""
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


def shown(notices: Sequence[Notice]) -> list[Shown]:
    """In a fixed number of queries; their tickets should be loaded."""
    names = Names(notices)
    return [show(notice, names) for notice in notices]


def show(notice: Notice, names: Names) -> Shown:
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
    )


def _names(rows: Any) -> dict[int, str]:
    return dict(rows.values_list("pk", "name"))


def _moment(value: Any) -> datetime | None:
    try:
        return parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _handed_over(notice: Notice, names: Names) -> str:
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
    whom = ", ".join(str(one) for one in notice.data.get("recipients") or [])
    return _("Not delivered to %(who)s") % {"who": whom or "—"}


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


def _nobody(notice: Notice, names: Names) -> str:
    team = names.team(notice)
    return (
        _("Nobody is free in the team %(team)s") % {"team": team}
        if team
        else _("Nobody is free for a ticket")
    )


_TITLES: dict[Kind, Callable[[Notice, Names], str]] = {
    Kind.ASSIGNED: lambda n, names: _("Assigned to you"),
    Kind.HANDED_OVER: _handed_over,
    Kind.TO_TEAM: _to_team,
    Kind.NEW_TICKET: lambda n, names: _("New ticket in the queue"),
    Kind.CALLED_IN: lambda n, names: _("You are called in"),
    Kind.MENTIONED: lambda n, names: _("You are mentioned"),
    Kind.CUSTOMER_ANSWERED: _answers,
    Kind.NOTED: _notes,
    Kind.DELIVERY_FAILED: _not_delivered,
    Kind.SLA_WARNED: _warned,
    Kind.SLA_BREACHED: _breached,
    Kind.PROMISE_BROKEN: lambda n, names: _("A promise was not kept"),
    Kind.NOBODY_AVAILABLE: _nobody,
    Kind.SHIFT_DIGEST: lambda n, names: _("A shift has ended"),
    Kind.RULE: lambda n, names: _("From a rule"),
}
