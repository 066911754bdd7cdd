"""The fields that conditions can ask about."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from common.text import fold
from people.models.organization import Tier
from tickets.conditions.patterns import Patience
from tickets.models import Category, Channel, Follower, Priority, Tagging, Ticket

Kind = Literal["choice", "key", "number", "text", "flag", "time", "set", "ids"]


@dataclass(frozen=True)
class Context:
    """Who asks, and when: what "me", "mine" and "older than" mean. Plain data.

    ``patience`` is shared by all patterns that are asked in it; without it each has its own.
    """

    now: datetime
    user_id: int | None = None
    team_ids: tuple[int, ...] = ()
    patience: Patience | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Asked:
    """What snapshots are made for: the instant, and the message in question of a ticket.

    A ticket without one is asked about the customer's last message.
    """

    now: datetime
    message_ids: Mapping[int, int] = field(default_factory=dict)


Load = Callable[[Sequence[Ticket], Asked], Mapping[int, Any]]


@dataclass(frozen=True)
class Field:
    """One field: its key in a snapshot, its type, and how to ask the database.

    ``q(op, value, context)`` is for fields that are no plain column; else ``column`` is compared. A field
    with neither can only be asked of a snapshot. ``load`` gives the values of many tickets at once; without
    it the column's are taken. ``choices`` maps the words used in conditions to stored values, ``names``
    gives what people call them; ``source`` says what a key or a set points to, for type-ahead. ``also`` is a
    second column that a key may stand in. ``is_steady``: what ``q`` makes of a condition depends on nothing
    but the condition and who asks.
    """

    name: str
    label: Any
    kind: Kind
    column: str = ""
    choices: dict[str, Any] | None = None
    nullable: bool = False
    q: Callable[[str, Any, Context], Q] | None = None
    load: Load | None = None
    source: str = ""
    group: str = "ticket"
    names: Mapping[str, Any] | None = None
    also: str = ""
    is_steady: bool = False

    @property
    def is_queryable(self) -> bool:
        """Whether the database can be asked."""
        return bool(self.column) or self.q is not None


FIELDS: dict[str, Field] = {}


def register(field: Field) -> None:
    """Add a field; upper apps call this when they are ready."""
    if field.name in FIELDS:
        raise ValueError(f"two condition fields called {field.name}")
    FIELDS[field.name] = field


def _tags(op: str, value: Any, context: Context) -> Q:
    """Tags by folded name: any of them, or none of them."""
    names = [fold(name) for name in value] if isinstance(value, list) else []
    some = Tagging.objects.filter(ticket=OuterRef("pk"))
    if op in {"empty", "not_empty"}:
        return ~Q(Exists(some)) if op == "empty" else Q(Exists(some))
    some = some.filter(tag__name__folded__in=names)
    return ~Q(Exists(some)) if op == "not_in" else Q(Exists(some))


def _followed(op: str, value: Any, context: Context) -> Q:
    mine = Q(Exists(Follower.objects.filter(ticket=OuterRef("pk"), user_id=context.user_id or 0)))
    return mine if value else ~mine


def _load_requester(tickets: Sequence[Ticket], asked: Asked) -> dict[int, Any]:
    """The person: a merged contact's tickets are its survivor's too, and still its own."""
    return {ticket.pk: keys_of(ticket.requester_id, ticket.requester.survivor_id) for ticket in tickets}


def keys_of(contact_id: int, survivor_id: int | None) -> int | frozenset[int]:
    """What a requester answers to: its key; a merged one's also the survivor's."""
    return contact_id if survivor_id is None else frozenset((contact_id, survivor_id))


def _load_flag(column: str) -> Load:
    def load(tickets: Sequence[Ticket], asked: Asked) -> dict[int, bool]:
        return {ticket.pk: getattr(ticket, column) is not None for ticket in tickets}

    return load


def _flag(column: str) -> Callable[[str, Any, Context], Q]:
    def ask(op: str, value: Any, context: Context) -> Q:
        return Q(**{f"{column}__isnull": not value})

    return ask


def _load_tags(tickets: Sequence[Ticket], asked: Asked) -> dict[int, set[str]]:
    found: dict[int, set[str]] = {ticket.pk: set() for ticket in tickets}
    rows = Tagging.objects.filter(ticket__in=found).values_list("ticket_id", "tag__name")
    for ticket_id, name in rows:
        found[ticket_id].add(fold(name))
    return found


_CATEGORIES = {c.name.lower(): c for c in Category}
_PRIORITIES = {p.name.lower(): p for p in Priority}
_DIRECTIONS = {"in": _("From the customer"), "out": _("Opened by us")}
_CUSTOMER, _TIMES = "customer", "time"

for _field in [
    Field(
        "category",
        _("Status category"),
        "choice",
        "category",
        {name: c.value for name, c in _CATEGORIES.items()},
        names={name: c.label for name, c in _CATEGORIES.items()},
    ),
    Field("status", _("Status"), "key", "status_id", source="statuses"),
    Field(
        "priority",
        _("Priority"),
        "choice",
        "priority",
        {name: p.value for name, p in _PRIORITIES.items()},
        names={name: p.label for name, p in _PRIORITIES.items()},
    ),
    Field(
        "channel",
        _("Channel"),
        "choice",
        "channel",
        {c.value: c.value for c in Channel},
        names={c.value: c.label for c in Channel},
    ),
    Field("direction", _("Direction"), "choice", "direction", {"in": "in", "out": "out"}, names=_DIRECTIONS),
    Field("brand", _("Brand"), "key", "brand_id", source="brands"),
    Field("team", _("Team"), "key", "team_id", nullable=True, source="teams"),
    Field("assignee", _("Assignee"), "key", "assignee_id", nullable=True, source="staff"),
    Field(
        "requester",
        _("Requester"),
        "key",
        "requester_id",
        also="requester__survivor_id",
        load=_load_requester,
        source="contacts",
        group=_CUSTOMER,
    ),
    Field(
        "organization",
        _("Organisation"),
        "key",
        "organization_id",
        nullable=True,
        source="organizations",
        group=_CUSTOMER,
    ),
    Field(
        "tier",
        _("Tier"),
        "text",
        "organization__tier",
        nullable=True,
        source="tiers",
        group=_CUSTOMER,
        names={t.value: t.label for t in Tier},
    ),
    Field("topic", _("Topic"), "key", "topic_id", nullable=True, source="topics"),
    Field("service", _("Service"), "key", "service_id", nullable=True, source="services"),
    Field("problem", _("Problem"), "key", "problem_id", nullable=True, source="problems"),
    Field("language", _("Language"), "text", "language", source="languages"),
    Field("subject", _("Subject"), "text", "subject"),
    Field("tags", _("Tags"), "set", q=_tags, load=_load_tags, source="tags", is_steady=True),
    Field("messages", _("Number of messages"), "number", "message_count"),
    Field("opened", _("Opened"), "time", "opened_at", group=_TIMES),
    Field("active", _("Last activity"), "time", "active_at", group=_TIMES),
    Field("waiting_since", _("Customer waits since"), "time", "waiting_since", nullable=True, group=_TIMES),
    Field("resolved", _("Solved at"), "time", "resolved_at", nullable=True, group=_TIMES),
    Field(
        "waiting",
        _("Waits for our answer"),
        "flag",
        q=_flag("waiting_since"),
        load=_load_flag("waiting_since"),
        group=_TIMES,
        is_steady=True,
    ),
    Field(
        "snoozed",
        _("Snoozed"),
        "flag",
        q=_flag("snoozed_until"),
        load=_load_flag("snoozed_until"),
        group=_TIMES,
        is_steady=True,
    ),
    Field("spam", _("Spam"), "flag", "is_spam"),
    Field("followed", _("Followed by me"), "flag", q=_followed, is_steady=True),
]:
    register(_field)
