"""The fields that conditions can ask about."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from common.text import fold
from tickets.models import Category, Channel, Follower, Priority, Tagging

Kind = Literal["choice", "key", "number", "text", "flag", "time", "set"]


@dataclass(frozen=True)
class Context:
    """Who asks, and when: what "me", "mine" and "older than" mean. Plain data."""

    now: datetime
    user_id: int | None = None
    team_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class Field:
    """One field: its key in a snapshot, its type, and how to ask the database.

    ``q(op, value)`` is for fields that are no plain column; else ``column`` is compared.
    ``choices`` maps the words used in conditions to stored values.
    """

    name: str
    label: Any
    kind: Kind
    column: str = ""
    choices: dict[str, Any] | None = None
    nullable: bool = False
    q: Callable[[str, Any, Context], Q] | None = None


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


def _flag(column: str) -> Callable[[str, Any, Context], Q]:
    def ask(op: str, value: Any, context: Context) -> Q:
        return Q(**{f"{column}__isnull": not value})

    return ask


for _field in [
    Field(
        "category", _("Status category"), "choice", "category", {c.name.lower(): c.value for c in Category}
    ),
    Field("status", _("Status"), "key", "status_id"),
    Field("priority", _("Priority"), "choice", "priority", {p.name.lower(): p.value for p in Priority}),
    Field("channel", _("Channel"), "choice", "channel", {c.value: c.value for c in Channel}),
    Field("direction", _("Direction"), "choice", "direction", {"in": "in", "out": "out"}),
    Field("brand", _("Brand"), "key", "brand_id"),
    Field("team", _("Team"), "key", "team_id", nullable=True),
    Field("assignee", _("Assignee"), "key", "assignee_id", nullable=True),
    Field("requester", _("Requester"), "key", "requester_id"),
    Field("organization", _("Organisation"), "key", "organization_id", nullable=True),
    Field("tier", _("Tier"), "text", "organization__tier", nullable=True),
    Field("topic", _("Topic"), "key", "topic_id", nullable=True),
    Field("service", _("Service"), "key", "service_id", nullable=True),
    Field("language", _("Language"), "text", "language"),
    Field("subject", _("Subject"), "text", "subject"),
    Field("tags", _("Tags"), "set", q=_tags),
    Field("messages", _("Number of messages"), "number", "message_count"),
    Field("opened", _("Opened"), "time", "opened_at"),
    Field("active", _("Last activity"), "time", "active_at"),
    Field("waiting_since", _("Customer waits since"), "time", "waiting_since", nullable=True),
    Field("resolved", _("Solved at"), "time", "resolved_at", nullable=True),
    Field("waiting", _("Waits for our answer"), "flag", q=_flag("waiting_since")),
    Field("snoozed", _("Snoozed"), "flag", q=_flag("snoozed_until")),
    Field("spam", _("Spam"), "flag", "is_spam"),
    Field("followed", _("Followed by me"), "flag", q=_followed),
]:
    register(_field)
