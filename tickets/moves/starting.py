"""Beginning and stopping jobs."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_noop

from common import clock
from common.queue import ask_on_commit
from people.models import User
from tickets import errors, tasks
from tickets.commands import problem_ends
from tickets.models import MoveJob, Problem, Tag, Tagging, Ticket
from tickets.moves import running

Kind, State = MoveJob.Kind, MoveJob.State
PATIENCE = 5.0  # seconds somebody waits for a small job
MOST_COUNTED = 100_000


def merge_tag(tag: Tag, into: Tag | None, *, owner: User) -> MoveJob:
    """Give all tickets of ``tag`` the tag ``into``, or with None none. Raises ``Invalid``."""
    if into is not None and tag.pk == into.pk:
        raise errors.Invalid("into", gettext_noop("A tag cannot be merged into itself."))
    if into is not None and _is_leaving(Kind.TAG, into.pk):
        raise errors.Invalid("into", gettext_noop("This one is itself being merged or removed."))
    total = Tagging.objects.filter(tag=tag)[:MOST_COUNTED].count()
    return _begin(Kind.TAG, (tag.pk, tag.name), (into.pk, into.name) if into else None, total, owner)


def merge_problem(problem: Problem, into: Problem, *, owner: User) -> MoveJob:
    """Let ``into`` be the cause of all tickets of ``problem``. Raises ``Invalid``."""
    problem_ends.check_merge(problem, into)
    if _is_leaving(Kind.PROBLEM, into.pk):
        raise errors.Invalid("into", gettext_noop("This one is itself being merged or removed."))
    total = Ticket.objects.filter(problem=problem)[:MOST_COUNTED].count()
    return _begin(Kind.PROBLEM, (problem.pk, problem.title), (into.pk, into.title), total, owner)


def stop(job_id: int) -> bool:
    """End a job after the ticket it is at; what it has moved stays moved. False if it was over already."""
    return running.end(job_id, State.STOPPED)


def _is_leaving(kind: str, pk: int) -> bool:
    return MoveJob.objects.filter(kind=kind, source_id=pk, state=State.WAITING).exists()


def _begin(
    kind: str, source: tuple[int, str], target: tuple[int, str] | None, total: int, owner: User
) -> MoveJob:
    target_id, target_name = target or (None, "")
    try:
        with transaction.atomic():
            job = MoveJob.objects.create(
                kind=kind, source_id=source[0], source_name=source[1], target_id=target_id,
                target_name=target_name, owner=owner, total=total, created_at=clock.now(),
            )  # fmt: skip
    except IntegrityError as error:
        raise errors.Invalid("into", gettext_noop("This is being done already.")) from error
    if total <= running.SMALL:
        running.run(job.pk, seconds=PATIENCE)
    else:
        ask_on_commit(tasks.run_moves)
    return MoveJob.objects.get(pk=job.pk)
