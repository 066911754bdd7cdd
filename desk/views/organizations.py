"""Organisations at the desk."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from common.text import fold, storable
from desk.customers.finding import PAGE, decode, encode, with_identities
from desk.customers.forms import OrganizationForm
from desk.door import desk
from desk.request import DeskRequest
from desk.seen import in_turn
from journal.actor import Actor
from people.access import Permission, may
from people.commands.customers import change_organization, create_organization
from people.errors import PeopleError
from people.models import Contact, Organization
from tickets.models import Ticket

TICKETS = 30
_EDIT = Permission.EDIT_ORGANIZATIONS
_BOTH = ("GET", "HEAD", "POST")


@desk()
def organizations(request: DeskRequest) -> HttpResponse:
    """All that one may see by name, or those with these words in it or in a domain."""
    query = storable(request.GET.get("q", "")).strip()[:100]
    rows = Organization.objects.visible_to(request.user).annotate(lowered=Lower("name"))
    if wanted := fold(query):
        rows = rows.filter(Q(name__folded__contains=wanted) | Q(domains__contains=[wanted]))
    if cursor := decode(request.GET.get("after")):
        rows = rows.filter(Q(lowered__gt=cursor[0]) | Q(lowered=cursor[0], pk__gt=cursor[1]))
    found = list(rows.order_by("lowered", "pk")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    context = {
        "query": query,
        "organizations": found[:PAGE],
        "next": encode(last.lowered, last.pk) if last is not None else None,  # type: ignore[attr-defined]  # annotated
        "after": request.GET.get("after", ""),
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/customers/_organizations.html", context)
    return render(request, "desk/customers/organizations.html", context)


@desk(methods=_BOTH)
@in_turn
def organization(request: DeskRequest, organization_id: int) -> HttpResponse:
    """One: its people and tickets as far as one may see them; who may, changes it."""
    row = get_object_or_404(Organization.objects.visible_to(request.user), pk=organization_id)
    fields = ("name", "domains", "tier", "notes")
    form = OrganizationForm(request.POST or None, initial={name: getattr(row, name) for name in fields})
    if request.method == "POST" and (answer := _change(request, form, row)):
        return answer
    people = Contact.objects.visible_to(request.user).filter(organization=row)
    people = people.select_related("organization").order_by(Lower("name"), "pk")
    tickets = Ticket.objects.visible_to(request.user).filter(organization=row, is_hidden=False)
    tickets = tickets.select_related("status", "assignee", "requester__survivor", "brand").order_by("-pk")
    found = with_identities(people[: PAGE + 1])
    context: dict[str, Any] = {
        "organization": row,
        "form": form,
        "people": found[:PAGE],
        "more_people": len(found) > PAGE,
        "tickets": tickets[:TICKETS],
    }
    return render(request, "desk/customers/organization.html", context, status=422 if form.errors else 200)


@desk(_EDIT, methods=_BOTH)
def new_organization(request: DeskRequest) -> HttpResponse:
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and (answer := _change(request, form, None)):
        return answer
    context: dict[str, Any] = {
        "organization": None,
        "form": form,
        "people": [],
        "more_people": False,
        "tickets": [],
    }
    return render(request, "desk/customers/organization.html", context, status=422 if form.errors else 200)


def _change(request: DeskRequest, form: OrganizationForm, row: Organization | None) -> HttpResponse | None:
    """Write it; None when the form has to be shown again."""
    if not may(request.user, _EDIT):
        return HttpResponse(status=403)
    if not form.is_valid():
        return None
    actor = Actor.user(request.user)
    try:
        if row is None:
            row = create_organization(actor=actor, **form.cleaned_data)
        else:
            change_organization(row.pk, actor=actor, **form.cleaned_data)
    except PeopleError as error:
        form.add_error(error.field or None, error.message)
        return None
    messages.success(request, _("Saved."))
    # Whoever sees only their own tickets does not see what has no ticket yet, though they have just made it.
    is_seen = Organization.objects.visible_to(request.user).filter(pk=row.pk).exists()
    return redirect("organization", row.pk) if is_seen else redirect("organizations")
