"""Ends of a problem: deleting one that was a mistake, merging one into another."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from common.text import number, storable
from desk.door import desk, post
from desk.problems.showing import find_problem
from desk.request import DeskRequest
from desk.settings.naming import Wanted, uses_of
from journal.actor import Actor
from people.access import Permission, may_manage_problem
from tickets import problems
from tickets.commands.problem_ends import check_deletion, check_merge, delete_problem
from tickets.errors import TicketError
from tickets.models import MoveJob, Problem, Ticket
from tickets.moves import starting

_BOTH = ("GET", "HEAD", "POST")
_OFFERED = 20


def _managed(request: DeskRequest, problem_id: int) -> Problem:
    row = find_problem(problem_id)
    if not may_manage_problem(request.user, row.owner_id):
        raise PermissionDenied
    return row


@desk(Permission.EDIT, methods=_BOTH)
def deletion(request: DeskRequest, problem_id: int) -> HttpResponse:
    """Asked first; while something hangs on it only a merge is offered, with why."""
    row = _managed(request, problem_id)
    error = hindrance = ""
    if request.method == "POST":
        try:
            delete_problem(row.pk, actor=Actor.user(request.user))
        except TicketError as refusal:
            error = refusal.message
        else:
            messages.success(request, _("The problem “%(title)s” is deleted.") % {"title": row.title})
            return redirect("problems")
    try:
        check_deletion(row)
    except TicketError as refusal:
        hindrance = refusal.message
    # All that hinder it, those that are merged away or deleted too: not what the page of a problem counts.
    linked = Ticket.objects.filter(problem=row).count() if hindrance else 0
    context = {
        "problem": row,
        "error": error,
        "hindrance": hindrance,
        "linked": linked,
        "uses": [] if hindrance else uses_of(Wanted.problem(row.pk)),
    }
    return render(request, "desk/problems/deletion.html", context, status=422 if error else 200)


@desk(Permission.EDIT, methods=_BOTH)
def merging(request: DeskRequest, problem_id: int) -> HttpResponse:
    """Choose the problem that stays (``q`` finds, ``into`` is its key), see what will happen, do it."""
    row = _managed(request, problem_id)
    given = request.POST if request.method == "POST" else request.GET
    key, error = number(given.get("into")), ""
    into = _managed(request, key) if key is not None else None
    if into is not None:
        try:
            if request.method == "POST":
                return _merge(request, row, into)
            check_merge(row, into)
        except TicketError as refusal:
            into, error = None, refusal.message
    words = storable(request.GET.get("q", ""))[:100].strip()
    rows = Problem.objects.exclude(pk=row.pk)
    if not may_manage_problem(request.user, None):
        rows = rows.filter(owner=request.user)
    context = {
        "problem": row,
        "into": into,
        "error": error,
        "words": words,
        "found": problems.search(rows, words)[:_OFFERED] if into is None else [],
        "counts": problems.counts([row.pk])[row.pk],
        "uses": uses_of(Wanted.problem(row.pk)) if into is not None else [],
    }
    return render(request, "desk/problems/merging.html", context, status=422 if error else 200)


@post(Permission.EDIT)
def merging_stop(request: DeskRequest, job_id: int) -> HttpResponse:
    """Stop a merge after the ticket it is at. Whoever looks after one of the two may."""
    job = get_object_or_404(MoveJob, pk=job_id, kind=MoveJob.Kind.PROBLEM)
    both = {row.pk: row for row in Problem.objects.filter(pk__in=[job.source_id, job.target_id])}
    if not any(may_manage_problem(request.user, row.owner_id) for row in both.values()):
        raise PermissionDenied
    if starting.stop(job.pk):
        messages.success(request, _("Stopped. What was moved stays so; both problems are still there."))
    else:
        messages.error(request, _("It was over already."))
    return redirect("problem", job.source_id if job.source_id in both else job.target_id)


def _merge(request: DeskRequest, row: Problem, into: Problem) -> HttpResponse:
    job = starting.merge_problem(row, into, owner=request.user)
    if job.state == MoveJob.State.DONE:
        messages.success(request, _("Its tickets are here now, and it is gone."))
    elif job.state == MoveJob.State.FAILED:
        messages.error(request, _(job.reason) % job.params if job.params else _(job.reason))
    else:
        messages.success(request, _("Its tickets come here in the background; it goes when all have."))
    return redirect("problem", into.pk)
