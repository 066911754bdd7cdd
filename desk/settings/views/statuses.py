"""Statuses: by category, in order; add, rename, choose the default, switch off."""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.text import number
from desk.door import desk, post
from desk.feedback import refusal_beside, refusal_told
from desk.request import DeskRequest
from desk.seen import in_turn
from desk.settings.forms.status import StatusForm
from desk.settings.menu import page
from desk.settings.naming import Wanted, uses_of
from journal.actor import Actor
from people.access import Permission
from tickets.commands import statuses as verbs
from tickets.models import Category, Status
from tickets.status import default_status

_MANAGE = Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")
# What each category means to clocks and to the customer, for whoever names a shade of it.
_MEANING: dict[Category, str | Promise] = {
    Category.NEW: gettext_lazy("Nobody has begun. The customer sees: received."),
    Category.OPEN: gettext_lazy("We are at it, and clocks run. The customer sees: in work."),
    Category.PENDING: gettext_lazy("The customer has to answer. They see: your turn."),
    Category.ON_HOLD: gettext_lazy("Somebody else has to answer. The customer sees: on hold."),
    Category.RESOLVED: gettext_lazy("Done, unless the customer says otherwise. They see: solved."),
    Category.CLOSED: gettext_lazy("Over. The customer sees: closed."),
}


@dataclass(frozen=True)
class Group:
    category: Category
    meaning: str | Promise
    rows: list[Status]


@desk(_MANAGE)
def statuses(request: DeskRequest) -> HttpResponse:
    rows = list(Status.objects.all())
    groups = [
        Group(category, _MEANING[category], [row for row in rows if row.category == category])
        for category in Category
    ]
    return page(request, "statuses/list", {"groups": groups})


@desk(_MANAGE, methods=_BOTH)
def new_status(request: DeskRequest) -> HttpResponse:
    """A new one; ``?category=`` chooses its category beforehand."""
    category = number(request.GET.get("category"))
    data = request.POST if request.method == "POST" else None
    form = StatusForm(data, category=category if category in Category.values else None)
    if data is not None and form.is_valid():
        with refusal_beside(form, labels=form.label_fields[0].name):
            verbs.create_status(
                actor=Actor.user(request.user), category=form.cleaned_data["category"], labels=form.labels
            )
            messages.success(request, _("The status can be chosen now."))
            return redirect("statuses")
    context = {"form": form, "row": None}
    return page(request, "statuses/status", context, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
@in_turn
def status(request: DeskRequest, status_id: int) -> HttpResponse:
    """Its names, and which rules, views and macros name it; with ``?off`` whether to switch it off."""
    row = get_object_or_404(Status, pk=status_id)
    data = request.POST if request.method == "POST" else None
    form = StatusForm(data, row=row)
    if data is not None and form.is_valid():
        with refusal_beside(form, labels=form.label_fields[0].name):
            verbs.change_status(row.pk, actor=Actor.user(request.user), labels=form.labels)
            messages.success(request, _("Saved."))
            return redirect("statuses")
    context = {
        "form": form,
        "row": row,
        "category": Category(row.category).label,
        "uses": uses_of(Wanted.status(row.pk)),
        "instead": None if row.is_default else default_status(Category(row.category)),
        "asks_off": "off" in request.GET and row.is_active and not row.is_default,
    }
    return page(request, "statuses/status", context, status=422 if form.errors else 200)


@post(_MANAGE)
def status_order(request: DeskRequest, category: int) -> HttpResponse:
    """A category's order as it was dragged: ``row`` for each, from the top."""
    if category not in Category.values:
        raise Http404
    ids = [key for text in request.POST.getlist("row")[:200] if (key := number(text)) is not None]
    verbs.order_statuses(category, ids, actor=Actor.user(request.user))
    return HttpResponse(status=204) if request.htmx else redirect("statuses")


@post(_MANAGE)
def status_move(request: DeskRequest, status_id: int) -> HttpResponse:
    """One step up or down within its category: for the keyboard, and without JavaScript."""
    row = get_object_or_404(Status, pk=status_id)
    order = list(Status.objects.filter(category=row.category).values_list("pk", flat=True))
    at = order.index(row.pk)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
        verbs.order_statuses(row.category, order, actor=Actor.user(request.user))
    return redirect("statuses")


@post(_MANAGE)
def status_switch(request: DeskRequest, status_id: int) -> HttpResponse:
    """Off, or on again: ``to`` says which. Where something names it, its page asks first (``sure``)."""
    row = get_object_or_404(Status, pk=status_id)
    on = request.POST.get("to") == "on"
    asks = not on and row.is_active and not row.is_default and "sure" not in request.POST
    if asks and uses_of(Wanted.status(row.pk)):
        return redirect(f"{reverse('status_settings', args=[row.pk])}?off=1")
    with refusal_told(request):
        verbs.switch_status(row.pk, is_active=on, actor=Actor.user(request.user))
        _tell_of(request, row, on=on)
    return redirect("statuses")


def _tell_of(request: DeskRequest, row: Status, *, on: bool) -> None:
    if on:
        messages.success(request, _("“%(name)s” can be chosen again.") % {"name": row.label})
        return
    words = _("“%(name)s” is switched off: tickets that have it keep it, nobody is offered it.")
    messages.success(request, words % {"name": row.label})


@post(_MANAGE)
def status_default(request: DeskRequest, status_id: int) -> HttpResponse:
    """What automatic moves into its category use from now on."""
    row = get_object_or_404(Status, pk=status_id)
    with refusal_told(request):
        verbs.make_default(row.pk, actor=Actor.user(request.user))
        messages.success(request, _("Automatic moves use “%(name)s” now.") % {"name": row.label})
    return redirect("statuses")
