"""What a clock is derived from: plain facts, in the order of the journal. No Django.

A family is a ticket and all that was merged into it. Messages, replies and promises are the family's,
everything else is the ticket's own. Whoever reads the journal (``sla.history``) leaves out what is no
customer message and no agent reply at all: notes, side conversations, automatic replies of ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

FIRST_RESPONSE = "first_response"
NEXT_RESPONSE = "next_response"
RESOLUTION = "resolution"
PROMISE = "promise"
TARGETS = (FIRST_RESPONSE, NEXT_RESPONSE, RESOLUTION)  # those a policy sets

# Status categories, as numbered in tickets.models.Category; a test holds them equal.
NEW, OPEN, PENDING, ON_HOLD, RESOLVED, CLOSED = 10, 20, 30, 40, 50, 60

WARNED, BREACHED = "warned", "breached"
MERGED = "merged"  # one of the reasons to be out of sight


@dataclass(frozen=True)
class Aim:
    """What a policy wants of one target. ``seconds`` None: nothing."""

    seconds: int | None = None
    is_business: bool = True
    pauses: frozenset[int] = frozenset()  # categories; RESOLVED stands for CLOSED too
    warn_percent: int | None = None


@dataclass(frozen=True)
class Plan:
    """A policy as it applies to one ticket: its version, the calendar's, and the targets for its priority."""

    policy_version_id: int | None
    calendar_version_id: int | None
    aims: Mapping[str, Aim] = field(default_factory=dict)


@dataclass(frozen=True)
class Opened:
    """A ticket of the family began. ``direction`` "out": we wrote first."""

    at: datetime
    direction: str = "in"


@dataclass(frozen=True)
class CustomerMessage:
    """``is_thanks``: a mere thank-you, which is no customer message until somebody undoes that verdict."""

    at: datetime
    message_id: int
    is_thanks: bool = False


@dataclass(frozen=True)
class AutomaticMessage:
    """A machine's mail. It waits for nothing; a ticket that began with one waits for no first response."""

    at: datetime
    message_id: int


@dataclass(frozen=True)
class AgentReply:
    """``opens``: it began the ticket, so it answers nobody."""

    at: datetime
    message_id: int
    opens: bool = False


@dataclass(frozen=True)
class Withdrawn:
    message_id: int


@dataclass(frozen=True)
class HardBounced:
    """None of those it was written to got it: it is no reply, unless it is sent again."""

    message_id: int


@dataclass(frozen=True)
class SentAgain:
    at: datetime
    message_id: int


@dataclass(frozen=True)
class ThanksUndone:
    message_id: int


@dataclass(frozen=True)
class CategoryChanged:
    at: datetime
    new: int


@dataclass(frozen=True)
class PolicyApplied:
    at: datetime
    plan: Plan | None


@dataclass(frozen=True)
class DueSet:
    """A due time set by hand on the clock of that target which runs then; None takes it back."""

    at: datetime
    target: str
    due_at: datetime | None


@dataclass(frozen=True)
class PromiseMade:
    """``message_id``: the reply it was made in, which therefore does not keep it."""

    at: datetime
    promise_id: int
    due_at: datetime
    message_id: int | None = None


@dataclass(frozen=True)
class PromiseKept:
    """By hand; the next reply keeps it by itself."""

    at: datetime
    promise_id: int


@dataclass(frozen=True)
class PromiseWithdrawn:
    at: datetime
    promise_id: int


@dataclass(frozen=True)
class Hidden:
    """Spam, deleted or merged away: the clocks that run are void for as long."""

    at: datetime
    why: str


@dataclass(frozen=True)
class Shown:
    at: datetime
    why: str


@dataclass(frozen=True)
class Fired:
    """A warning or a breach was recorded. ``at`` is its due time: of the warning, or of the clock.

    ``ordinal`` as it was then: a merge, or a reply withdrawn, may have renumbered next responses since.
    """

    target: str
    kind: str
    at: datetime
    ordinal: int = 0


@dataclass(frozen=True)
class BreachWithdrawn:
    target: str
    at: datetime


Fact = (
    Opened
    | CustomerMessage
    | AutomaticMessage
    | AgentReply
    | Withdrawn
    | HardBounced
    | SentAgain
    | ThanksUndone
    | CategoryChanged
    | PolicyApplied
    | DueSet
    | PromiseMade
    | PromiseKept
    | PromiseWithdrawn
    | Hidden
    | Shown
    | Fired
    | BreachWithdrawn
)
