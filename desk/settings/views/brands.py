"""Brands: what customers know us as."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from desk.door import desk
from desk.feedback import refusal_beside
from desk.request import DeskRequest
from desk.settings.forms.brand import BrandForm
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from tickets import brands as verbs
from tickets.models import Brand
from tickets.portal_links import base_url

_MANAGE = Permission.MANAGE_PEOPLE
_BOTH = ("GET", "HEAD", "POST")
_NEW = {"language": "en", "time_zone": "UTC", "colour": "#3d55cc", "is_active": True}


@desk(_MANAGE)
def brands(request: DeskRequest) -> HttpResponse:
    return page(request, "brands", {"brands": Brand.objects.order_by("-is_active", "name")})


@desk(_MANAGE, methods=_BOTH)
def new_brand(request: DeskRequest) -> HttpResponse:
    form = BrandForm(request.POST or None, request.FILES or None, initial=_NEW)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form):
            with transaction.atomic():
                row = verbs.create_brand(actor=Actor.user(request.user), **form.values())
                _logo(request, row.pk, form)
            messages.success(request, _("The brand is there. Connect an inbox to it."))
            return redirect("brands")
    return page(request, "brand", {"form": form, "brand": None}, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
def brand(request: DeskRequest, brand_id: int) -> HttpResponse:
    row = get_object_or_404(Brand, pk=brand_id)
    form = BrandForm(request.POST or None, request.FILES or None, brand=row)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form):
            with transaction.atomic():
                verbs.change_brand(row.pk, actor=Actor.user(request.user), **form.values())
                _logo(request, row.pk, form)
            messages.success(request, _("Saved."))
            return redirect("brands")
    context = {"form": form, "brand": row, "portal": base_url(row), "logo_url": _logo_url(row)}
    return page(request, "brand", context, status=422 if form.errors else 200)


def _logo(request: DeskRequest, brand_id: int, form: BrandForm) -> None:
    if (data := form.logo_bytes()) is not None:
        verbs.set_logo(brand_id, data=data, actor=Actor.user(request.user))


def _logo_url(row: Brand) -> str:
    """As the portal shows it; the page of settings shows none while the portal is off."""
    if not row.logo_path or not row.portal_is_on:
        return ""
    return reverse("portal_logo", kwargs={"slug": row.slug, "mark": row.logo_path.rpartition("/")[2][:16]})
