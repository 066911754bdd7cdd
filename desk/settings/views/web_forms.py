"""Web forms: those of each brand, and the questions of each service, without anything to write by hand."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from channels_in import form_fields as verbs
from channels_in import web_forms as forms
from channels_in.kinds.web_form.definition import form_of, person_fields, usual_fields
from channels_in.kinds.web_form.tokens import sign_preview
from channels_in.models import FormField, ServiceForm, WebForm
from common.labels import in_language
from common.text import number
from desk.door import desk, post
from desk.feedback import refusal_beside, refusal_told
from desk.request import DeskRequest
from desk.settings.forms.form_field import FormFieldForm, ServiceWordsForm, WebFormForm
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from tickets.errors import Invalid
from tickets.models import Brand, Service
from tickets.portal_links import base_url

_MANAGE = Permission.MANAGE_INBOXES
_BOTH = ("GET", "HEAD", "POST")
# Where a verb's refusal is said, if not at the input it names.
_PLACES = {"labels": "label_en", "help": "help_en", "intro": "intro_en", "thanks": "thanks_en"}


@desk(_MANAGE)
def web_forms(request: DeskRequest) -> HttpResponse:
    """The brands' forms, and the services with how much each asks."""
    rows = {row.inbox.brand_id: row for row in WebForm.objects.select_related("inbox")}
    brands = [(brand, rows.get(brand.pk)) for brand in Brand.objects.filter(is_active=True)]
    services = Service.objects.select_related("brand", "form__team").annotate(asked=Count("form_fields"))
    return page(request, "web_forms/list", {"brands": brands, "services": services})


@desk(_MANAGE, methods=_BOTH)
def web_form(request: DeskRequest, brand_id: int) -> HttpResponse:
    """How one brand's forms are open, with what other sites copy onto their pages."""
    brand = get_object_or_404(Brand, pk=brand_id, is_active=True)
    row = forms.form_of_brand(brand)
    form = WebFormForm(request.POST if request.method == "POST" else None, row=row)
    if request.method == "POST" and form.is_valid():
        actor = Actor.user(request.user)
        with refusal_beside(form, **_PLACES):
            row = forms.need_form_of_brand(brand, actor=actor)
            forms.change_web_form(row.pk, actor=actor, **form.values)
            messages.success(request, _("Saved."))
            return redirect("web_form_settings", brand.pk)
    context = {"form": form, "brand": brand, "row": row, "snippets": _snippets(brand, row)}
    return page(request, "web_forms/brand", context, status=422 if form.errors else 200)


def _snippets(brand: Brand, row: WebForm | None) -> list[dict[str, Any]]:
    """For the general form and each public service: what to paste."""
    if row is None or not row.sites:
        return []
    found = []
    services: list[Service | None] = [
        None,
        *Service.objects.filter(brand=brand),
        *Service.objects.filter(brand=None),
    ]
    for service in services:
        name = str(service.pk) if service is not None else "general"
        label = service.label if service is not None else _("General form")
        found.append(
            {"label": label, "frame": _tag(row, name, label), "plain": _plain_form(row, service, name)}
        )
    return found


def _tag(row: WebForm, service: str, label: str) -> str:
    title = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return (
        f'<script src="{settings.BASE_URL}/forms/embed.js" data-form="{row.key}" data-service="{service}" '
        f'data-title="{title}" async></script>'
    )


def _plain_form(row: WebForm, service: Service | None, name: str) -> str:
    """Plain HTML with every question, the hidden trap, and where to go afterwards."""
    action = f"{settings.BASE_URL}/forms/{row.key}/{name}/post/"
    lines = [f'<form method="post" action="{action}" enctype="multipart/form-data">']
    for one in [*person_fields(), *form_of(service, row.inbox.brand).fields]:
        label = in_language(dict(one.labels)).replace("&", "&amp;").replace("<", "&lt;")
        must = " required" if one.required else ""
        options = "".join(
            f'<option value="{choice.value}">{in_language(dict(choice.labels))}</option>'
            for choice in one.choices
        )
        control = {
            "long_text": f'<textarea name="{one.key}"{must}></textarea>',
            "choice": f'<select name="{one.key}"{must}><option value=""></option>{options}</select>',
            "choices": f'<select name="{one.key}" multiple{must}>{options}</select>',
            "file": f'<input type="file" name="{one.key}" multiple>',
            "consent": f'<input type="checkbox" name="{one.key}" value="on"{must}>',
        }.get(str(one.kind), f'<input type="{_INPUTS.get(str(one.kind), "text")}" name="{one.key}"{must}>')
        lines.append(f"  <p><label>{label} {control}</label></p>")
    lines += [
        '  <input type="text" name="website" hidden tabindex="-1" autocomplete="off">',
        f'  <input type="hidden" name="next" value="{row.sites[0]}/">',
        f"  <button>{_('Send')}</button>",
        "</form>",
    ]
    return "\n".join(lines)


_INPUTS = {"email": "email", "phone": "tel", "date": "date"}


