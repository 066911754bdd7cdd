"""Working jobs off: claimed by a lease, ticket after ticket, until nothing hangs on the source."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from time import monotonic

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_noop

from common import clock
from journal.actor import Actor
from people.access import Permission, may, may_manage_problem
from people.models import User
from tickets import errors
from tickets.commands import problem_ends, tags
from tickets.models import MoveJob, Problem, Tag, Tagging, Ticket

log = structlog.get_logger(__name__)

Kind, State = MoveJob.Kind, MoveJob.State
SMALL = 50  # so many tickets at most are moved where it was asked for
TURN = 15.0  # seconds
LEASE = timedelta(seconds=60)
_AT_ONCE = 50


class _Lost(Exception):
    """The job was stopped, or another worker has it."""


def run_next() -> bool:
    """Give a turn to the waiting job that has had the fewest; False when there is none."""
    free = Q(claimed_until=None) | Q(claimed_until__lt=clock.now())
    waiting = MoveJob.objects.filter(free, state=State.WAITING).order_by("claims", "pk")
    job_id = waiting.values_list("pk", flat=True).first()
    return job_id is not None and run(job_id)


def run(job_id: int, *, seconds: float = TURN) -> bool:
    """Work a job off for about so long; False if somebody else has it. A refusal ends it with its reason."""
    job = _claim(job_id)
    if job is None:
        return False
    until = monotonic() + seconds
    try:
        while _some(job, until):
            if monotonic() > until:
                _owned(job).update(claimed_until=None)
                break
    except _Lost:
        log.info("move.lost", job=job.pk)
    except errors.TicketError as error:
        end(job.pk, State.FAILED, error)
    except (OperationalError, InterfaceError):  # two verbs that locked each other, say: the sweep goes on
        if connection.connection is None or not connection.is_usable():
            raise
        log.exception("move.interrupted", job=job.pk)
        _owned(job).update(claimed_until=None)
    except Exception:
        # Tried again it would break again, every few seconds.
        log.exception("move.broken", job=job.pk)
        end(job.pk, State.FAILED, errors.TicketError(gettext_noop("Something broke on our side.")))
    return True


def _claim(job_id: int) -> MoveJob | None:
    now = clock.now()
    free = MoveJob.objects.filter(Q(claimed_until=None) | Q(claimed_until__lt=now), state=State.WAITING)
    if not free.filter(pk=job_id).update(claimed_until=now + LEASE, claims=F("claims") + 1):
        return None
    return MoveJob.objects.select_related("owner").get(pk=job_id)


def _some(job: MoveJob, until: float) -> bool:
    """Move the next tickets; False when the job is over. Raises ``TicketError`` and ``_Lost``."""
    owner = User.objects.get(pk=job.owner_id)  # anew: what they may do can have changed
    _check_permission(job, owner)
    move = _mover(job, Actor.user(owner))
    found = _left(job)
    for ticket_id in found:
        with transaction.atomic():
            moved = move(ticket_id)
            # Last, so that the job's row is not locked while the verb works.
            if not _owned(job).update(done=F("done") + int(moved), claimed_until=clock.now() + LEASE):
                raise _Lost
        if monotonic() > until:
            return True
    if found:
        return True
    job.refresh_from_db(fields=["done"])
    with transaction.atomic():
        if not _forget(job, Actor.user(owner)):
            return True  # one more ticket has come meanwhile
        if not end(job.pk, State.DONE):
            raise _Lost
    return False


def _left(job: MoveJob) -> list[int]:
    if job.kind == Kind.TAG:
        rows = Tagging.objects.filter(tag=job.source_id).order_by("ticket_id")
        return list(rows.values_list("ticket_id", flat=True)[:_AT_ONCE])
    linked = Ticket.objects.filter(problem=job.source_id).order_by("-pk")
    return list(linked.values_list("pk", flat=True)[:_AT_ONCE])


def _mover(job: MoveJob, actor: Actor) -> Callable[[int], bool]:
    if job.kind == Kind.PROBLEM:
        into_id = job.target_id or 0
        return partial(problem_ends.move_problem, problem_id=job.source_id, into_id=into_id, actor=actor)
    tag, into = _tags(job)
    if tag is None:
        return lambda ticket_id: False  # somebody has finished it meanwhile
    return partial(tags.move_tag, tag=tag, into=into, actor=actor)


def _tags(job: MoveJob) -> tuple[Tag | None, Tag | None]:
    """The tag that goes, None once it is gone; and the one that stays. Raises ``Invalid`` if that is gone."""
    rows = Tag.objects.in_bulk([pk for pk in (job.source_id, job.target_id) if pk is not None])
    if job.target_id is not None and job.target_id not in rows:
        raise errors.Invalid("into", gettext_noop("What it should be set to no longer exists."))
    return rows.get(job.source_id), rows.get(job.target_id) if job.target_id else None


def _forget(job: MoveJob, actor: Actor) -> bool:
    if job.kind == Kind.PROBLEM:
        return problem_ends.forget_problem(
            job.source_id, into_id=job.target_id or 0, count=job.done, actor=actor
        )
    _tag, into = _tags(job)
    return tags.forget_tag(job.source_id, into=into, count=job.done, actor=actor)


def _check_permission(job: MoveJob, owner: User) -> None:
    if job.kind == Kind.TAG:
        allowed = may(owner, Permission.MANAGE_RULES)
    else:
        both = Problem.objects.filter(pk__in=[job.source_id, job.target_id])
        allowed = all(may_manage_problem(owner, problem.owner_id) for problem in both)
    if not allowed:
        raise errors.TicketError(gettext_noop("You may no longer do this."))


def _owned(job: MoveJob) -> QuerySet[MoveJob]:
    return MoveJob.objects.filter(pk=job.pk, state=State.WAITING, claims=job.claims)


def end(job_id: int, state: str, error: errors.TicketError | None = None) -> bool:
    """Let a job that is not over be over; False if it was."""
    waiting = MoveJob.objects.filter(pk=job_id, state=State.WAITING)
    told = {"reason": error.source, "params": error.params} if error else {}
    return bool(waiting.update(state=state, finished_at=clock.now(), claimed_until=None, **told))
