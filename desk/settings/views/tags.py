"""Tags: find, rename, merge into another, remove from all tickets; and how far that is."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from common.text import storable
from desk.door import desk, post
from desk.feedback import refusal_beside
from desk.request import DeskRequest
from desk.settings import tags as shown
from desk.settings.forms.tag import TagForm
from desk.settings.menu import page
from desk.settings.naming import Use, Wanted, uses_of
from journal.actor import Actor
from people.access import Permission
from tickets.commands import tags as verbs
from tickets.errors import TicketError
from tickets.models import MoveJob, Tag
from tickets.moves import starting

_MANAGE = Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")
_LONGEST = 60


@desk(_MANAGE)
def tags(request: DeskRequest) -> HttpResponse:
    """By name, filtered by ``q``, each with how many tickets have it."""
    words = storable(request.GET.get("q", ""))[:_LONGEST].strip()
    rows, following = shown.page_of_tags(words, after=request.GET.get("after"))
    context = {
        "rows": rows,
        "words": words,
        "next": following,
        "after": request.GET.get("after"),
        "jobs": shown.latest_jobs(),
        "most": shown.MOST_COUNTED,
    }
    return page(request, "tags/list", context)


@desk(_MANAGE)
def tag_jobs(request: DeskRequest) -> HttpResponse:
    """How far merges and removals are; asks for itself again while one runs."""
    return render(request, "desk/settings/tags/_jobs.html", {"jobs": shown.latest_jobs()})


@desk(_MANAGE, methods=_BOTH)
def tag(request: DeskRequest, tag_id: int) -> HttpResponse:
    """Its name and colour, and what names it: a new name is carried on there."""
    row = get_object_or_404(Tag, pk=tag_id)
    data = request.POST if request.method == "POST" else None
    form = TagForm(data, tag=row)
    if data is not None and form.is_valid():
        with refusal_beside(form):
            left = _edit(request, row, form)
            messages.success(request, _("Saved."))
            _tell_of(request, left, row.name)
            return redirect("tags_settings")
    context = {
        "form": form,
        "row": row,
        "uses": uses_of(Wanted.tag(row.name)),
        "count": shown.counts([row])[row.pk],
        "most": shown.MOST_COUNTED,
    }
    return page(request, "tags/tag", context, status=422 if form.errors else 200)


@transaction.atomic
def _edit(request: DeskRequest, row: Tag, form: TagForm) -> list[Use]:
    actor = Actor.user(request.user)
    changed = verbs.edit_tag(row.pk, actor=actor, **form.cleaned_data)
    return shown.carry_on(row.name, changed.name, actor=actor) if changed.name != row.name else []


@desk(_MANAGE, methods=_BOTH)
def tag_merging(request: DeskRequest, tag_id: int) -> HttpResponse:
    """Choose the tag that stays (``into``, its name), see what will happen, do it."""
    row = get_object_or_404(Tag, pk=tag_id)
    given = request.POST if request.method == "POST" else request.GET
    name = storable(next((one for one in given.getlist("into") if one.strip()), "")).strip()
    into = Tag.objects.filter(name__iexact=name).first() if name else None
    error = ""
    if into is None and name:
        error = _("There is no tag “%(name)s”.") % {"name": name[:_LONGEST]}
    elif into is None and (request.method == "POST" or "into" in given):
        error = _("Choose a tag.")
    if into is not None and into.pk == row.pk:
        into, error = None, _("A tag cannot be merged into itself.")
    if request.method == "POST" and into is not None:
        try:
            return _moved(request, row, into)
        except TicketError as refusal:
            error = refusal.message
    context = {
        "row": row,
        "into": into,
        "name": name,
        "error": error,
        "uses": uses_of(Wanted.tag(row.name)) if into else [],
        "count": shown.counts([row])[row.pk],
        "most": shown.MOST_COUNTED,
    }
    return page(request, "tags/merging", context, status=422 if error else 200)


@desk(_MANAGE, methods=_BOTH)
def tag_removal(request: DeskRequest, tag_id: int) -> HttpResponse:
    """Off all tickets: asked first, with what will name a tag that is gone."""
    row = get_object_or_404(Tag, pk=tag_id)
    error = ""
    if request.method == "POST":
        try:
            return _moved(request, row, None)
        except TicketError as refusal:
            error = refusal.message
    context = {
        "row": row,
        "error": error,
        "uses": uses_of(Wanted.tag(row.name)),
        "count": shown.counts([row])[row.pk],
        "most": shown.MOST_COUNTED,
    }
    return page(request, "tags/removal", context, status=422 if error else 200)


@transaction.atomic
def _named_anew(request: DeskRequest, row: Tag, into: Tag) -> list[Use]:
    return shown.carry_on(row.name, into.name, actor=Actor.user(request.user))


def _moved(request: DeskRequest, row: Tag, into: Tag | None) -> HttpResponse:
    """Begin the job; rules first, so that none gives the old tag to a ticket meanwhile."""
    left = _named_anew(request, row, into) if into is not None else []
    job = starting.merge_tag(row, into, owner=request.user)
    if job.state == MoveJob.State.DONE:
        messages.success(request, _("Done: “%(name)s” is gone.") % {"name": row.name})
    else:
        messages.success(request, _("It goes on in the background; this page shows how far it is."))
    _tell_of(request, left, row.name)
    return redirect("tags_settings")


def _tell_of(request: DeskRequest, left: list[Use], name: str) -> None:
    if left:
        named = ", ".join(f"{use.kind} “{use.name}”" for use in left[:8])
        words = _("“%(name)s” is still named there, change it by hand: %(uses)s")
        messages.warning(request, words % {"name": name, "uses": named})


@post(_MANAGE)
def tag_job_stop(request: DeskRequest, job_id: int) -> HttpResponse:
    """Stop it after the ticket it is at."""
    job = get_object_or_404(MoveJob, pk=job_id, kind=MoveJob.Kind.TAG)
    if starting.stop(job.pk):
        messages.success(request, _("Stopped. What was changed stays so; the tag is still there."))
    else:
        messages.error(request, _("It was over already."))
    return redirect("tags_settings")
