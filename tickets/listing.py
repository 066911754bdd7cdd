"""Lists of tickets: keyset pages in a fixed number of queries, and the views of a reader."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.db import OperationalError, connection, transaction
from django.db.models import BooleanField, CharField, F, Field, FilteredRelation, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from common import clock
from common.statements import Prepared
from people.models import Contact, Organization, Team, User
from people.teams import user_team_ids
from tickets import conditions, keyset, starter
from tickets.conditions.fields import Context
from tickets.keyset import Key
from tickets.known import known_answer
from tickets.models import Brand, Grouping, ReadMark, Status, Tagging, Ticket, Topic, View
from tickets.orders import DEFAULT_ORDER, ORDERS
from tickets.querysets import TicketQuerySet

# A list that people have made themselves may ask anything: it is given so long, and no longer.
PATIENCE = 5.0  # seconds

# Of the columns that may be empty: conditions, as (field, operators, values), which say that they are not.
_FILLED: dict[str, list[tuple[str, set[str], list[Any]]]] = {
    "waiting_since": [("waiting", {"is"}, [True])],
    "due_at": [("due", {"not_empty"}, [None])],
    "snoozed_until": [("snoozed", {"is"}, [True])],
    "resolved_at": [("category", {"is", "in"}, ["resolved", "closed"])],
}
# What a grouped list is ordered by first; the last of them says which group it is.
_GROUPINGS: dict[str, tuple[Key, ...]] = {
    Grouping.STATUS: (Key("category", "number"), Key("status_id", "number")),
    Grouping.ASSIGNEE: (
        Key("assignee__name", "text", nullable=True),
        Key("assignee_id", "number", nullable=True),
    ),
    Grouping.TEAM: (Key("team__name", "text", nullable=True), Key("team_id", "number", nullable=True)),
    Grouping.PRIORITY: (Key("priority", "number", descending=True),),
    Grouping.ORGANIZATION: (
        Key("organization__name", "text", nullable=True),
        Key("organization_id", "number", nullable=True),
    ),
}


_CANCELLED = "57014"  # PostgreSQL's code for a statement that was ended


_STARTERS = {key: (tree, order) for key, _en, _ru, _icon, order, tree in starter.VIEWS}
STEP = 50  # rows: not every length is a statement of its own


class TooSlow(Exception):
    """The database was asked something that takes too long; nothing was read."""


@dataclass(slots=True)
class Row:
    """One line of a list, ready to be shown."""

    id: int
    subject: str
    snippet: str
    priority: int
    category: int
    status_labels: dict[str, str]
    channel: str
    brand_id: int
    brand_name: str
    brand_colour: str
    requester_id: int
    requester_name: str
    status_id: int
    organization_id: int | None
    team_id: int | None
    organization_name: str | None
    tier: str | None
    team_name: str | None
    assignee_id: int | None
    assignee_name: str | None
    opened_at: datetime
    active_at: datetime
    waiting_since: datetime | None
    snoozed_until: datetime | None
    due_at: datetime | None
    resolved_at: datetime | None
    message_count: int
    last_message_id: int | None
    is_spam: bool
    is_unread: bool  # something was written since this reader last looked
    topic_labels: dict[str, str] | None = None
    tags: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class ListPage:
    """``before``: the group of the row before the first one, as [key], when there is such a row."""

    rows: list[Row]
    next: str | None
    before: Sequence[Any] = ()


def group_of(row: Row, grouping: str) -> Any:
    """Which group of a grouped list a row is in: a key, a priority, or None for those without."""
    return getattr(row, _GROUPINGS[grouping][-1].attribute)


# Columns of the ticket itself, and names from other tables. Each name is a scalar subquery instead of a
# join: seven joins would cost PostgreSQL 3 to 10 ms of planning for half a millisecond of work.
_OWN = (
    "id", "subject", "snippet", "priority", "category", "channel", "brand_id", "requester_id", "assignee_id",
    "status_id", "organization_id", "team_id",
    "opened_at", "active_at", "waiting_since", "snoozed_until", "due_at", "resolved_at", "message_count",
    "last_message_id", "is_spam",
)  # fmt: skip
_NAMES = {
    "status_labels": (Status, "labels", "status_id"),
    "brand_name": (Brand, "name", "brand_id"),
    "brand_colour": (Brand, "colour", "brand_id"),
    "organization_name": (Organization, "name", "organization_id"),
    "tier": (Organization, "tier", "organization_id"),
    "team_name": (Team, "name", "team_id"),
    "assignee_name": (User, "name", "assignee_id"),
}


def _names() -> dict[str, RawSQL]:
    """The subqueries for ``_NAMES``: as text, since compiling ORM ones takes as long as running them."""
    ticket = Ticket._meta.db_table
    found = {}
    for name, (model, column, key) in _NAMES.items():
        field = cast("Field[Any, Any]", model._meta.get_field(column))
        sql = f'SELECT "{column}" FROM "{model._meta.db_table}" WHERE id = "{ticket}"."{key}"'  # noqa: S608  # constants
        found[name] = RawSQL(sql, [], output_field=field)  # noqa: S611  # constants
    contact = Contact._meta.db_table
    person = (
        f'SELECT COALESCE(person.name, own.name) FROM "{contact}" own'  # noqa: S608  # constants
        f' LEFT JOIN "{contact}" person ON person.id = own.survivor_id WHERE own.id = "{ticket}".requester_id'
    )
    found["requester_name"] = RawSQL(person, [], output_field=CharField())  # noqa: S611  # constants
    return found


_TOPIC = RawSQL(  # noqa: S611  # constants
    f'SELECT labels FROM "{Topic._meta.db_table}" WHERE id = "{Ticket._meta.db_table}".topic_id',  # noqa: S608  # constants
    [],
    output_field=cast("Field[Any, Any]", Topic._meta.get_field("labels")),
)


def _values(tickets: TicketQuerySet, user: User, *, topics: bool = False) -> "QuerySet[Any, dict[str, Any]]":
    """What the lines of these tickets are made of, as ``user`` has read them; tags are still missing."""
    table = Ticket._meta.db_table
    is_unread = RawSQL(  # noqa: S611  # constants and a parameter
        f'COALESCE("{table}".last_message_id > COALESCE((SELECT message_id FROM "{ReadMark._meta.db_table}"'  # noqa: S608  # constants
        f' WHERE ticket_id = "{table}".id AND user_id = %s), 0), false)',
        [user.pk],
        output_field=BooleanField(),
    )
    further = {"is_unread": is_unread, **({"topic_labels": _TOPIC} if topics else {})}
    return tickets.annotate(**_names(), **further).values(*_OWN, *_NAMES, "requester_name", *further)


def context_of(user: User) -> Context:
    """What "me", "mine" and ages mean to this reader now."""
    return Context(clock.now(), user.pk, tuple(user_team_ids(user)))


def select(user: User, tree: dict[str, Any], context: Context | None = None) -> TicketQuerySet:
    """The tickets a condition tree selects for ``user``, through the door; now, if no context is given.

    Hidden ones (spam, merged) only where the conditions ask about spam themselves.
    """
    tickets = Ticket.objects.visible_to(user).filter(conditions.to_q(tree, context or context_of(user)))
    if not _mentions(tree, "spam"):
        return tickets.filter(is_hidden=False)
    tickets = tickets.filter(merged_into=None)
    # Spam is hidden anyway: said in so many words, its index can be used.
    return tickets.filter(is_hidden=True) if _demands(tree, "spam", {"is"}, [True]) else tickets


def _mentions(tree: dict[str, Any], name: str) -> bool:
    children = tree.get("all") or tree.get("any") or []
    return tree.get("field") == name or any(_mentions(child, name) for child in children)


def _demands(tree: dict[str, Any], name: str, operators: set[str], values: list[Any]) -> bool:
    """Whether the outermost group admits nothing but these values of a field."""
    for leaf in (tree, *tree.get("all", [])):
        if leaf.get("field") == name and leaf.get("op") in operators:
            asked = leaf.get("value")
            if all(value in values for value in (asked if isinstance(asked, list) else [asked])):
                return True
    return False


def _may_be_empty(tree: dict[str, Any], column: str) -> bool:
    return column in _FILLED and not any(_demands(tree, *condition) for condition in _FILLED[column])


def _keys(tree: dict[str, Any], order: str, grouping: str) -> tuple[Key, ...]:
    column, descending = ORDERS.get(order, ORDERS[DEFAULT_ORDER])
    own = Key(
        column,
        "number" if column == "priority" else "time",
        descending,
        nullable=_may_be_empty(tree, column),
        nulls_last=descending and column == "resolved_at",
    )
    if column == "due_at" and own.nullable:
        # Those without a clock come after the others, by who waits longest.
        return (*_GROUPINGS.get(grouping, ()), own, Key("waiting_since", "time", nullable=True))
    return (*_GROUPINGS.get(grouping, ()), own)


def page(
    user: User,
    tree: dict[str, Any],
    *,
    order: str = DEFAULT_ORDER,
    grouping: str = "",
    topics: bool = False,
    after: str | None = None,
    limit: int = 50,
    passing: bool = False,
) -> ListPage:
    """One page of a list, in a fixed number of queries. ``after`` is the ``next`` of the page before.

    ``grouping``: see ``Grouping``; each group is together, in the list's order. ``topics``: with their names.
    ``passing``: a list that somebody has put together for the moment, not worth making up once for all.
    """
    keys = _keys(tree, order, grouping)
    cursor = keyset.decode(keys, after) if after else None
    whole = limit + -limit % STEP + 1
    known = cursor is None and not passing
    first = _first_rows(user, tree, keys, topics, whole) if known else None
    if first is not None:
        rows = [Row(**row) for row in first]
    else:
        tickets = select(user, tree)
        if cursor is not None:
            tickets = tickets.filter(keyset.beyond(keys, cursor))
        tickets = tickets.order_by(*keyset.ordering(keys))[: limit + 1]
        rows = [Row(**row) for row in _values(tickets, user, topics=topics)]
    more = len(rows) > limit
    rows = rows[:limit]
    _add_tags(rows)
    before = () if cursor is None or grouping not in _GROUPINGS else (cursor[len(_GROUPINGS[grouping]) - 1],)
    return ListPage(rows, keyset.encode(keys, rows[-1]) if more else None, before)


def _first_rows(
    user: User, tree: dict[str, Any], keys: tuple[Key, ...], topics: bool, rows: int
) -> list[dict[str, Any]] | None:
    """The first ``rows`` of a list, without making up its statement again."""

    def build(reader: User) -> "QuerySet[Any, Any]":
        tickets = select(reader, tree).order_by(*keyset.ordering(keys))[:rows]
        return _values(tickets, reader, topics=topics)

    return known_answer(user, ("rows", repr(tree), keys, topics, rows), [tree], build)


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let no statement in here take longer; raises ``TooSlow`` when one does."""
    inner = connection.in_atomic_block  # whatever comes after us in that transaction has its time again
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            limit = str(max(int(seconds * 1000), 1))
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [limit])
            yield
            if inner:
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", "") != _CANCELLED:
            raise
        raise TooSlow from error


