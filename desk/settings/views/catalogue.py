"""Services and topics: lists and order, add, edit, switch off."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from common.text import number
from desk.door import desk, post
from desk.request import DeskRequest
from desk.settings.forms.catalogue import LANGUAGES, NamedForm, ServiceForm, TopicForm
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from tickets.commands import catalogue as verbs
from tickets.errors import Invalid
from tickets.models import Service, Topic

_MANAGE = Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")


@desk(_MANAGE)
def services(request: DeskRequest) -> HttpResponse:
    return page(request, "catalogue/services", {"rows": Service.objects.select_related("brand")})


@desk(_MANAGE, methods=_BOTH)
def new_service(request: DeskRequest) -> HttpResponse:
    form = ServiceForm(request.POST if request.method == "POST" else None)
    if (row := _act(request, form, verbs.create_service)) is not None:
        messages.success(request, _("The service is in the catalogue."))
        return redirect("service", row.pk)
    context = {"form": form, "row": None}
    return page(request, "catalogue/service", context, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
def service(request: DeskRequest, service_id: int) -> HttpResponse:
    row = get_object_or_404(Service.objects.select_related("brand"), pk=service_id)
    form = ServiceForm(request.POST if request.method == "POST" else None, row=row)
    if _act(request, form, lambda **values: verbs.change_service(row.pk, **values)) is not None:
        messages.success(request, _("Saved."))
        return redirect("services")
    context = {"form": form, "row": row}
    return page(request, "catalogue/service", context, status=422 if form.errors else 200)


@post(_MANAGE)
def service_order(request: DeskRequest) -> HttpResponse:
    """The order as it was dragged: ``row`` for each, from the top."""
    verbs.order_services(_dragged(request), actor=Actor.user(request.user))
    return HttpResponse(status=204) if request.htmx else redirect("services")


@post(_MANAGE)
def service_move(request: DeskRequest, service_id: int) -> HttpResponse:
    """One step up or down: for the keyboard, and without JavaScript."""
    get_object_or_404(Service, pk=service_id)
    order = list(Service.objects.values_list("pk", flat=True))
    verbs.order_services(_stepped(request, order, service_id), actor=Actor.user(request.user))
    return redirect("services")


@desk(_MANAGE)
def topics(request: DeskRequest) -> HttpResponse:
    return page(request, "catalogue/topics", {"rows": Topic.objects.select_related("brand")})


@desk(_MANAGE, methods=_BOTH)
def new_topic(request: DeskRequest) -> HttpResponse:
    form = TopicForm(request.POST if request.method == "POST" else None)
    if _act(request, form, verbs.create_topic) is not None:
        messages.success(request, _("The topic can be chosen now."))
        return redirect("topics")
    context = {"form": form, "row": None}
    return page(request, "catalogue/topic", context, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
def topic(request: DeskRequest, topic_id: int) -> HttpResponse:
    row = get_object_or_404(Topic.objects.select_related("brand"), pk=topic_id)
    form = TopicForm(request.POST if request.method == "POST" else None, row=row)
    if _act(request, form, lambda **values: verbs.change_topic(row.pk, **values)) is not None:
        messages.success(request, _("Saved."))
        return redirect("topics")
    context = {"form": form, "row": row}
    return page(request, "catalogue/topic", context, status=422 if form.errors else 200)


@post(_MANAGE)
def topic_order(request: DeskRequest) -> HttpResponse:
    verbs.order_topics(_dragged(request), actor=Actor.user(request.user))
    return HttpResponse(status=204) if request.htmx else redirect("topics")


@post(_MANAGE)
def topic_move(request: DeskRequest, topic_id: int) -> HttpResponse:
    get_object_or_404(Topic, pk=topic_id)
    order = list(Topic.objects.values_list("pk", flat=True))
    verbs.order_topics(_stepped(request, order, topic_id), actor=Actor.user(request.user))
    return redirect("topics")


def _act(request: DeskRequest, form: NamedForm, verb: Callable[..., Any]) -> Any:
    """Let the verb act on what the form says; None where something is not right, which the form then says."""
    if request.method != "POST" or not form.is_valid():
        return None
    try:
        return verb(actor=Actor.user(request.user), **form.values())
    except Invalid as error:
        place = {"labels": f"label_{LANGUAGES[0]}", "descriptions": f"description_{LANGUAGES[0]}"}
        name = place.get(error.field, error.field)
        form.add_error(name if name in form.fields else None, error.message)
        return None


def _dragged(request: DeskRequest) -> list[int]:
    return [key for value in request.POST.getlist("row") if (key := number(value)) is not None]


def _stepped(request: DeskRequest, order: list[int], key: int) -> list[int]:
    at = order.index(key)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
    return order
