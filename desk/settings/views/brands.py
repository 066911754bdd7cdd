"""Brands: what customers know us as."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from desk.door import desk
from desk.request import DeskRequest
from desk.settings.forms.people import BrandForm
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from tickets import brands as verbs
from tickets.errors import Invalid
from tickets.models import Brand

_MANAGE = Permission.MANAGE_PEOPLE
_BOTH = ("GET", "HEAD", "POST")
_NEW = {"language": "en", "time_zone": "UTC", "colour": "#3d55cc", "is_active": True}


@desk(_MANAGE)
def brands(request: DeskRequest) -> HttpResponse:
    return page(request, "brands", {"brands": Brand.objects.order_by("-is_active", "name")})


@desk(_MANAGE, methods=_BOTH)
def new_brand(request: DeskRequest) -> HttpResponse:
    form = BrandForm(request.POST or None, initial=_NEW)
    if request.method == "POST" and form.is_valid():
        try:
            verbs.create_brand(actor=Actor.user(request.user), **form.cleaned_data)
        except Invalid as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, _("The brand is there. Connect an inbox to it."))
            return redirect("brands")
    return page(request, "brand", {"form": form, "brand": None}, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
def brand(request: DeskRequest, brand_id: int) -> HttpResponse:
    row = get_object_or_404(Brand, pk=brand_id)
    initial = {name: getattr(row, name) for name in BrandForm.base_fields}
    form = BrandForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            verbs.change_brand(row.pk, actor=Actor.user(request.user), **form.cleaned_data)
        except Invalid as error:
            form.add_error("name", error.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("brands")
    return page(request, "brand", {"form": form, "brand": row}, status=422 if form.errors else 200)
