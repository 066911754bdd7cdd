"""What can happen to a problem. Ids and raw values only; ``tickets.problem_history`` finds the words."""

from typing import Any

from journal.events import Event, event


@event("problem")
class ProblemOpened(Event):
    problem_id: int
    title: str
    problem_kind: str


@event("problem")
class ProblemChanged(Event):
    """``changes`` maps a field to [old, new]; of the description only that it did: {"description": []}."""

    problem_id: int
    changes: dict[str, Any]


@event("problem")
class ProblemStageChanged(Event):
    problem_id: int
    old: str
    new: str


@event("problem")
class ProblemMerged(Event):
    """Its ``count`` tickets have ``into_id`` for their cause now; the problem itself is gone."""

    problem_id: int
    title: str
    into_id: int
    into_title: str
    count: int


@event("problem")
class ProblemMergeReceived(Event):
    """The same, told of the one that stays."""

    problem_id: int
    merged_id: int
    title: str
    count: int


@event("problem")
class ProblemDeleted(Event):
    """Nothing was linked to it; what it was, for whoever asks later."""

    problem_id: int
    title: str
    problem_kind: str
    stage: str


@event("problem")
class BroadcastStarted(Event):
    problem_id: int
    broadcast_id: int
    total: int


@event("problem")
class BroadcastStopped(Event):
    """By a person; or by itself, with why as a code: its author may no longer write to customers."""

    problem_id: int
    broadcast_id: int
    reason: str = ""


@event("problem")
class BroadcastResumed(Event):
    problem_id: int
    broadcast_id: int


@event("problem")
class BroadcastEnded(Event):
    problem_id: int
    broadcast_id: int
    sent: int
    skipped: int
    failed: int


@event("ticket")
class ProblemLinked(Event):
    """The ticket's cause is known; ``instead_of`` is the problem it was linked to before."""

    ticket_id: int
    problem_id: int
    instead_of: int | None = None


@event("ticket")
class ProblemUnlinked(Event):
    ticket_id: int
    problem_id: int
