"""What can happen to calendars."""

from dataclasses import field
from typing import Any

from journal.events import Event, event


@event("calendar")
class CalendarSaved(Event):
    """A calendar is new, has a new version, or (with the version it had) a new name.

    ``changes``: [old, new] of the name and the version's ``number``.
    """

    calendar_id: int
    version_id: int
    version_number: int
    name: str
    changes: dict[str, Any] = field(default_factory=dict)


@event("calendar")
class CalendarMadeDefault(Event):
    """Whatever names no calendar goes by this one now, and no longer by ``previous_id``."""

    calendar_id: int
    previous_id: int | None


@event("calendar")
class CalendarSwitched(Event):
    """Offered for new uses, or not any more; who goes by it keeps it."""

    calendar_id: int
    is_active: bool
