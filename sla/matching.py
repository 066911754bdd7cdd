"""Which policy applies to a ticket, and what it comes to: the first active one whose conditions hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import connection

from calendars import versions as calendar_versions
from common import clock
from sla.models import PolicyVersion
from sla.targets import for_priority
from tickets import conditions
from tickets.models import Ticket

# What a policy may ask about: what is told by an event when it changes. Times and states would change the
# policy while nobody does anything.
FIELDS = frozenset(
    {
        "priority", "channel", "direction", "brand", "team", "requester", "organization", "tier", "topic",
        "service", "language", "subject", "tags",
    }
)  # fmt: skip
PREFIXES = ("field.", "contact.", "company.")


def may_ask(name: str) -> bool:
    """Whether a policy may have a condition on this field."""
    return name in FIELDS or name.startswith(PREFIXES)


@dataclass(frozen=True)
class Match:
    """What applies to one ticket; the fields of ``SlaPolicyApplied``."""

    policy_version_id: int | None
    calendar_version_id: int | None
    targets: dict[str, Any]

    def is_news(self, last: Mapping[str, Any] | None) -> bool:
        """Whether it differs from what was applied last (None: nothing ever was)."""
        if last is None:
            return self.policy_version_id is not None
        return (self.policy_version_id, self.calendar_version_id, self.targets) != (
            last["policy_version_id"],
            last["calendar_version_id"],
            last["targets"],
        )


NOTHING = Match(None, None, {})


@dataclass(frozen=True)
class Version:
    """A policy version as matching needs it. It never changes, so the process keeps it."""

    pk: int
    calendar_id: int | None
    conditions: dict[str, Any]
    targets: dict[str, Any]
    fields: frozenset[str]


# Each mail asks this: by hand, it is one short round trip with nothing to build.
_ACTIVE = """
    SELECT version.id
      FROM (SELECT DISTINCT ON (policy_id) policy_id, id
              FROM sla_policyversion ORDER BY policy_id, number DESC) version
      JOIN sla_policy policy ON policy.id = version.policy_id
     WHERE policy.is_active
     ORDER BY policy.position, policy.id
"""


def active_versions() -> list[Version]:
    """The current versions of all active policies, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE)
        return [_version(pk) for (pk,) in cursor.fetchall()]


@lru_cache(maxsize=512)
def _version(pk: int) -> Version:
    row = PolicyVersion.objects.get(pk=pk)
    fields = frozenset(conditions.fields_of(row.conditions))
    return Version(row.pk, row.calendar_id, row.conditions, row.targets, fields)


def is_asked(name: str) -> bool:
    """Whether any active policy has a condition on this field."""
    return any(name in version.fields for version in active_versions())


def match(ticket_id: int) -> Match:
    """For one ticket. Nothing is read of it where there is no policy."""
    policies = active_versions()
    return match_all([ticket_id], policies)[ticket_id] if policies else NOTHING


def match_all(ticket_ids: Iterable[int], policies: Sequence[Version]) -> dict[int, Match]:
    """For many tickets at once, in a fixed number of queries."""
    names = conditions.fields_of(*(version.conditions for version in policies))
    tickets = Ticket.objects.filter(pk__in=list(ticket_ids)).select_related(*_joins(names))
    return match_rows(list(tickets), policies)


def match_rows(tickets: list[Ticket], policies: Sequence[Version]) -> dict[int, Match]:
    """For rows in hand; also for one that is not stored yet, to say what it would be promised."""
    names = conditions.fields_of(*(version.conditions for version in policies))
    now = clock.now()
    seen = conditions.of_tickets(tickets, conditions.Asked(now), names)
    context = conditions.Context(now)
    calendars = _Calendars()
    found: dict[int, Match] = {}
    for ticket in tickets:
        version = next(
            (one for one in policies if conditions.evaluate(one.conditions, seen[ticket.pk], context)), None
        )
        if version is None:
            found[ticket.pk] = NOTHING
            continue
        calendar_id = version.calendar_id or (ticket.team.calendar_id if ticket.team else None)
        targets = for_priority(version.targets, ticket.priority)
        found[ticket.pk] = Match(version.pk, calendars.version_of(calendar_id), targets)
    return found


def _joins(names: Iterable[str]) -> list[str]:
    """The rows beside the ticket that these fields look into."""
    prefixes = {name.partition(".")[0] for name in names}
    joins = ["team"]
    if prefixes & {"tier", "company"}:
        joins.append("organization")
    if prefixes & {"contact", "requester"}:
        joins.append("requester__survivor")
    return joins


class _Calendars:
    """The current version of each calendar, asked once; None is the default one."""

    def __init__(self) -> None:
        self.known: dict[int | None, int | None] = {}

    def version_of(self, calendar_id: int | None) -> int | None:
        if calendar_id not in self.known:
            self.known[calendar_id] = (
                calendar_versions.default_version_id()
                if calendar_id is None
                else calendar_versions.current_version_id(calendar_id)
            )
        return self.known[calendar_id]
