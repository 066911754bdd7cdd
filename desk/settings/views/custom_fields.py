"""Custom fields: list and order, add, edit, switch off."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from common.text import number
from desk.door import desk, post
from desk.feedback import refusal_beside
from desk.request import DeskRequest
from desk.settings.forms.custom_field import CustomFieldForm
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from tickets.commands import custom_fields as verbs
from tickets.models import CustomField

_MANAGE = Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")


@desk(_MANAGE)
def custom_fields(request: DeskRequest) -> HttpResponse:
    """All of them in their order."""
    rows = CustomField.objects.select_related("brand").order_by("position", "pk")
    return page(request, "custom_fields", {"fields": rows})


@desk(_MANAGE, methods=_BOTH)
def new_custom_field(request: DeskRequest) -> HttpResponse:
    form = CustomFieldForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form, labels=form.label_fields[0].name):
            verbs.create_field(
                actor=Actor.user(request.user),
                kind=form.cleaned_data["kind"],
                key=form.cleaned_data["key"],
                labels=form.labels,
                choices=form.choices,
                brand=form.cleaned_data["brand"],
            )
            messages.success(request, _("The field is on every ticket's side panel now."))
            return redirect("custom_fields")
    return page(request, "custom_field", {"form": form, "field": None}, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
def custom_field(request: DeskRequest, field_id: int) -> HttpResponse:
    row = get_object_or_404(CustomField, pk=field_id)
    form = CustomFieldForm(request.POST if request.method == "POST" else None, field=row)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form, labels=form.label_fields[0].name):
            verbs.change_field(
                row.pk,
                actor=Actor.user(request.user),
                labels=form.labels,
                choices=form.choices,
                brand=form.cleaned_data["brand"],
                is_active=form.cleaned_data["is_active"],
            )
            messages.success(request, _("Saved."))
            return redirect("custom_fields")
    return page(request, "custom_field", {"form": form, "field": row}, status=422 if form.errors else 200)


@post(_MANAGE)
def custom_field_order(request: DeskRequest) -> HttpResponse:
    """The order as it was dragged: ``row`` for each, from the top."""
    ids = [key for value in request.POST.getlist("row") if (key := number(value)) is not None]
    verbs.order_fields(ids, actor=Actor.user(request.user))
    return HttpResponse(status=204) if request.htmx else redirect("custom_fields")


@post(_MANAGE)
def custom_field_move(request: DeskRequest, field_id: int) -> HttpResponse:
    """One step up or down: for the keyboard, and without JavaScript."""
    get_object_or_404(CustomField, pk=field_id)
    order = list(CustomField.objects.order_by("position", "pk").values_list("pk", flat=True))
    at = order.index(field_id)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
        verbs.order_fields(order, actor=Actor.user(request.user))
    return redirect("custom_fields")
