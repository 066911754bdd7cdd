"""Lists of tickets: keyset pages in a fixed number of queries, and counts that never count far."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BigIntegerField, CharField, F, Field, OrderBy, Q
from django.db.models.expressions import RawSQL

from common import clock
from people.models import Contact, Organization, Team, User
from tickets import conditions
from tickets.conditions.fields import Context
from tickets.models import Brand, ReadMark, Status, Tagging, Ticket, View
from tickets.querysets import TicketQuerySet, user_team_ids

COUNT_LIMIT = 1000  # "999+": beyond it nobody counts either
COUNT_SECONDS = 1

# What a list may be ordered by; ties are broken by number, newest first.
ORDERS = {
    "-active_at": ("active_at", True),
    "active_at": ("active_at", False),
    "-opened_at": ("opened_at", True),
    "opened_at": ("opened_at", False),
    "-priority": ("priority", True),
    "waiting_since": ("waiting_since", False),
    "due_at": ("due_at", False),
    "-resolved_at": ("resolved_at", True),
    "snoozed_until": ("snoozed_until", False),
}
DEFAULT_ORDER = "-active_at"
# Of the columns that may be empty: conditions, as (field, operators, values), which say that they are not.
_FILLED: dict[str, list[tuple[str, set[str], list[Any]]]] = {
    "waiting_since": [("waiting", {"is"}, [True])],
    "due_at": [("due", {"not_empty"}, [None])],
    "snoozed_until": [("snoozed", {"is"}, [True])],
    "resolved_at": [("category", {"is", "in"}, ["resolved", "closed"])],
}
NULLABLE = frozenset({"waiting_since", "due_at", "resolved_at", "snoozed_until"})


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
    read_to: int | None
    tags: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_unread(self) -> bool:
        """Something was written since this reader last looked."""
        return self.last_message_id is not None and self.last_message_id > (self.read_to or 0)


@dataclass(frozen=True)
class ListPage:
    rows: list[Row]
    next: str | None


# Columns of the ticket itself, and names from other tables. Each name is a scalar subquery instead of a
# join: seven joins would cost PostgreSQL 3 to 10 ms of planning for half a millisecond of work.
_OWN = (
    "id", "subject", "snippet", "priority", "category", "channel", "brand_id", "requester_id", "assignee_id",
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


def _rows(tickets: TicketQuerySet, user: User) -> list[Row]:
    """Lines for these tickets, in their order, as ``user`` has read them; tags are still missing."""
    read_to = RawSQL(  # noqa: S611  # constants and a parameter
        f'SELECT message_id FROM "{ReadMark._meta.db_table}"'  # noqa: S608  # constants
        f' WHERE ticket_id = "{Ticket._meta.db_table}".id AND user_id = %s',
        [user.pk],
        output_field=BigIntegerField(),
    )
    values = tickets.annotate(**_names(), read_to=read_to).values(*_OWN, *_NAMES, "requester_name", "read_to")
    return [Row(**row) for row in values]


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


def page(
    user: User,
    tree: dict[str, Any],
    *,
    order: str = DEFAULT_ORDER,
    after: str | None = None,
    limit: int = 50,
) -> ListPage:
    """One page of a list, in a fixed number of queries. ``after`` is the ``next`` of the page before."""
    column, descending = ORDERS.get(order, ORDERS[DEFAULT_ORDER])
    tickets = select(user, tree)
    empties = _may_be_empty(tree, column)
    if after and (cursor := _decode(after, column)):
        tickets = tickets.filter(_beyond(column, descending, *cursor, empties=empties))
    # NULLS LAST only where there are any: elsewhere it would keep PostgreSQL from using the index.
    last = True if descending and column == "resolved_at" else None
    ordered = tickets.order_by(OrderBy(F(column), descending=descending, nulls_last=last), "-pk")
    rows = _rows(ordered[: limit + 1], user)
    more = len(rows) > limit
    rows = rows[:limit]
    _add_tags(rows)
    following = _encode(getattr(rows[-1], column), rows[-1].id) if more else None
    return ListPage(rows, following)


def row_of(user: User, ticket_id: int) -> Row | None:
    """One line by itself, for a list that is told of a change; None when ``user`` may not see it."""
    rows = _rows(Ticket.objects.visible_to(user).filter(pk=ticket_id), user)
    _add_tags(rows)
    return rows[0] if rows else None


def _add_tags(rows: list[Row]) -> None:
    by_id = {row.id: row for row in rows}
    taggings = Tagging.objects.filter(ticket_id__in=list(by_id)).order_by("tag__name")
    for ticket_id, name, colour in taggings.values_list("ticket_id", "tag__name", "tag__colour"):
        by_id[ticket_id].tags.append((name, colour))


def _beyond(column: str, descending: bool, value: Any, pk: int, *, empties: bool) -> Q:
    """What comes after (value, pk) in the order; rows without a value, if there are any, come last."""
    if value is None:
        return Q(**{f"{column}__isnull": True, "pk__lt": pk})
    further = Q(**{f"{column}__{'lt' if descending else 'gt'}": value})
    # The redundant outer bound lets PostgreSQL start the index scan at the cursor.
    bound = Q(**{f"{column}__{'lte' if descending else 'gte'}": value})
    same = Q(**{column: value, "pk__lt": pk})
    result = bound & (further | same)
    return result | Q(**{f"{column}__isnull": True}) if empties else result


def _encode(value: Any, pk: int) -> str:
    plain = value.isoformat() if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(json.dumps([plain, pk]).encode()).decode().rstrip("=")


def _decode(cursor: str, column: str) -> tuple[Any, int] | None:
    """(value, number) of a cursor; None for one that somebody has mangled."""
    try:
        value, pk = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        if value is None:
            return (None, int(pk)) if column in NULLABLE else None
        if column == "priority":
            return (int(value), int(pk))
        moment = datetime.fromisoformat(value)
        return (moment, int(pk)) if moment.tzinfo is not None else None
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


def views_of(user: User) -> list[View]:
    """The views ``user`` has in the navigation: everybody's, their teams' and their own."""
    teams = user_team_ids(user)
    mine = Q(owner=user) | Q(owner=None, team=None) | Q(owner=None, team_id__in=teams)
    return list(View.objects.filter(mine, is_active=True).order_by("position", "pk"))


def counts(user: User, views: Iterable[View]) -> dict[int, int]:
    """How many tickets each view holds, up to ``COUNT_LIMIT``, in one query, cached for a second."""
    views = list(views)
    if not views:
        return {}
    key = f"counts:{user.pk}:{hash(tuple(view.pk for view in views)) & 0xFFFFFFFF:x}"
    cached: dict[int, int] | None = cache.get(key)
    if cached is not None:
        return cached
    parts: list[str] = []
    params: list[Any] = []
    for view in views:
        query = select(user, view.conditions).order_by().values("pk")[:COUNT_LIMIT].query
        try:
            sql, args = query.sql_with_params()
        except EmptyResultSet:  # Django sees that nothing can match: "my teams" of somebody without one
            continue
        parts.append(f"SELECT {int(view.pk)}, (SELECT count(*) FROM ({sql}) AS held)")  # noqa: S608  # Django's SQL
        params += args
    found = {view.pk: 0 for view in views}
    if parts:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), params)
            found |= dict(cursor.fetchall())
    cache.set(key, found, COUNT_SECONDS)
    return found


def statuses() -> list[Status]:
    """All statuses in use, in the order of the table."""
    return list(Status.objects.filter(is_active=True))
