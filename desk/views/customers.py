"""Contacts at the desk: the list, the page of one, what they are known by."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from common.text import fold, storable
from desk.customers.finding import found_people, page_of_people, similar_people
from desk.customers.forms import MOST_OFFERED, ContactForm, IdentityForm
from desk.customers.showing import find_customer, page_context
from desk.door import desk, post
from desk.request import DeskRequest
from desk.seen import in_turn
from journal.actor import Actor
from people.access import Permission, may
from people.commands.customers import change_contact
from people.commands.identities import (
    add_identity,
    claim_identity,
    remove_claim,
    remove_identity,
    verify_identity,
)
from people.errors import Belongs, PeopleError
from people.identities import shown
from people.models import Claim, ClaimSource, Contact, Identity, Organization, Proof
from people.querysets import family_ids

FOUND = 50
_EDIT = Permission.EDIT_CONTACTS


@desk()
def customers(request: DeskRequest) -> HttpResponse:
    """All whom one may see, by name; or those with these words in a name, an address or a number.

    Where there are none: those spelt nearly so.
    """
    query = storable(request.GET.get("q", "")).strip()[:100]
    wanted = fold(query)
    if len(wanted) >= 2:
        people, following = found_people(wanted, request.user, most=FOUND + 1), None
        people = people or similar_people(wanted, request.user, most=FOUND)
    else:
        people, following = page_of_people(request.user, after=request.GET.get("after"))
    context = {
        "query": query,
        "people": people[:FOUND],
        "more_found": len(people) > FOUND,
        "next": following,
        "after": request.GET.get("after", ""),
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/customers/_people.html", context)
    return render(request, "desk/customers/list.html", context)


@desk(methods=("GET", "HEAD", "POST"))
@in_turn
def customer(request: DeskRequest, contact_id: int) -> HttpResponse:
    """Everything about one person; who may, changes what is known of them. A merged one leads to it."""
    person = find_customer(request, contact_id)
    if person.pk != contact_id and request.method != "POST":
        return redirect("customer", person.pk)
    form = ContactForm(request.POST if request.method == "POST" else None, person=person, user=request.user)
    if request.method == "POST":
        if not may(request.user, _EDIT):
            raise Http404
        if form.is_valid():
            try:
                change_contact(person.pk, actor=Actor.user(request.user), **form.cleaned_data)
            except PeopleError as error:
                form.add_error(error.field or None, error.message)
            else:
                messages.success(request, _("Saved."))
                return redirect("customer", person.pk)
    return _page(request, person, form=form)


def _page(
    request: DeskRequest,
    person: Contact,
    *,
    form: ContactForm | None = None,
    identity: IdentityForm | None = None,
) -> HttpResponse:
    form = form or ContactForm(None, person=person, user=request.user)
    seen = Organization.objects.visible_to(request.user)
    identity = identity or IdentityForm(None)
    context: dict[str, Any] = {
        **page_context(request, person),
        "form": form,
        "identity_form": identity,
        "organizations": seen.order_by("name").values_list("name", flat=True)[:MOST_OFFERED],
    }
    failed = bool(form.errors or identity.errors)
    return render(request, "desk/customers/customer.html", context, status=422 if failed else 200)


@post(_EDIT)
def identities(request: DeskRequest, contact_id: int) -> HttpResponse:
    """Add what else somebody is known by: checked, or merely heard."""
    person = find_customer(request, contact_id)
    form = IdentityForm(request.POST)
    if not form.is_valid():
        return _page(request, person, identity=form)
    data, actor = form.cleaned_data, Actor.user(request.user)
    given: dict[str, Any] = {"kind": data["kind"], "value": data["value"], "actor": actor}
    try:
        if data["checked"]:
            add_identity(person.pk, proof=Proof.AGENT, **given)
        else:
            claim_identity(person.pk, source=ClaimSource.AGENT, **given)
    except Belongs as error:
        return _offer_merge(request, person, error)
    except PeopleError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _page(request, person, identity=form)
    messages.success(request, _("Added."))
    return redirect("customer", person.pk)


def _offer_merge(request: DeskRequest, person: Contact, error: Belongs) -> HttpResponse:
    """It is somebody else's: perhaps the same person's. Of whom one may not see, nothing is told."""
    if Contact.objects.visible_to(request.user).filter(pk=error.owner_id).exists():
        messages.error(request, error.message)
        response = redirect("customer_merge", person.pk)
        response["Location"] += f"?other={error.owner_id}"
        return response
    messages.error(request, _("This belongs to another contact already, whom you do not see."))
    return redirect("customer", person.pk)


@post(_EDIT)
def identity_proof(request: DeskRequest, contact_id: int, identity_id: int) -> HttpResponse:
    """A colleague has checked that an identity is theirs."""
    person = find_customer(request, contact_id)
    identity = _identity(person, identity_id)
    verify_identity(identity.pk, proof=Proof.AGENT, actor=Actor.user(request.user))
    return redirect("customer", person.pk)


@post(_EDIT)
def identity_removal(request: DeskRequest, contact_id: int, identity_id: int) -> HttpResponse:
    """Whoever writes from there next is somebody new."""
    person = find_customer(request, contact_id)
    identity = _identity(person, identity_id)
    remove_identity(identity.pk, actor=Actor.user(request.user))
    messages.success(request, _("%(value)s is no longer theirs.") % {"value": identity.value})
    return redirect("customer", person.pk)


def _identity(person: Contact, identity_id: int) -> Identity:
    return get_object_or_404(Identity, pk=identity_id, contact__in=family_ids(person.pk))


@post(_EDIT)
def claim_proof(request: DeskRequest, contact_id: int, claim_id: int) -> HttpResponse:
    """A colleague has checked what somebody says of themselves."""
    person = find_customer(request, contact_id)
    claim = _claim(person, claim_id)
    actor = Actor.user(request.user)
    try:
        add_identity(claim.contact_id, kind=claim.kind, value=claim.value, proof=Proof.AGENT, actor=actor)
    except Belongs as error:
        return _offer_merge(request, person, error)
    messages.success(request, _("Saved."))
    return redirect("customer", person.pk)


@post(_EDIT)
def claim_removal(request: DeskRequest, contact_id: int, claim_id: int) -> HttpResponse:
    """It is not theirs, or a slip: whoever was suggested because of it no longer is."""
    person = find_customer(request, contact_id)
    claim = _claim(person, claim_id)
    remove_claim(claim.pk, actor=Actor.user(request.user))
    words = _("%(value)s is no longer noted here.") % {"value": shown(claim.kind, claim.value)}
    messages.success(request, words)
    return redirect("customer", person.pk)


def _claim(person: Contact, claim_id: int) -> Claim:
    return get_object_or_404(Claim, pk=claim_id, contact__in=family_ids(person.pk))


@desk()
def contacts(request: DeskRequest) -> HttpResponse:
    """Type-ahead over people with a mail address, by any part of a name or an address.

    Typed as an address it leads to the list of customers.
    """
    if not request.htmx:
        return redirect("customers")
    wanted = fold(storable(request.GET.get("q", ""))[:100])
    people = found_people(wanted, request.user, most=OFFERED) if len(wanted) >= 2 else []
    return render(request, "desk/_contacts.html", {"contacts": [one for one in people if one.address]})


@desk()
def choices(request: DeskRequest, contact_id: int) -> HttpResponse:
    """Type-ahead for the other one of a merge."""
    person = find_customer(request, contact_id)
    wanted = fold(storable(request.GET.get("q", ""))[:100])
    people = found_people(wanted, request.user, most=OFFERED + 1) if len(wanted) >= 2 else []
    others = [one for one in people if one.contact.pk != person.pk][:OFFERED]
    return render(request, "desk/customers/_choices.html", {"people": others})


OFFERED = 8
