"""People round a ticket: participants, followers, and finding contacts."""

import re

from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from common.text import fold, storable
from desk.answers import changed
from desk.door import desk, find_ticket, post
from desk.feedback import refused
from desk.forms import read_person
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission
from people.commands.contacts import resolve_contact
from people.models import Contact, Identity
from tickets import commands
from tickets.errors import TicketError

OFFERED = 8


@post()
def participants(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Let somebody of the customer's side take part, by address."""
    ticket = find_ticket(request, ticket_id)
    try:
        person = read_person(request.POST.get("address", ""))
    except ValidationError as error:
        return refused(request, TicketError(" ".join(error.messages)), ticket.pk)
    contact = resolve_contact("email", person["address"], name=person["name"])
    commands.add_participant(ticket.pk, contact=contact, actor=Actor.user(request.user))
    return changed(request, ticket.pk)


@post()
def participant_removal(request: DeskRequest, ticket_id: int, contact_id: int) -> HttpResponse:
    ticket = find_ticket(request, ticket_id)
    contact = get_object_or_404(Contact, pk=contact_id)
    commands.remove_participant(ticket.pk, contact=contact, actor=Actor.user(request.user))
    return changed(request, ticket.pk)


@post(Permission.READ)
def following(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Hear of whatever happens to this ticket."""
    ticket = find_ticket(request, ticket_id)
    commands.follow(ticket.pk, user=request.user, actor=Actor.user(request.user))
    return changed(request, ticket.pk, _("You follow #%(number)d.") % {"number": ticket.pk})


@post(Permission.READ)
def following_removal(request: DeskRequest, ticket_id: int) -> HttpResponse:
    ticket = find_ticket(request, ticket_id)
    commands.unfollow(ticket.pk, user=request.user, actor=Actor.user(request.user))
    return changed(request, ticket.pk, _("You no longer follow #%(number)d.") % {"number": ticket.pk})


@desk()
def contacts(request: DeskRequest) -> HttpResponse:
    """Type-ahead over contacts, by any part of name or address."""
    wanted = fold(storable(request.GET.get("q", ""))[:100])
    found = [contact for contact in found_contacts(wanted) if contact.address] if len(wanted) >= 2 else []
    return render(request, "desk/_contacts.html", {"contacts": found, "wanted": wanted})


def found_contacts(wanted: str) -> list[Contact]:
    """The first contacts with these folded words in their name or mail address."""
    # Each half has its own trigram index; an OR over both tables would have none. ``fold`` made ё an е.
    name = re.escape(wanted).replace("е", "[её]")
    named = Contact.objects.annotate(lowered=Lower("name")).filter(lowered__regex=name)
    addressed = Identity.objects.filter(kind=Identity.Kind.EMAIL, value__contains=wanted)
    ids = set(named.values_list("pk", flat=True)[:50])
    ids |= set(addressed.values_list("contact_id", flat=True)[:200])
    rows = Contact.objects.filter(pk__in=ids).select_related("organization").prefetch_related("identities")
    return list(rows.order_by("name")[:OFFERED])
