"""A ticket in memory, and what happens to it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from people.capacity import group_of
from routing.choosing import Need
from tickets.models import Category


@dataclass(slots=True, eq=False)
class Happening:
    """One entry of the journal that might have been. ``number`` orders them; ``cause`` is what led to it.

    ``root`` is the first of its causes, itself without any, ``depth`` how many there are between, and
    ``ran`` which rules have acted for it (kept at the root).
    """

    number: int
    ticket_id: int
    kind: str
    data: dict[str, Any]
    at: datetime
    cause: "Happening | None" = None
    was_asleep: bool = False
    ran: set[int] = field(default_factory=set)

    @property
    def root(self) -> "Happening":
        return self if self.cause is None else self.cause.root

    @property
    def depth(self) -> int:
        return 0 if self.cause is None else self.cause.depth + 1


@dataclass(slots=True, eq=False)
class Spoken:
    """A public message of a person."""

    message_id: int
    at: datetime
    is_reply: bool
    is_thanks: bool = False
    is_withdrawn: bool = False


@dataclass(slots=True, eq=False)
class Place:
    """On the waiting list."""

    team: int
    strategy: str
    since: datetime


@dataclass(slots=True, eq=False)
class Plan:
    """What a rule means to do later."""

    rule_id: int
    because: Happening
    after: int
    due_at: datetime
    is_over: bool = False


@dataclass(slots=True, eq=False)
class Copy:
    """The columns of a ticket that rules, assignment and clocks look at, and their bookkeeping.

    ``was`` is what happened really, by the same fields; ``is_older``: opened before the replay begins.
    """

    id: int
    brand: int
    channel: str
    direction: str
    subject: str
    language: str
    requester: int
    organization: int | None
    tier: str | None
    team: int | None
    assignee: int | None
    status: int
    category: int
    priority: int
    topic: int | None
    service: int | None
    opened_at: datetime
    is_test: bool
    is_older: bool

    tags: dict[str, str] = field(default_factory=dict)  # by the name as the database compares it
    attributes: dict[str, Any] = field(default_factory=dict)
    is_spam: bool = False
    deleted: bool = False
    merged_into: int | None = None
    active_at: datetime = None  # type: ignore[assignment]  # set below
    touched_at: datetime | None = None
    waiting_since: datetime | None = None
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    own_count: int = 0
    message_count: int = 0
    spoken: list[Spoken] = field(default_factory=list)
    last_message: int | None = None  # the customer's
    status_at: datetime = None  # type: ignore[assignment]
    last_at: datetime = None  # type: ignore[assignment]
    person_at: datetime | None = None
    asleep: bool = False

    skills: frozenset[int] = frozenset()
    spoken_in: str = ""
    place: Place | None = None
    counted: tuple[int, str] | None = None
    lined: tuple[int, tuple[str, Need], tuple[int, datetime, int]] | None = None
    plans: dict[int, Plan] = field(default_factory=dict)
    timed: dict[int, tuple[datetime, datetime | None]] = field(default_factory=dict)
    fired: dict[int, tuple[set[datetime], datetime]] = field(default_factory=dict)
    acted: dict[int, None] = field(default_factory=dict)  # rules, in the order they first did
    given: list[int] = field(default_factory=list)  # to whom strategies gave it
    was: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.active_at = self.active_at or self.opened_at
        self.status_at = self.last_at = self.opened_at

    @property
    def is_hidden(self) -> bool:
        return self.is_spam or self.deleted or self.merged_into is not None

    @property
    def is_open(self) -> bool:
        return self.category < Category.RESOLVED

    @property
    def group(self) -> str:
        return group_of(self.channel)

    @property
    def need(self) -> Need:
        """As ``routing.candidates.need_of``."""
        return Need(self.group, self.skills, self.spoken_in)

    def is_active(self, at: datetime) -> bool:
        """As ``routing.candidates.is_active``."""
        asleep = self.snoozed_until is not None and self.snoozed_until > at
        return self.category < Category.PENDING and not self.is_hidden and not asleep
