"""Filters of an address, and a page of the audit: the same queries however many entries there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from common.text import number
from desk.audit.details import Detail, Details
from desk.audit.sentences import sentence
from desk.audit.things import GROUPS, SORTS, Thing, Things, sort_of, streams_of
from journal import events
from journal.actor import ActorKind
from journal.models import OF_ADMINISTRATION, TAKEN_AWAY, Entry
from people.models import Role, User
from tickets import keyset
from tickets.timeline import Names

PAGE = 50
_KEYS = (keyset.Key("happened_at", "time", descending=True),)


@dataclass(frozen=True)
class Filter:
    """What an address asks for; whatever means nothing is left out."""

    person: int | None = None
    group: str = ""
    since: date | None = None
    until: date | None = None
    thing: tuple[str, int] | None = None

    @property
    def query(self) -> dict[str, str]:
        """As it stands in an address."""
        found = {
            "person": str(self.person or ""),
            "kind": self.group,
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "thing": f"{self.thing[0]}:{self.thing[1]}" if self.thing else "",
        }
        return {name: value for name, value in found.items() if value}


@dataclass(frozen=True)
class Chip:
    words: str
    href: str


@dataclass(frozen=True)
class Line:
    """One change. ``history``: the address of all that happened to the same thing."""

    entry: Entry
    actor: str
    is_person: bool
    words: str
    thing: Thing
    history: str
    details: list[Detail] = field(default_factory=list)


def parse(given: Mapping[str, str]) -> Filter:
    """The filter of an address."""
    group = given.get("kind", "")
    stream, _colon, key = given.get("thing", "").partition(":")
    pk = number(key)
    return Filter(
        person=number(given.get("person")),
        group=group if group in GROUPS else "",
        since=_day(given.get("from", "")),
        until=_day(given.get("to", "")),
        thing=(stream, pk) if pk is not None and stream in SORTS else None,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def page_of_changes(asked: Filter, *, after: str | None) -> tuple[list[Line], str | None]:
    """The newest first, from ``after`` on, the second value of the page before."""
    rows = _chosen(asked)
    if cursor := keyset.decode(_KEYS, after) if after else None:
        rows = rows.filter(keyset.beyond(_KEYS, cursor))
    found = list(rows.order_by(*keyset.ordering(_KEYS))[: PAGE + 1])
    shown = found[:PAGE]
    following = keyset.encode(_KEYS, shown[-1]) if len(found) > PAGE else None
    return _lines(shown), following


def _chosen(asked: Filter) -> QuerySet[Entry]:
    rows = Entry.objects.filter(OF_ADMINISTRATION)
    if asked.person is not None:
        rows = rows.filter(actor_kind=ActorKind.USER, actor_id=asked.person)
    if asked.group:
        rows = rows.filter(kind__in=kinds_of(asked.group))
    if asked.thing is not None:
        rows = rows.filter(stream_type=asked.thing[0], stream_id=asked.thing[1])
    if asked.since is not None:
        rows = rows.filter(happened_at__gte=_midnight(asked.since))
    if asked.until is not None and asked.until < date.max:
        rows = rows.filter(happened_at__lt=_midnight(asked.until + timedelta(days=1)))
    return rows


@lru_cache(maxsize=32)
def kinds_of(group: str) -> Sequence[str]:
    """The kinds of entries of a group; all are registered when the apps are ready."""
    streams = set(streams_of(group))
    if "ticket" in streams:
        return TAKEN_AWAY
    return sorted(kind for kind, cls in events.known().items() if cls.stream_type in streams)


def _midnight(day: date) -> datetime:
    """The day's beginning by the reader's clock."""
    return timezone.make_aware(datetime.combine(day, time()))


def _lines(entries: list[Entry]) -> list[Line]:
    things, details, names = Things(entries), Details(entries), Names(entries)
    found = []
    for entry in entries:
        thing = things.of(entry)
        found.append(
            Line(
                entry=entry,
                actor=names.actor(entry),
                is_person=entry.actor_kind == ActorKind.USER,
                words=sentence(entry, thing.words),
                thing=thing,
                history=urlencode({"thing": f"{entry.stream_type}:{entry.stream_id}"}),
                details=details.of(entry),
            )
        )
    return found


def chips_of(asked: Filter, people: Sequence[User]) -> list[Chip]:
    """What is asked for, each with the address without it."""
    names = {person.pk: person.name for person in people}
    words: dict[str, str] = {}
    if asked.person is not None:
        words["person"] = names.get(asked.person, f"#{asked.person}")
    if asked.group:
        words["kind"] = str(GROUPS[asked.group])
    if asked.since is not None:
        words["from"] = _("from %(day)s") % {"day": date_format(asked.since, "SHORT_DATE_FORMAT")}
    if asked.until is not None:
        words["to"] = _("up to %(day)s") % {"day": date_format(asked.until, "SHORT_DATE_FORMAT")}
    if asked.thing is not None:
        words["thing"] = str(sort_of(asked.thing[0]).noun) % {"name": f"#{asked.thing[1]}"}
    return [
        Chip(text, urlencode({name: value for name, value in asked.query.items() if name != key}))
        for key, text in words.items()
    ]


def people() -> list[User]:
    """Whoever can have changed something, those who have left too."""
    return list(User.objects.exclude(role=Role.CUSTOMER).only("pk", "name", "email").order_by("name", "pk"))


def context_of(asked: Filter, *, after: str | None) -> dict[str, Any]:
    """For desk/settings/audit.html."""
    lines, following = page_of_changes(asked, after=after)
    persons = people()
    query = urlencode(asked.query)
    return {
        "lines": lines,
        "next": urlencode({**asked.query, "after": following}) if following else "",
        "first": f"?{query}" if after else "",
        "asked": {**dict.fromkeys(("person", "kind", "from", "to", "thing"), ""), **asked.query},
        "chips": chips_of(asked, persons),
        "people": persons,
        "groups": GROUPS.items(),
    }
