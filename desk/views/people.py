"""People round a ticket: participants and followers."""

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from desk.answers import changed
from desk.door import find_ticket, post
from desk.feedback import refused
from desk.forms import read_person
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission
from people.commands.contacts import resolve_contact
from people.models import Contact
from tickets import commands
from tickets.errors import TicketError


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
    get_object_or_404(Contact, pk=contact_id)
    for contact in Contact.objects.family(contact_id).order_by("pk"):  # shown as one, gone as one
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
