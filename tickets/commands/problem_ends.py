"""Verbs that end a problem: deleting one that nothing hangs on, and moving everything into another one."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_noop

from journal.actor import Actor
from journal.record import moment, record
from tickets import errors
from tickets.commands.problems import begin_problem
from tickets.models import Broadcast, Problem, Ticket
from tickets.problem_events import ProblemDeleted, ProblemLinked, ProblemMerged, ProblemMergeReceived


@transaction.atomic
def delete_problem(problem_id: int, *, actor: Actor, at: datetime | None = None) -> None:
    """Take away a problem that was a mistake. Raises ``Invalid`` while a ticket is linked to it (one that was
    merged away or deleted counts), or once customers have been written to because of it."""
    problem, at = begin_problem(problem_id, at)
    # Also keeps link_problem out, which holds a share of the row.
    Problem.objects.select_for_update().get(pk=problem.pk)
    check_deletion(problem)
    record(ProblemDeleted(problem.pk, problem.title, problem.kind, problem.stage), actor=actor, at=at)
    problem.delete()


def check_deletion(problem: Problem) -> None:
    """Raise ``Invalid`` unless nothing hangs on it, as ``delete_problem``."""
    if Ticket.objects.filter(problem=problem).exists():
        raise errors.Invalid(
            "problem", gettext_noop("Tickets are linked to it. Merge it into another one instead.")
        )
    if Broadcast.objects.filter(problem=problem).exists():
        raise errors.Invalid("problem", gettext_noop("Customers were written to because of it: it stays."))


def check_merge(problem: Problem, into: Problem) -> None:
    """Raise ``Invalid`` unless everything of ``problem`` may go into ``into``: brands never mix, and nobody
    is being written to meanwhile."""
    if problem.pk == into.pk:
        raise errors.Invalid("into", gettext_noop("A problem cannot be merged into itself."))
    if Broadcast.objects.filter(problem=problem, state=Broadcast.State.SENDING).exists():
        raise errors.Invalid("into", gettext_noop("A message is being sent because of it. Wait, or stop it."))
    if into.brand_id not in {None, problem.brand_id} and (
        Ticket.objects.filter(problem=problem).exclude(brand=into.brand_id).exists()
    ):
        raise errors.Invalid("into", gettext_noop("Tickets of another brand are linked to it."))


@transaction.atomic
def move_problem(
    ticket_id: int, *, problem_id: int, into_id: int, actor: Actor, at: datetime | None = None
) -> bool:
    """Link the ticket to ``into_id`` instead; False if it was not linked to the other any more.

    As ``link_problem``, but also on a ticket that was merged away, which keeps its problem for when that is
    undone. Raises ``Invalid`` for another brand's.
    """
    ticket = Ticket.objects.lock(ticket_id)
    if ticket.problem_id != problem_id:
        return False
    at = moment("ticket", ticket.pk, at)
    found = Problem.objects.raw("SELECT * FROM tickets_problem WHERE id = %s FOR SHARE", [into_id])
    into = next(iter(found), None)
    if into is None:
        raise errors.Invalid("problem", gettext_noop("There is no such problem."))
    if into.brand_id not in {None, ticket.brand_id}:
        raise errors.Invalid("problem", gettext_noop("This problem belongs to another brand."))
    ticket.problem = into
    ticket.save(update_fields=["problem"])
    record(ProblemLinked(ticket.pk, into.pk, problem_id), actor=actor, at=at)
    return True


@transaction.atomic
def forget_problem(problem_id: int, *, into_id: int, count: int, actor: Actor) -> bool:
    """Delete a problem that no ticket has any more, and let the other one keep the messages written because
    of it; False, and nothing, while a ticket has it."""
    problem = Problem.objects.select_for_update().filter(pk=problem_id).first()
    if problem is None:
        return True
    if Ticket.objects.filter(problem=problem).exists():
        return False
    into, at = begin_problem(into_id)
    Broadcast.objects.filter(problem=problem).update(problem=into)
    record(ProblemMerged(problem.pk, problem.title, into.pk, into.title, count), actor=actor)
    record(ProblemMergeReceived(into.pk, problem.pk, problem.title, count), actor=actor, at=at)
    problem.delete()
    return True
