"""Bulk jobs of one's own: how far they are, what was refused, stop, undo."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from common import clock
from common.text import number
from desk import bulk
from desk.door import desk, post
from desk.feedback import toast
from desk.request import DeskRequest
from people.access import Permission
from tickets.bulk import starting
from tickets.models import BulkItem, BulkJob

LISTED = 30
REFUSALS = 100
REFUSALS_TOLD = 5


def begun(request: DeskRequest, job: BulkJob) -> HttpResponse:
    """The answer to whoever has begun a job: what came of a small one; a large one shows itself."""
    if not request.htmx:
        return redirect("bulk_job", job.pk)
    html = ""
    if job.is_over:
        words = bulk.words(job)
        if job.refused:
            refusals = job.items.filter(state=BulkItem.State.REFUSED).order_by("ticket")[:REFUSALS_TOLD]
            told = " ".join(f"#{item.ticket_id}: {bulk.refusal(item)}" for item in refusals)
            words = _("%(what)s Refused: %(refusals)s") % {"what": words, "refusals": told}
        else:  # all is said: the toast is enough
            BulkJob.objects.filter(pk=job.pk).update(dismissed_at=clock.now())
        undo = f"/bulk/{job.pk}/undo/" if bulk.may_undo(job) else ""
        html = toast(request, words, tone="error" if job.refused else "success", undo=undo)
    response = trigger_client_event(HttpResponse(html), "desk:changed", {})
    return trigger_client_event(response, "bulk:changed", {})


@desk()
def jobs(request: DeskRequest) -> HttpResponse:
    """The latest ones."""
    return render(request, "desk/bulk/jobs.html", {"jobs": bulk.shown(bulk.own(request.user)[:LISTED])})


@desk()
def bar(request: DeskRequest) -> HttpResponse:
    """What is shown under a list; asks for itself again while something runs."""
    return render(request, "desk/bulk/_bar.html", {"jobs": bulk.in_bar(request.user)})


@desk()
def job(request: DeskRequest, job_id: int) -> HttpResponse:
    """One of them, with what was refused and why."""
    row = _own(request, job_id)
    refused = row.items.filter(state=BulkItem.State.REFUSED, ticket__gt=number(request.GET.get("after")) or 0)
    items = list(refused.order_by("ticket")[: REFUSALS + 1])
    context = {
        "shown": bulk.shown([row])[0],
        "refusals": [(item.ticket_id, bulk.refusal(item)) for item in items[:REFUSALS]],
        "next": items[REFUSALS - 1].ticket_id if len(items) > REFUSALS else 0,
        "back": getattr(row, "undone_by", None),
    }
    return render(request, "desk/bulk/_job.html" if request.htmx else "desk/bulk/job.html", context)


@post(Permission.READ)
def cancellation(request: DeskRequest, job_id: int) -> HttpResponse:
    """Stop it where it is."""
    row = _own(request, job_id)
    if not starting.cancel(row.pk) and not request.htmx:
        messages.error(request, _("It was over already."))
    return _shown_again(request, row)


@post(Permission.READ)
def undo(request: DeskRequest, job_id: int) -> HttpResponse:
    """Bring back what it changed."""
    row = _own(request, job_id)
    undoing = starting.undo(row)
    BulkJob.objects.filter(pk=row.pk, dismissed_at=None).update(dismissed_at=clock.now())
    return begun(request, undoing)


@post(Permission.READ)
def dismissal(request: DeskRequest, job_id: int) -> HttpResponse:
    """Put it away: it stays in the list of jobs."""
    row = _own(request, job_id)
    if row.is_over:
        BulkJob.objects.filter(pk=row.pk).update(dismissed_at=clock.now())
    return _shown_again(request, row)


def _shown_again(request: DeskRequest, row: BulkJob) -> HttpResponse:
    if not request.htmx:
        return redirect("bulk_job", row.pk)
    return trigger_client_event(HttpResponse(""), "bulk:changed", {})


def _own(request: DeskRequest, job_id: int) -> BulkJob:
    return get_object_or_404(bulk.own(request.user), pk=job_id)
