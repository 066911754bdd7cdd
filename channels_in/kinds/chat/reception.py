"""Whether somebody is there for a visitor, which place in the queue they have, and how long that takes."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Value

from calendars.versions import current_version_id, current_version_ids, load, working_time
from channels_in.models import ChatSession, ChatWidget
from people.access import Permission, having
from people.models import User
from people.working import in_shift

_TAKES_CHATS = having(Permission.REPLY)
_LOOK_BACK = timedelta(hours=2)  # what pick-ups before that took says nothing about now
_PICK_UPS = 20
_FEWEST = 3  # pick-ups before we dare say how long it takes


@dataclass(frozen=True)
class Reception:
    """``reason`` why not: closed (hours), nobody, or full (the queue). ``opens_at``: when, if closed."""

    is_open: bool
    reason: str = ""
    opens_at: datetime | None = None


def reception(widget: ChatWidget, at: datetime) -> Reception:
    """Whether a talk with a person can begin now."""
    version = None if widget.calendar_id is None else current_version_id(widget.calendar_id)
    return _reception(
        widget,
        version,
        at,
        is_staffed=lambda: people_there(widget, at),
        queue=lambda: waiting(widget).count(),
    )


def receptions(widgets: Collection[ChatWidget], at: datetime) -> dict[int, Reception]:
    """The same for several, by key, in a fixed number of queries."""
    calendars = current_version_ids({one.calendar_id for one in widgets if one.calendar_id is not None})
    load(calendars.values())
    people = User.objects.filter(_TAKES_CHATS, is_active=True, is_available=True)
    own = ArrayAgg("memberships__team", default=Value([]))
    teams: dict[int, list[int]] = dict(people.order_by().values_list("pk").annotate(own=own))
    here = in_shift(teams, at)
    staffed = {team for user_id in here for team in teams[user_id]}
    rows = ChatSession.objects.filter(widget__in=widgets, stage=ChatSession.Stage.WAITING)
    queues = dict(rows.order_by().values_list("widget").annotate(Count("pk")))

    def one_of(widget: ChatWidget) -> Reception:
        team_id = widget.inbox.team_id
        return _reception(
            widget,
            None if widget.calendar_id is None else calendars[widget.calendar_id],
            at,
            is_staffed=lambda: bool(here) if team_id is None else team_id in staffed,
            queue=lambda: queues.get(widget.pk, 0),
        )

    return {widget.pk: one_of(widget) for widget in widgets}


def _reception(
    widget: ChatWidget,
    version: int | None,
    at: datetime,
    *,
    is_staffed: Callable[[], bool],
    queue: Callable[[], int],
) -> Reception:
    """Hours first, then people, then the queue; nothing is asked that no longer matters. ``version``: of the
    widget's calendar, if it has one."""
    if version is not None:
        working = working_time(version)
        if not working.is_working(at):
            return Reception(False, "closed", working.next_start(at))
    if not is_staffed():
        return Reception(False, "nobody")
    if queue() >= widget.longest_queue:
        return Reception(False, "full")
    return Reception(True)


def people_there(widget: ChatWidget, at: datetime) -> bool:
    """Whether anybody who could take a chat is available and on shift: of the inbox's team, if it has one."""
    people = User.objects.filter(_TAKES_CHATS, is_active=True, is_available=True)
    if widget.inbox.team_id is not None:
        people = people.filter(memberships__team=widget.inbox.team_id)
    return bool(in_shift(set(people.values_list("pk", flat=True)), at))


def waiting(widget: ChatWidget):  # type: ignore[no-untyped-def]  # a QuerySet of them, in order
    return ChatSession.objects.filter(widget=widget, stage=ChatSession.Stage.WAITING)


def places(widget_id: int) -> dict[int, int]:
    """The place of everybody who waits, from 1, in one query."""
    rows = ChatSession.objects.filter(widget=widget_id, stage=ChatSession.Stage.WAITING)
    ids = rows.order_by("queued_at", "pk").values_list("pk", flat=True)
    return {session_id: place for place, session_id in enumerate(ids, 1)}


def seconds_a_place(widget_id: int, at: datetime) -> float | None:
    """How long the queue takes to move on by one, by the last pick-ups; None when there were too few.

    The time since the oldest of the last twenty within two hours, divided by their number: what people really
    waited for depends on how fast agents take chats, not on how long a talk lasts.
    """
    taken = list(
        ChatSession.objects.filter(widget=widget_id, taken_at__gt=at - _LOOK_BACK)
        .order_by("-taken_at")
        .values_list("taken_at", flat=True)[:_PICK_UPS]
    )
    if len(taken) < _FEWEST or taken[-1] is None:
        return None
    return (at - taken[-1]).total_seconds() / len(taken)
