"""Making two contacts one person, and two again."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from common.text import number
from desk.answers import changed
from desk.customers.finding import with_identities
from desk.customers.merging import preview, staying
from desk.customers.showing import find_customer
from desk.door import desk, find_ticket, post
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission
from people.commands.merging import mark_distinct, merge_contacts, unmark_distinct, unmerge_contact
from people.models import Contact

_MERGE = Permission.MERGE


@desk(_MERGE, methods=("GET", "HEAD", "POST"))
def merge(request: DeskRequest, contact_id: int) -> HttpResponse:
    """Choose the other one, see what will happen, do it.

    ``stays`` says who goes on; by default it is the one of whom more is known.
    """
    person = find_customer(request, contact_id)
    chosen = number(request.POST.get("other") or request.GET.get("other"))
    other = find_customer(request, chosen) if chosen is not None else None
    if other is not None and other.pk == person.pk:
        messages.success(request, _("These two are one person already."))
        return _back(request, person)
    if request.method == "POST":
        if other is None:
            messages.error(request, _("Choose the other contact."))
            return redirect("customer_merge", person.pk)
        return _merge(request, person, other)
    context = {"person": person, "name": with_identities([person])[0].name, "preview": None}
    if other is not None:
        stays, goes = _sides(person, other, number(request.GET.get("stays")))
        context["preview"] = preview(stays, goes, request.user)
        context["other"] = other
    return render(request, "desk/customers/merge.html", context)


def _sides(person: Contact, other: Contact, stays: int | None) -> tuple[Contact, Contact]:
    if stays == person.pk:
        return person, other
    return (other, person) if stays == other.pk else staying(person, other)


def _merge(request: DeskRequest, person: Contact, other: Contact) -> HttpResponse:
    stays, goes = _sides(person, other, number(request.POST.get("stays")))
    survivor = merge_contacts(goes.pk, into=stays.pk, actor=Actor.user(request.user))
    words = _("%(one)s and %(other)s are one person now.") % {"one": stays, "other": goes}
    return _back(request, survivor, words, undo=reverse("customer_merge_removal", args=[goes.pk]))


@post(_MERGE)
def merge_removal(request: DeskRequest, contact_id: int) -> HttpResponse:
    """Undo a merge. The merged one is named, so its survivor is who must be visible."""
    find_customer(request, contact_id)
    contact = unmerge_contact(contact_id, actor=Actor.user(request.user))
    return _back(request, contact, _("Two people again, each with what is theirs."))


@post(_MERGE)
def distinct(request: DeskRequest, contact_id: int) -> HttpResponse:
    """They are not one person: do not suggest it again."""
    person, other = _pair(request, contact_id)
    mark_distinct(person.pk, other=other.pk, actor=Actor.user(request.user))
    words = _("It will not be suggested again.")
    undo = reverse("customer_distinct_removal", args=[person.pk])
    return _back(request, person, words, undo=undo, other=other.pk)


@post(_MERGE)
def distinct_removal(request: DeskRequest, contact_id: int) -> HttpResponse:
    person, other = _pair(request, contact_id)
    unmark_distinct(person.pk, other=other.pk, actor=Actor.user(request.user))
    return _back(request, person)


def _pair(request: DeskRequest, contact_id: int) -> tuple[Contact, Contact]:
    other = number(request.POST.get("other"))
    if other is None:
        raise Http404
    return find_customer(request, contact_id), find_customer(request, other)


def _back(
    request: DeskRequest, person: Contact, words: str = "", *, undo: str = "", other: int = 0
) -> HttpResponse:
    """Where the button was: in the side panel of a ticket, or on the page of a contact."""
    ticket_id = number(request.POST.get("ticket"))
    fields = {"ticket": ticket_id or "", "other": other or ""}
    if ticket_id is not None and request.htmx:
        return changed(request, find_ticket(request, ticket_id).pk, words, undo=undo, fields=fields)
    if words:
        messages.success(request, words, extra_tags=f"undo:{undo}:{other or ''}" if undo else "")
    if ticket_id is not None:
        return redirect("ticket", find_ticket(request, ticket_id).pk)
    return redirect("customer", person.pk)
