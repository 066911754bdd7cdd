"""Which policy applies to a ticket, and what it comes to: the first active one whose conditions hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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


def active_versions() -> list[PolicyVersion]:
    """The current versions of all active policies, in their order."""
    return list(
        PolicyVersion.objects.filter(policy__is_active=True)
        .order_by("policy__position", "policy_id", "-number")
        .distinct("policy__position", "policy_id")
    )


def match(ticket_id: int) -> Match:
    """For one ticket. Nothing is read of it where there is no policy."""
    policies = active_versions()
    return match_all([ticket_id], policies)[ticket_id] if policies else NOTHING


def match_all(ticket_ids: Iterable[int], policies: Sequence[PolicyVersion]) -> dict[int, Match]:
    """For many tickets at once, in a fixed number of queries."""
    tickets = list(
        Ticket.objects.filter(pk__in=list(ticket_ids)).select_related("requester", "organization", "team")
    )
    now = clock.now()
    names = conditions.fields_of(*(version.conditions for version in policies))
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