@desk(_MANAGE, methods=_BOTH)
def service_form(request: DeskRequest, service_id: int) -> HttpResponse:
    """A service's form: its questions in their order, what surrounds them, and a preview."""
    service = _service(service_id)
    row = ServiceForm.objects.filter(service=service).first()
    form = ServiceWordsForm(request.POST if request.method == "POST" else None, row=row)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form, **_PLACES):
            forms.change_service_form(service.pk, actor=Actor.user(request.user), **form.values)
            messages.success(request, _("Saved."))
            return redirect("service_form", service.pk)
    fields = list(FormField.objects.filter(service=service).select_related("shown_by", "custom_field"))
    brand = service.brand or Brand.objects.filter(is_active=True).first()
    context = {
        "service": service,
        "form": form,
        "rows": [(field, _condition(field)) for field in fields],
        "usual": [] if fields else usual_fields(),
        "kinds": FormField.Kind.choices,
        "preview": f"/forms/preview/{sign_preview(brand.pk, service.pk)}/" if brand is not None else "",
        "portal": f"{base_url(brand)}/new/{service.pk}/" if brand is not None and brand.portal_is_on else "",
    }
    return page(request, "web_forms/service", context, status=422 if form.errors else 200)


def _condition(field: FormField) -> str:
    """When it is shown, in words."""
    above = field.shown_by
    if above is None:
        return ""
    if not field.shown_values:
        return _("if “%(field)s” is filled in") % {"field": above.label}
    labels = dict(verbs.offered_by(above, field.service.brand))
    words = ", ".join(in_language(dict(labels.get(value, {"en": value}))) for value in field.shown_values)
    return _("if “%(field)s” is: %(values)s") % {"field": above.label, "values": words}


@post(_MANAGE)
def usual_questions(request: DeskRequest, service_id: int) -> HttpResponse:
    """Edit from what an unedited form asks."""
    verbs.begin_with_usual(_service(service_id).pk, actor=Actor.user(request.user))
    return redirect("service_form", service_id)


@desk(_MANAGE, methods=_BOTH)
def new_form_field(request: DeskRequest, service_id: int, kind: str) -> HttpResponse:
    service = _service(service_id)
    if kind not in FormField.Kind.values:
        return redirect("service_form", service.pk)
    earlier = list(FormField.objects.filter(service=service).select_related("custom_field"))
    form = FormFieldForm(
        request.POST if request.method == "POST" else None, service=service, kind=kind, earlier=earlier
    )
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form, **_PLACES):
            verbs.add_field(
                service.pk,
                actor=Actor.user(request.user),
                kind=kind,
                key=form.cleaned_data["key"],
                **form.values,
            )
            messages.success(request, _("The question is in the form."))
            return redirect("service_form", service.pk)
    return _field_page(request, service, form, None)


@desk(_MANAGE, methods=_BOTH)
def form_field(request: DeskRequest, service_id: int, field_id: int) -> HttpResponse:
    service = _service(service_id)
    rows = list(FormField.objects.filter(service=service).select_related("custom_field"))
    row = get_object_or_404(FormField, pk=field_id, service=service)
    earlier = [one for one in rows if (one.position, one.pk) < (row.position, row.pk)]
    form = FormFieldForm(
        request.POST if request.method == "POST" else None,
        service=service,
        kind=row.kind,
        earlier=earlier,
        row=row,
    )
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form, **_PLACES):
            verbs.change_field(row.pk, actor=Actor.user(request.user), **form.values)
            messages.success(request, _("Saved."))
            return redirect("service_form", service.pk)
    return _field_page(request, service, form, row)


def _field_page(
    request: DeskRequest, service: Service, form: FormFieldForm, row: FormField | None
) -> HttpResponse:
    context = {"service": service, "form": form, "row": row, "kind_label": FormField.Kind(form.kind).label}
    return page(request, "web_forms/field", context, status=422 if form.errors else 200)


@post(_MANAGE)
def form_field_removal(request: DeskRequest, service_id: int, field_id: int) -> HttpResponse:
    """Take it out of the form. What was answered to it stays in the tickets."""
    row = get_object_or_404(FormField, pk=field_id, service_id=service_id)
    with refusal_told(request):
        verbs.remove_field(row.pk, actor=Actor.user(request.user))
        messages.success(request, _("The question is out of the form. What was answered to it stays."))
    return redirect("service_form", service_id)


@post(_MANAGE)
def form_field_order(request: DeskRequest, service_id: int) -> HttpResponse:
    """The order as it was dragged: ``row`` for each, from the top. 422 with words where it cannot be."""
    ids = [key for value in request.POST.getlist("row") if (key := number(value)) is not None]
    try:
        verbs.order_fields(_service(service_id).pk, ids, actor=Actor.user(request.user))
    except Invalid as error:
        if request.htmx:
            return HttpResponse(error.message, status=422, content_type="text/plain; charset=utf-8")
        messages.error(request, error.message)
    return HttpResponse(status=204) if request.htmx else redirect("service_form", service_id)


@post(_MANAGE)
def form_field_move(request: DeskRequest, service_id: int, field_id: int) -> HttpResponse:
    """One step up or down: for the keyboard, and without JavaScript."""
    get_object_or_404(FormField, pk=field_id, service_id=service_id)
    order = list(FormField.objects.filter(service_id=service_id).values_list("pk", flat=True))
    at = order.index(field_id)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
        with refusal_told(request):
            verbs.order_fields(service_id, order, actor=Actor.user(request.user))
    return redirect("service_form", service_id)


def _service(service_id: int) -> Service:
    return get_object_or_404(Service.objects.select_related("brand"), pk=service_id)