_TAGS: Prepared[tuple[int, str, str]] = Prepared(
    lambda tickets: (
        Tagging.objects.filter(ticket_id__in=tickets)
        .order_by("tag__name")
        .values_list("ticket_id", "tag__name", "tag__colour")
    ),
    tickets=list,
)


def _add_tags(rows: list[Row]) -> None:
    by_id = {row.id: row for row in rows}
    if by_id:
        for ticket_id, name, colour in _TAGS.all(tickets=list(by_id)):
            by_id[ticket_id].tags.append((name, colour))


def known_views(user: User) -> list[View]:
    """All views ``user`` has: everybody's, their teams' and their own, in the order they put them into; those
    they never placed come after. ``is_hidden`` says which they do not want in their navigation.
    """
    return _VIEWS.all(user=user.pk, teams=user_team_ids(user))


def _views(user: int, teams: list[int]) -> "QuerySet[View]":
    mine = Q(owner=user) | Q(owner=None, team=None) | Q(owner=None, team_id__in=teams)
    views = View.objects.filter(mine, is_active=True).annotate(
        place=FilteredRelation("places", condition=Q(places__user=user)),
        is_hidden=Coalesce(F("place__is_hidden"), False),
        own_position=F("place__position"),
    )
    return views.order_by(F("own_position").asc(nulls_last=True), "position", "pk")


_VIEWS: Prepared[View] = Prepared(_views, user=int, teams=list)


def views_of(user: User) -> list[View]:
    """The views ``user`` has in the navigation: ``known_views`` without the hidden ones."""
    return [view for view in known_views(user) if not is_hidden(view)]


def is_hidden(view: View) -> bool:
    """Whether one of ``known_views`` is to stay out of its reader's navigation."""
    return bool(getattr(view, "is_hidden", False))


def is_quick(view: View) -> bool:
    """Whether it is a starter view as it was made: its list and its number have an index."""
    return bool(view.key) and _STARTERS.get(view.key) == (view.conditions, view.order) and not view.grouping


def statuses() -> list[Status]:
    """All statuses in use, in the order of the table."""
    return list(Status.objects.filter(is_active=True))
