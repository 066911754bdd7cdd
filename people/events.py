"""What can happen to accounts and teams. ``changes`` maps a field to [old, new]; secrets are never in it."""

from dataclasses import field
from typing import Any

from journal.events import Event, event

# Who acts, as the journal says, when tickets are passed on because somebody's shift has ended.
SHIFT_END = "assignment:shift"


@event("user")
class UserCreated(Event):
    """``role`` is the kind; ``custom_role_id`` is there for one of the company's own."""

    user_id: int
    email: str
    role: str
    custom_role_id: int | None = None


@event("user")
class UserChanged(Event):
    user_id: int
    changes: dict[str, Any]


@event("user")
class PasswordResetSent(Event):
    """Somebody who may has sent this person a link to choose a new password."""

    user_id: int


@event("role")
class RoleCreated(Event):
    """``copied_from``: the role it began as. ``access``: which tickets it lets people see."""

    role_id: int
    name: str
    role_kind: str
    copied_from: int
    permissions: list[str]
    access: str
    brand_ids: list[int]


@event("role")
class RoleChanged(Event):
    """``people``: how many accounts had the role, and so were changed with it."""

    role_id: int
    changes: dict[str, Any]
    people: int


@event("role")
class RoleRemoved(Event):
    """What it was, for whoever asks later or wants it again."""

    role_id: int
    name: str
    permissions: list[str] = field(default_factory=list)
    access: str = ""
    brand_ids: list[int] = field(default_factory=list)


@event("team")
class TeamCreated(Event):
    team_id: int
    name: str


@event("team")
class TeamEdited(Event):
    """``members`` and ``leads`` among the changes are lists of user ids."""

    team_id: int
    changes: dict[str, Any]


@event("user")
class AvailabilityChanged(Event):
    """The switch in the desk: somebody takes new tickets, or for now none."""

    user_id: int
    available: bool


@event("user")
class ShiftSaved(Event):
    """Dates are ISO strings; ``valid_until`` is None while the shift has no end."""

    user_id: int
    shift_id: int
    calendar_id: int
    valid_from: str
    valid_until: str | None


@event("user")
class ShiftRemoved(Event):
    """A shift that was a mistake: it never was."""

    user_id: int
    shift_id: int


@event("user")
class AbsenceAdded(Event):
    user_id: int
    absence_id: int
    absence_kind: str
    starts_at: str
    ends_at: str


@event("user")
class AbsenceRemoved(Event):
    user_id: int
    absence_id: int


@event("user")
class ExtraTimeAdded(Event):
    user_id: int
    extra_id: int
    starts_at: str
    ends_at: str


@event("user")
class ExtraTimeRemoved(Event):
    user_id: int
    extra_id: int


@event("user")
class ShiftDigest(Event):
    """What somebody should know at the end of a colleague's shift: it is written for ``user_id``.

    ``received`` are the tickets that came to the reader, ``queued`` those back in the team's queue, ``kept``
    those the colleague keeps. Subjects and summaries are read from the tickets, through the one door.
    """

    user_id: int
    from_user_id: int
    team_id: int
    ended_at: str
    received: list[int]
    queued: list[int]
    kept: list[int]


@event("skill")
class SkillSaved(Event):
    skill_id: int
    labels: dict[str, str]
    is_active: bool


# --- customers ------------------------------------------------------------------------------------


@event("contact")
class ContactChanged(Event):
    """``organization`` among the changes is a pair of keys."""

    contact_id: int
    changes: dict[str, Any]


@event("contact")
class ContactAttributesSet(Event):
    """What a company's own system, or a host page, has told of somebody; None: there was, or is, none."""

    contact_id: int
    changes: dict[str, Any]


@event("contact")
class IdentityAdded(Event):
    contact_id: int
    identity_id: int
    identity_kind: str
    value: str
    proof: str


@event("contact")
class IdentityVerified(Event):
    contact_id: int
    identity_id: int
    identity_kind: str
    value: str
    proof: str


@event("contact")
class IdentityRemoved(Event):
    contact_id: int
    identity_id: int
    identity_kind: str
    value: str


@event("contact")
class IdentityClaimed(Event):
    """Somebody says an identity is theirs, or has proved one that belongs to another contact."""

    contact_id: int
    identity_kind: str
    value: str
    source: str
    proof: str


@event("contact")
class ClaimRemoved(Event):
    """Somebody who may has looked: what was said to be this contact's is not, or nobody knows."""

    contact_id: int
    identity_kind: str
    value: str
    source: str
    proof: str


@event("contact")
class ContactMerged(Event):
    """From now on ``contact_id`` is shown as ``into_id``."""

    contact_id: int
    into_id: int


@event("contact")
class ContactMergeReceived(Event):
    """The same, told of the survivor. ``changes``: what it had empty and has taken (``people.filling``)."""

    contact_id: int
    merged_id: int
    changes: dict[str, Any]


@event("contact")
class ContactUnmerged(Event):
    contact_id: int
    from_id: int


@event("contact")
class ContactMergeUndone(Event):
    """The same, told of whom it was merged into. ``changes``: what the survivor has given back."""

    contact_id: int
    merged_id: int
    changes: dict[str, Any]


@event("contact")
class MergeDismissed(Event):
    """Somebody has looked: these two are not one person."""

    contact_id: int
    other_id: int


@event("contact")
class MergeDismissalUndone(Event):
    contact_id: int
    other_id: int


@event("organization")
class OrganizationCreated(Event):
    organization_id: int
    name: str


@event("organization")
class OrganizationChanged(Event):
    organization_id: int
    changes: dict[str, Any]
