"""What happens between the acts of the stories: deadlines pass, rules act, people are told.

Everything at its own time, with the clock at it. Of long ago only the deadlines are told. The rules have been
in force for ``RULES`` (``switch_on``), and colleagues hear of the last ``NEWS``; what nobody has to hear of
any more is forgotten by the loader.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Max

from common import clock
from journal import registry
from journal.causes import because
from journal.models import Delivery, Entry
from people.models import User
from people.working import presences
from routing import scheduled, shifts, timed, waiting
from sla import firing
from sla.models import Clock

RULES = timedelta(days=9)
NEWS = timedelta(hours=40)
SHIFTS = timedelta(hours=30)  # in which the ends and beginnings of shifts are gone through
_SWEEP = timedelta(hours=3)

# What assignment has to hear of a story: the rest would take its people's tickets away from them.
_MOVES = {"ticket_escalated", "ticket_assigned", "team_changed"}


_LISTENERS = ("routing", "notifications", "assignment")


class Pulse:
    """Keeps the past in step: ``advance`` to an instant, and every act inside ``at``."""

    def __init__(self, now: datetime, *, switch_on: Callable[[datetime], object]) -> None:
        self.now = now
        self._switch_on = switch_on
        self._has_rules = False
        self._next_sweep = now - RULES
        self._turns = _turns(now)

    def advance(self, to: datetime) -> None:
        """Let everything happen that was due by itself before ``to``."""
        if not self._has_rules and to >= self.now - RULES:
            Delivery.objects.all().delete()
            self._has_rules = True
            with clock.telling(self.now - RULES):
                self._switch_on(self.now - RULES)
        while self._has_rules and self._next_sweep <= to:
            self._sweep(self._next_sweep)
            self._next_sweep += _SWEEP
        while self._turns and self._turns[0] <= to:
            self._turn(self._turns.pop(0))

    @contextmanager
    def at(self, ticket_id: int | None, at: datetime) -> Iterator[None]:
        """Act on a ticket at an instant: its deadlines before it are told first, and what follows follows."""
        if ticket_id is not None:
            self._tell_deadlines(ticket_id, at)
        with clock.telling(at), nullcontext() if self._has_rules else _unheard():
            yield
        if ticket_id is not None:
            self.follow(ticket_id)

    def follow(self, ticket_id: int | None = None) -> None:
        """Deliver what the ticket's entries (all tickets') have to say to rules, assignment and people."""
        if not self._has_rules:
            return
        rows = Delivery.objects.filter(stream_type="ticket", subscriber__in=_LISTENERS)
        if ticket_id is not None:
            rows = rows.filter(stream_id=ticket_id)
        while pending := list(rows.select_related("entry").order_by("entry_id", "-subscriber")):
            # Rules first: whoever is told of a ticket sees what they have made of it.
            for delivery in pending:
                if self._is_heard(delivery):
                    self._hand_over(delivery)
            Delivery.objects.filter(pk__in=[delivery.pk for delivery in pending]).delete()

    def finish(self) -> None:
        """Bring the last tickets up to now, so that no sweep finds anything left to do."""
        self._tell_all_deadlines(self.now)
        self.advance(self.now)
        self._sweep(self.now)
        self._turn(self.now)

    # --- the parts ---------------------------------------------------------------------------------

    def _tell_deadlines(self, ticket_id: int, at: datetime) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM sla_clock WHERE ticket_id = %s AND next_at <= %s LIMIT 1", [ticket_id, at]
            )
            if cursor.fetchone() is None:
                return
        while due := Clock.objects.filter(ticket=ticket_id, next_at__lte=at).order_by("next_at").first():
            assert due.next_at is not None
            with clock.telling(due.next_at):
                firing.fire(due.next_at, ticket_id=ticket_id)
            self.follow(ticket_id)

    def _tell_all_deadlines(self, at: datetime) -> None:
        """Of all tickets: before the timers move any of them."""
        told = 0
        with clock.telling(at):
            while count := firing.fire(at):
                told += count
        if told:
            self.follow()

    def _is_heard(self, delivery: Delivery) -> bool:
        entry = delivery.entry
        if delivery.subscriber == "assignment":
            return entry.kind in _MOVES and entry.happened_at > self.now - RULES
        if delivery.subscriber == "notifications":
            return entry.happened_at > self.now - NEWS
        return True

    def _hand_over(self, delivery: Delivery) -> None:
        entry, sub = delivery.entry, registry.after[delivery.subscriber]
        with clock.telling(entry.happened_at):
            if sub.hears is not None and not sub.hears(entry):
                return
        stream = Entry.objects.filter(stream_type=entry.stream_type, stream_id=entry.stream_id)
        at = stream.aggregate(last=Max("happened_at"))["last"]  # a worker comes to it a little later
        with savepoints(wanted=True), clock.telling(at), because(entry):
            sub.handle(entry, entry.event)

    def _sweep(self, at: datetime) -> None:
        """What the timers would have found by then."""
        self._tell_all_deadlines(at)
        with clock.telling(at):
            found = timed.sweep() + scheduled.run_due() + waiting.drain()
        if found:
            self.follow()

    def _turn(self, at: datetime) -> None:
        """Somebody comes or goes."""
        self._tell_all_deadlines(at)
        with clock.telling(at):
            shifts.watch()
            waiting.drain()
        self.follow()


@contextmanager
def savepoints(*, wanted: bool) -> Iterator[None]:
    """Without: a verb that fails is not undone by itself but fails the load, and a third of the queries go.

    Rules need theirs: an action that fails is a line in their trace.
    """
    before = connection.features.uses_savepoints
    connection.features.uses_savepoints = wanted
    try:
        yield
    finally:
        connection.features.uses_savepoints = before


@contextmanager
def _unheard() -> Iterator[None]:
    """Nobody is to hear of what is recorded inside: so no row says that somebody should."""
    listeners = dict(registry.after)
    registry.after.clear()
    try:
        yield
    finally:
        registry.after.update(listeners)


def _turns(now: datetime) -> list[datetime]:
    """When shifts of the last hours began and ended, a second later: then they have."""
    ids = list(User.objects.staff().filter(shifts__isnull=False).values_list("pk", flat=True))
    found = {
        instant + timedelta(seconds=1)
        for person in presences(ids, now - SHIFTS, now).values()
        for stretch in person.stretches(now - SHIFTS, now)
        for instant in stretch
    }
    return sorted(instant for instant in found if now - SHIFTS < instant <= now)
