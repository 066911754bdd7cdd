"""Macros in the composer: the list one chooses from, and a chosen one filled in for the ticket."""

from django.http import Http404, HttpResponse
from django.shortcuts import render

from common.text import storable
from desk.door import desk, find_ticket
from desk.filling import filled
from desk.request import DeskRequest
from people.access import Permission
from tickets.macros.finding import available_on, offered

_LONGEST = 60
_ON_A_PAGE = 100


@desk(Permission.NOTE)
def macros(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Options for what has been typed; nothing found is an empty list. Without scripts a page of links, each
    to the ticket with that macro in its composer."""
    ticket = find_ticket(request, ticket_id)
    words = storable(request.GET.get("q", ""))[:_LONGEST]
    if request.htmx:
        return render(request, "desk/_macro_options.html", {"found": offered(ticket, request.user, words)})
    found = offered(ticket, request.user, words, limit=_ON_A_PAGE)
    return render(request, "desk/macro_choice.html", {"ticket": ticket, "found": found, "words": words})


@desk(Permission.NOTE)
def macro(request: DeskRequest, ticket_id: int, macro_id: int) -> HttpResponse:
    """Its text in the customer's language, and its actions as chips. Nothing happens before Send."""
    ticket = find_ticket(request, ticket_id)
    row = available_on(ticket, request.user).filter(pk=macro_id).first()
    if row is None:
        raise Http404
    return render(request, "desk/_macro_filled.html", filled(row, ticket, request.user))
