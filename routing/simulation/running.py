"""Simulations run by workers: one at a time, in the order they were asked for, until done or cancelled.

Whoever runs one holds a lease, which progress renews. A worker that dies leaves it to the next sweep, which
begins anew; after the second death it has failed. Nothing of a simulation is stored before its end.
"""

from datetime import timedelta
from time import monotonic

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from common import clock
from routing.models import SimulatedTicket, Simulation
from routing.simulation import telling
from routing.simulation.replay import Replay

log = structlog.get_logger(__name__)

State = Simulation.State
LEASE = timedelta(minutes=3)
MOST_ATTEMPTS = 2
EVERY = 1.0  # seconds between two looks at the row: progress, the lease, and whether it was cancelled
_ADVISORY = 0x73696D75  # "simu": one is chosen at a time
_ROWS = 1000


class Ended(Exception):
    """It was cancelled, or another worker has it."""


def run_next() -> bool:
    """Run the simulation whose turn it is; False when there is none, or one is running."""
    simulation = claim()
    if simulation is None:
        return False
    owned = Simulation.objects.filter(pk=simulation.pk, state=State.RUNNING, attempts=simulation.attempts)
    try:
        _run(simulation)
    except Ended:
        log.info("simulation.ended", simulation=simulation.pk)
    except Exception as error:
        log.exception("simulation.failed", simulation=simulation.pk)
        owned.update(state=State.FAILED, error=repr(error)[:600], finished_at=clock.now())
    return True


@transaction.atomic
def claim() -> Simulation | None:
    """Take the one whose turn it is: one that a dead worker has left, else the one that waits longest."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_ADVISORY])
    now = clock.now()
    left = Simulation.objects.filter(state=State.RUNNING, claimed_until__lt=now)
    for lost in left.filter(attempts__gte=MOST_ATTEMPTS).select_related("started_by"):
        _give_up(lost)
    if Simulation.objects.filter(state=State.RUNNING, claimed_until__gte=now).exists():
        return None
    waiting = Q(state=State.QUEUED) | Q(state=State.RUNNING, claimed_until__lt=now)
    simulation = Simulation.objects.filter(waiting).order_by("created_at", "pk").first()
    if simulation is None:
        return None
    simulation.state, simulation.progress, simulation.total = State.RUNNING, 0, None
    simulation.claimed_until, simulation.attempts = now + LEASE, simulation.attempts + 1
    simulation.save(update_fields=["state", "progress", "total", "claimed_until", "attempts"])
    return simulation


def _give_up(lost: Simulation) -> None:
    with translation.override(lost.started_by.language if lost.started_by else None):
        lost.error = _("The worker ended twice before it was done.")
    lost.state, lost.finished_at = State.FAILED, clock.now()
    lost.save(update_fields=["state", "error", "finished_at"])


def _run(simulation: Simulation) -> None:
    began = monotonic()
    owned = Simulation.objects.filter(pk=simulation.pk, state=State.RUNNING, attempts=simulation.attempts)
    end = clock.now()
    replay = Replay(simulation.definition, end - timedelta(days=simulation.days), end)
    if not owned.update(total=replay.tickets, claimed_until=clock.now() + LEASE):
        raise Ended
    looked = monotonic()

    def report(done: int, every: int) -> None:
        nonlocal looked
        if monotonic() - looked < EVERY:
            return
        looked = monotonic()
        progress = min(99, 100 * done // max(every, 1))
        if not owned.update(progress=progress, claimed_until=clock.now() + LEASE):
            raise Ended

    result = replay.run(report)
    found = list(telling.lines(result))
    with transaction.atomic():
        stored = telling.rows(simulation.pk, found, result)
        SimulatedTicket.objects.bulk_create(stored, batch_size=_ROWS)
        told = telling.summary(found, result) | {"seconds": round(monotonic() - began, 1)}
        values = {"state": State.DONE, "progress": 100, "total": len(found), "summary": told}
        if not owned.update(**values, finished_at=clock.now()):
            raise Ended
