"""Clocks as they are drawn: what a countdown ticks by, the bar of stretches, the words for each state."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any

from django.db.models import Q
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from calendars.versions import working_time
from common import clock as wall
from common.statements import Prepared
from desk.settings.policy_words import time_words
from sla import reading
from sla.clock import Stretch
from sla.models import Clock
from tickets.models import Category

HORIZON = timedelta(days=5)  # so far, but for part of a day, a countdown knows when work begins and ends
MOST_WINDOWS = 12
MOST_ENDED = 6  # clocks that have ended, of those that stand beside a ticket


@dataclass(frozen=True)
class Piece:
    """One stretch of the bar, in thousandths of its width."""

    start: datetime
    end: datetime
    counted: bool
    words: str
    at: float
    width: float


@dataclass
class Shown:
    """A clock of a ticket."""

    row: Clock
    left: timedelta | None
    is_overdue: bool
    now: datetime
    stretches: Sequence[Stretch] = ()
    promise: Any = None
    news: list[dict[str, Any]] = field(default_factory=list)
    was_breached: bool = False

    @property
    def state(self) -> str:
        """One of ``STATE_WORDS``: what its colour, icon and words follow."""
        row = self.row
        if row.state != Clock.State.RUNNING:
            return str(row.state)
        if self.is_overdue:
            return "overdue"
        return "warned" if row.warn_at is not None and row.warn_at <= self.now else "running"

    @property
    def at_risk(self) -> bool:
        return self.row.at_risk and self.row.state == Clock.State.RUNNING and not self.is_overdue

    @property
    def is_open(self) -> bool:
        return self.row.state in {Clock.State.RUNNING, Clock.State.PAUSED}

    @property
    def icon(self) -> str:
        return ICONS[self.state]

    @property
    def label(self) -> str:
        """What it counts; the next responses are numbered, since there are several."""
        label = _target(self.row.target, get_language() or "")
        if self.row.target == Clock.Target.NEXT_RESPONSE and self.row.ordinal > 1:
            return f"{label} {self.row.ordinal}"
        return label

    @property
    def state_words(self) -> str:
        return _(STATE_WORDS[self.state])

    @property
    def target_words(self) -> str:
        """ "4 h of working time"; empty where no target was set."""
        seconds = self.row.target_seconds
        if not seconds or self.row.target == Clock.Target.PROMISE:
            return ""
        time = time_words(seconds, business=self.row.is_business)
        return _("%(time)s of working time") % {"time": time} if self.row.is_business else time

    @property
    def took_words(self) -> str:
        """How long one that has ended took."""
        seconds = self.row.counted_seconds
        return time_words(seconds, business=self.row.is_business) if seconds else ""

    @cached_property
    def ticking(self) -> dict[str, Any]:
        """Attributes of its <sla-countdown>. Epoch seconds; windows are when it counts, from now on."""
        row = self.row
        found: dict[str, Any] = {
            "state": self.state,
            "what": self.label,
            "at": round(self.now.timestamp()),
            "left": round(self.left.total_seconds()) if self.left is not None else "",
            "due": row.due_at.isoformat() if row.due_at else "",
            "hours": "business" if row.is_business and row.target != Clock.Target.PROMISE else "all",
        }
        if row.state == Clock.State.RUNNING and row.warn_at is not None:
            found["warn"] = round(row.warn_at.timestamp())
        if self._has_windows:
            found["windows"] = _windows(row.calendar_version_id, self.now)
        return found

    @property
    def _has_windows(self) -> bool:
        row = self.row
        return row.state == Clock.State.RUNNING and row.is_business and row.target != Clock.Target.PROMISE

    @property
    def left_words(self) -> str:
        """For browsers without scripts."""
        if self.left is None:
            return ""
        seconds = abs(round(self.left.total_seconds() / 60) * 60)
        words = time_words(seconds, business=self.row.is_business) if seconds else "0"
        return f"−{words}" if self.left < timedelta(0) else words

    @cached_property
    def version(self) -> tuple[Any, ...]:
        """Changes when a row of a list has to be drawn anew; not by mere ticking."""
        row = self.row
        last = ""
        if self._has_windows:
            last = _windows(row.calendar_version_id, self.now).rpartition("-")[2]
        counting = (row.is_business, row.calendar_version_id, row.due_at, row.warn_at)
        return (row.pk, self.state, *counting, self.at_risk, self.was_breached, last)

    @cached_property
    def pieces(self) -> list[Piece]:
        """The bar: from the start to now or the due time, whichever is later."""
        if not self.stretches:
            return []
        begin, end = self.row.started_at, self.bar_end
        whole = max((end - begin).total_seconds(), 1.0)
        return [
            Piece(
                one.start,
                one.end,
                one.counted,
                why(one, business=self.row.is_business),
                (one.start - begin).total_seconds() / whole * 1000,
                max((one.end - one.start).total_seconds() / whole * 1000, 1.5),
            )
            for one in self.stretches
        ]

    @property
    def bar_end(self) -> datetime:
        last = self.stretches[-1].end if self.stretches else self.now
        return max(last, self.row.due_at) if self.row.due_at else last

    @property
    def due_place(self) -> float | None:
        """Where on the bar the due time is."""
        if self.row.due_at is None or self.row.due_at <= self.row.started_at:
            return None
        whole = (self.bar_end - self.row.started_at).total_seconds()
        return (self.row.due_at - self.row.started_at).total_seconds() / whole * 1000


@lru_cache(maxsize=64)
def _target(target: str, _language: str) -> str:
    return str(Clock.Target(target).label)


@lru_cache(maxsize=64)
def _windows(calendar_version_id: int | None, now: datetime) -> str:
    """When it counts from now on, for the script that ticks; the same for all clocks of a list.

    They end at a midnight: what is drawn with them stays the same for a day.
    """
    end = (now + HORIZON).replace(hour=0, minute=0, second=0, microsecond=0)
    spans = working_time(calendar_version_id).intervals(now, end)[:MOST_WINDOWS]
    return ",".join(f"{round(start.timestamp())}-{round(end.timestamp())}" for start, end in spans)


ICONS = {
    "overdue": "flame",
    "warned": "alert-triangle",
    "running": "clock",
    "paused": "player-pause",
    "met": "circle-check",
    "breached": "circle-x",
    "cancelled": "minus",
}


STATE_WORDS = {
    "overdue": gettext_noop("Overdue"),
    "warned": gettext_noop("Little time left"),
    "running": gettext_noop("Running"),
    "paused": gettext_noop("Paused"),
    "met": gettext_noop("Met"),
    "breached": gettext_noop("Breached"),
    "cancelled": gettext_noop("Cancelled"),
}


def why(stretch: Stretch, *, business: bool) -> str:
    """Why time counted, or did not; of what is not told part by part, how much."""
    if stretch.counted and stretch.worked is not None and (business or stretch.why == "earlier"):
        time = time_words(round(stretch.worked.total_seconds() / 60) * 60 or 60, business=business)
        if stretch.why == "earlier":
            return _("Counted with pauses: %(time)s") % {"time": time}
        return _("Counted: %(time)s of working time") % {"time": time}
    if stretch.counted:
        return _("Counted")
    if isinstance(stretch.why, int):
        return _("Paused: %(status)s") % {"status": Category(stretch.why).label.lower()}
    return _("Not counted") if stretch.why == "earlier" else _("Outside of working hours")


ORDER = ["overdue", "warned", "running", "paused"]
NEWS = {"sla_breached", "sla_breach_withdrawn", "sla_due_set"}


def of_ticket(ticket: Any, entries: Sequence[dict[str, Any]]) -> list[Shown]:
    """The clocks of a ticket: what is open first, by urgency, then what has ended, the newest first.

    ``entries`` are those of ``desk.beside`` about clocks.
    """
    now = wall.now()
    found = [
        Shown(one.row, one.left, one.is_overdue, now, one.stretches, one.promise)
        for one in reading.clocks_of(ticket, now)
        if one.row.due_at is not None or one.row.state != Clock.State.RUNNING
    ]
    for shown in found:
        shown.news = [
            entry
            for entry in entries
            if entry["kind"] in NEWS
            and (entry["data"]["target"], entry["data"]["ordinal"]) == (shown.row.target, shown.row.ordinal)
        ]
    found = [shown for shown in found if shown.is_open or shown.row.target_seconds or shown.promise]
    last = datetime.max.replace(tzinfo=now.tzinfo)
    running = sorted(
        (one for one in found if one.is_open),
        key=lambda one: (ORDER.index(one.state), one.row.due_at or last),
    )
    ended = [one for one in found if not one.is_open]
    ended.sort(key=lambda one: one.row.stopped_at or one.row.started_at, reverse=True)
    return running + ended


_OF_TICKETS: Prepared[Clock] = Prepared(
    lambda tickets: (
        Clock.objects.filter(ticket_id__in=tickets)
        .filter(Q(state=Clock.State.RUNNING, due_at__isnull=False) | Q(state=Clock.State.BREACHED))
        .order_by("due_at")
    ),
    tickets=list,
)


def of_list(ticket_ids: Iterable[int]) -> dict[int, Shown]:
    """The most pressing clock of each ticket of a list, and whether any was ever late; one query."""
    now = wall.now()
    rows = _OF_TICKETS.all(tickets=list(ticket_ids))
    running: dict[int, Clock] = {}
    late: dict[int, Clock] = {}
    for row in rows:
        if row.state == Clock.State.RUNNING:
            running.setdefault(row.ticket_id, row)
        else:
            late.setdefault(row.ticket_id, row)
    found = {}
    for ticket_id in running.keys() | late.keys():
        row = running.get(ticket_id) or late[ticket_id]
        one = reading.read(row, now)
        found[ticket_id] = Shown(row, one.left, one.is_overdue, now, was_breached=ticket_id in late)
    return found
