"""What can happen to accounts and teams. ``changes`` maps a field to [old, new]; secrets are never in it."""

from typing import Any

from journal.events import Event, event


@event("user")
class UserCreated(Event):
    user_id: int
    email: str
    role: str


@event("user")
class UserChanged(Event):
    user_id: int
    changes: dict[str, Any]


@event("user")
class PasswordResetSent(Event):
    """Somebody who may has sent this person a link to choose a new password."""

    user_id: int


@event("team")
class TeamCreated(Event):
    team_id: int
    name: str


@event("team")
class TeamEdited(Event):
    """``members`` and ``leads`` among the changes are lists of user ids."""

    team_id: int
    changes: dict[str, Any]
