"""Macros in the composer: the list one chooses from, and a chosen one filled in for the ticket."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from common.text import storable
from desk.door import desk, find_ticket
from desk.presentation import clean_rich
from desk.request import DeskRequest
from people.access import Permission
from tickets.macros import variables
from tickets.macros.actions import allowed, named, stored
from tickets.macros.finding import available_on, offered
from tickets.macros.values import values

_LONGEST = 60


@desk(Permission.NOTE)
def macros(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Options for what has been typed. Nothing found is an empty list."""
    ticket = find_ticket(request, ticket_id)
    found = offered(ticket, request.user, storable(request.GET.get("q", ""))[:_LONGEST])
    return render(request, "desk/_macro_options.html", {"found": found})


@desk(Permission.NOTE)
def macro(request: DeskRequest, ticket_id: int, macro_id: int) -> HttpResponse:
    """Its text in the customer's language, and its actions as chips. Nothing happens before Send."""
    ticket = find_ticket(request, ticket_id)
    row = available_on(ticket, request.user).filter(pk=macro_id).first()
    if row is None:
        raise Http404
    person = ticket.requester.person
    text = row.text_in(person.language, ticket.language, ticket.brand.language)
    filled = variables.fill(text, values(ticket, request.user))
    context = {
        "macro": row,
        "html": clean_rich(filled.html),
        "actions": named(allowed(stored(row.actions), request.user)),
    }
    return render(request, "desk/_macro_filled.html", context)
