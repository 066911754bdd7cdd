"""What can happen to a ticket's clocks, and to policies. Instants are ISO 8601, exact to the microsecond."""

from dataclasses import field
from typing import Any

from journal.events import Event, event


@event("ticket")
class SlaPolicyApplied(Event):
    """From now on these targets hold; ``policy_version_id`` None: no policy fits the ticket.

    ``targets`` are those of the ticket's priority: ``{"resolution": {"seconds": 28800, "business": true,
    "pauses": ["pending", "resolved"], "warn_percent": 80}}``. ``reason`` is a code: opened, ticket, policy,
    calendar, team, by_hand …
    """

    ticket_id: int
    policy_version_id: int | None
    calendar_version_id: int | None
    targets: dict[str, Any]
    reason: str


@event("ticket")
class SlaWarned(Event):
    """So much of the time is used up; happened at the second the warning was due."""

    ticket_id: int
    target: str
    ordinal: int
    due_at: str


@event("ticket")
class SlaBreached(Event):
    """Happened at the second the clock was due."""

    ticket_id: int
    target: str
    ordinal: int
    due_at: str


@event("ticket")
class SlaBreachWithdrawn(Event):
    """A recount moved the due time later (None: there is none any more, or it was met after all)."""

    ticket_id: int
    target: str
    ordinal: int
    old_due_at: str
    new_due_at: str | None
    reason: str


@event("ticket")
class SlaDueSet(Event):
    """By hand, with a person's words for a reason; ``due_at`` None gives the clock back to the policy."""

    ticket_id: int
    target: str
    ordinal: int
    due_at: str | None
    reason: str


@event("ticket")
class PromiseMade(Event):
    ticket_id: int
    promise_id: int
    user_id: int
    due_at: str
    text: str
    message_id: int | None = None


@event("ticket")
class PromiseKept(Event):
    """``by_hand``: somebody said so; else the next reply did it, and this entry only tells."""

    ticket_id: int
    promise_id: int
    by_hand: bool


@event("ticket")
class PromiseBroken(Event):
    ticket_id: int
    promise_id: int
    due_at: str


@event("ticket")
class PromiseWithdrawn(Event):
    ticket_id: int
    promise_id: int


@event("policy")
class PolicySaved(Event):
    """A policy is new, has a new version, or a new name. ``changes``: [old, new] of name and ``number``."""

    policy_id: int
    version_id: int
    version_number: int
    name: str
    changes: dict[str, Any] = field(default_factory=dict)


@event("policy")
class PolicySwitched(Event):
    policy_id: int
    is_active: bool


@event("policy")
class PolicyMoved(Event):
    policy_id: int
    old_position: int
    new_position: int
