"""Beginning, cancelling and undoing jobs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_noop

from common import clock
from common.queue import ask_on_commit
from people.models import User
from tickets import listing, tasks
from tickets.bulk import ending, running
from tickets.bulk.running import MOST, SMALL
from tickets.errors import TicketError
from tickets.models import BulkItem, BulkJob, View

MOST_OPEN = 3  # jobs of one person at once, small ones aside
PATIENCE = 5.0  # seconds somebody waits for a small job; what is left then is the sweep's
UNDO_WITHIN = timedelta(days=1)

State = BulkJob.State


class TooMany(TicketError):
    code = "too_many"


def of_tickets(owner: User, act: str, value: Any, *, numbers: Sequence[int]) -> BulkJob:
    """A job on these tickets, which ``owner`` sees. A small one is over when this returns.

    Raises ``TooMany`` beyond ``MOST`` tickets, and beyond ``MOST_OPEN`` jobs for a large one.
    """
    if len(numbers) > MOST:
        raise _too_many_tickets()
    with transaction.atomic():
        _check_room(owner, len(numbers))
        job = _make(owner, act, value, total=len(numbers), is_gathered=True)
        BulkItem.objects.bulk_create(BulkItem(job=job, ticket_id=number) for number in sorted(numbers))
    return _begin(job)


def of_view(
    owner: User, act: str, value: Any, *, view: View, conditions: dict[str, Any] | None = None
) -> BulkJob:
    """A job on all tickets of a view, as its conditions select them now. Raises ``TooMany``.

    ``conditions``: the view's with the filters that lie over it.
    """
    tree = view.conditions if conditions is None else conditions
    total = listing.select(owner, tree).order_by().values("pk")[: MOST + 1].count()
    if total > MOST:
        raise _too_many_tickets()
    with transaction.atomic():
        _check_room(owner, total)
        job = _make(owner, act, value, total=total, view=view, conditions=tree)
    return _begin(job)


def undo(job: BulkJob) -> BulkJob:
    """Bring back what ``job`` has changed; the job that does so. Asked again, it is the same one; one that
    was cancelled goes on.

    Raises ``TicketError`` for a job that still runs, has changed nothing, is an undo itself or was over more
    than a day ago.
    """
    if not can_undo(job):
        raise TicketError(gettext_noop("This can no longer be undone."))
    with transaction.atomic():
        _check_room(job.owner, job.done)
        undoing, is_new = BulkJob.objects.get_or_create(
            undoes=job,
            defaults={
                "owner": job.owner, "act": job.act, "value": job.value, "total": job.done,
                "created_at": clock.now(),
            },
        )  # fmt: skip
        if not is_new:
            stopped = BulkJob.objects.filter(pk=undoing.pk, state__in=[State.CANCELLED, State.FAILED])
            stopped.update(state=State.WAITING, finished_at=None, dismissed_at=None, deaths=0)
    return _begin(undoing)


def can_undo(job: BulkJob) -> bool:
    """Whether ``undo`` would do anything; what was undone already is not asked for."""
    if job.undoes_id is not None or not job.done or job.finished_at is None:
        return False
    return job.finished_at > clock.now() - UNDO_WITHIN


def cancel(job_id: int) -> bool:
    """Stop a job after the ticket it is at; what it has changed stays. False if it was over already."""
    return ending.end(BulkJob.objects.filter(state__in=BulkJob.OPEN), job_id, State.CANCELLED)


def _make(owner: User, act: str, value: Any, **given: Any) -> BulkJob:
    return BulkJob.objects.create(owner=owner, act=act, value=value, created_at=clock.now(), **given)


def _begin(job: BulkJob) -> BulkJob:
    if job.total <= SMALL:
        running.run_now(job.pk, seconds=PATIENCE)
    else:
        ask_on_commit(tasks.run_bulk)
    return BulkJob.objects.select_related("owner").get(pk=job.pk)


def _check_room(owner: User, total: int) -> None:
    """Needs the transaction of the job that is to be made: the owner's row is locked, two clicks are two."""
    if total <= SMALL:
        return
    User.objects.select_for_update(no_key=True).get(pk=owner.pk)
    waiting = BulkJob.objects.filter(owner=owner, state__in=BulkJob.OPEN, total__gt=SMALL)
    if waiting.count() >= MOST_OPEN:
        raise TooMany(
            gettext_noop(
                "%(limit)d of your bulk changes are still running. Wait for one to end, or stop one."
            ),
            limit=MOST_OPEN,
        )


def _too_many_tickets() -> TooMany:
    return TooMany(
        gettext_noop(
            "At most %(limit)d tickets can be changed at once. Choose a view with fewer, or narrow this one."
        ),
        limit=MOST,
    )
