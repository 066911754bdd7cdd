"""Views of one's own: their order in the navigation, making, editing, copying, deleting."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from common.text import number, one_line
from desk.door import desk, post
from desk.feedback import refusal_told
from desk.request import DeskRequest
from desk.settings import sources
from desk.settings.conditions import ConditionForm
from desk.view_form import ViewForm, own_language
from desk.view_list import lines, others
from journal.actor import Actor
from people.access import Permission
from tickets import chips, commands, listing
from tickets.commands.custom_fields import MAX_LABEL
from tickets.conditions import FIELDS
from tickets.errors import Invalid
from tickets.models import View
from tickets.view_access import may_change

_BOTH = ("GET", "HEAD", "POST")


@desk()
def arrangement(request: DeskRequest) -> HttpResponse:
    """All views one has, in one's own order, with what may be done to each."""
    deleted = None
    if (gone := number(request.GET.get("deleted"))) is not None:
        row = View.objects.filter(pk=gone, is_active=False).first()
        deleted = row if row is not None and may_change(request.user, row) else None
    own = lines(request.user)
    context = {"lines": own, "others": others(request.user, own), "deleted": deleted}
    return render(request, "desk/views/arrangement.html", context)


@post(Permission.READ)
def order(request: DeskRequest) -> HttpResponse:
    """The order as it was dragged: ``row`` for each, from the top."""
    ids = [key for text in request.POST.getlist("row")[:1000] if (key := number(text)) is not None]
    commands.place_views(request.user, ids)
    return HttpResponse(status=204) if request.htmx else redirect("view_arrangement")


@post(Permission.READ)
def place(request: DeskRequest, view_id: int) -> HttpResponse:
    """One step up or down: for the keyboard, and without JavaScript."""
    ids = [view.pk for view in listing.known_views(request.user)]
    if view_id not in ids:
        raise Http404
    at = ids.index(view_id)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= to < len(ids):
        ids[at], ids[to] = ids[to], ids[at]
        commands.place_views(request.user, ids)
    return redirect("view_arrangement")


@desk(methods=_BOTH)
def new_view(request: DeskRequest) -> HttpResponse:
    """Make one: from nothing, as a copy (``from``), or of a list with the filters laid over it."""
    start = _start(request)
    if request.method == "POST":
        return _save(request, None, ViewForm(request.user, request.POST))
    if start is None:
        return _editor(request, None, ViewForm(request.user))
    filters = chips.parse(dict(request.GET.lists()))
    copy = View(
        labels=_copied(start) if not filters.query else {},
        order=filters.order or start.order,
        grouping=start.grouping,
        columns=start.columns,
        owner=request.user,
    )
    return _editor(request, None, ViewForm(request.user, start=copy, tree=filters.over(start.conditions)))


def _start(request: DeskRequest) -> View | None:
    """The view that a new one is made of; one that is not theirs is none."""
    wanted = number(request.GET.get("from"))
    if wanted is None:
        return None
    return next((view for view in listing.known_views(request.user) if view.pk == wanted), None)


def _copied(view: View) -> dict[str, str]:
    name = _("%(name)s (copy)") % {"name": one_line(view.label, MAX_LABEL - 12)}
    return {own_language(): name}


@desk(methods=_BOTH)
def definition(request: DeskRequest, view_id: int) -> HttpResponse:
    """Change one that one may change."""
    row = _changeable(request, view_id)
    if request.method == "POST":
        return _save(request, row, ViewForm(request.user, request.POST, start=row))
    return _editor(request, row, ViewForm(request.user, start=row))


def _changeable(request: DeskRequest, view_id: int, *, is_active: bool = True) -> View:
    """The view, if this person may change it. One that they only see is refused, others do not exist."""
    row = get_object_or_404(View, pk=view_id, is_active=is_active)
    if may_change(request.user, row):
        return row
    if any(view.pk == row.pk for view in listing.known_views(request.user)):
        raise PermissionDenied
    raise Http404


def _editor(request: DeskRequest, row: View | None, form: ViewForm, *, status: int = 200) -> HttpResponse:
    return render(request, "desk/views/editor.html", {"form": form, "view": row}, status=status)


def _save(request: DeskRequest, row: View | None, form: ViewForm) -> HttpResponse:
    """A button inside the form only changes the form."""
    if form.edited:
        return _editor(request, row, form)
    if form.is_valid():
        actor = Actor.user(request.user)
        try:
            if row is None:
                saved = commands.create_view(actor=actor, **form.fields)
            else:
                saved = commands.change_view(row.pk, actor=actor, **form.fields)
        except Invalid as error:
            form.refuse(error)
        else:
            messages.success(request, _("Saved."))
            known = any(view.pk == saved.pk for view in listing.known_views(request.user))
            return redirect("view", saved.pk) if known else redirect("view_arrangement")
    return _editor(request, row, form, status=422)


@post(Permission.READ)
def hiding(request: DeskRequest, view_id: int) -> HttpResponse:
    """Keep it out of one's own navigation. It is still there for others, and by its address."""
    return _hide(request, view_id, is_hidden=True)


@post(Permission.READ)
def hiding_removal(request: DeskRequest, view_id: int) -> HttpResponse:
    return _hide(request, view_id, is_hidden=False)


def _hide(request: DeskRequest, view_id: int, *, is_hidden: bool) -> HttpResponse:
    if not any(view.pk == view_id for view in listing.known_views(request.user)):
        raise Http404
    commands.hide_view(request.user, view_id, is_hidden=is_hidden)
    return redirect("view_arrangement")


@post(Permission.READ)
def deletion(request: DeskRequest, view_id: int) -> HttpResponse:
    """Delete it; the page offers the way back."""
    row = _changeable(request, view_id)
    commands.delete_view(row.pk, actor=Actor.user(request.user))
    return redirect(f"{reverse('view_arrangement')}?deleted={row.pk}")


@post(Permission.READ)
def deletion_removal(request: DeskRequest, view_id: int) -> HttpResponse:
    row = get_object_or_404(View, pk=view_id)
    if not may_change(request.user, row):
        raise Http404
    with refusal_told(request):
        commands.restore_view(row.pk, actor=Actor.user(request.user))
        messages.success(request, _("The view is back."))
    return redirect("view_arrangement")


@post(Permission.READ)
def builder(request: DeskRequest) -> HttpResponse:
    """The builder of conditions after one of its buttons: another condition, another field."""
    form = ConditionForm(request.POST, reader=request.user)
    return render(request, "desk/settings/_builder.html", {"form": form})


@desk()
def options(request: DeskRequest) -> HttpResponse:
    """Suggestions for what a list can be asked by: ``source``, and ``q``, what was typed."""
    name = request.GET.get("source", "")
    found: list[Any] = []
    if name.startswith("custom:") or name in {one.source for one in FIELDS.values() if one.is_queryable}:
        found = sources.offered(name, request.GET.get("q", ""), request.user)
    return render(request, "desk/settings/_options.html", {"options": found})
