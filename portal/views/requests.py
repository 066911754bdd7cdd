"""A customer's requests: the list, one of them, and the fragments that pages fetch when something changed."""

import secrets
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from channels_in.kinds.telegram.deep_link import bot_of
from channels_in.threading import refusal_of
from common import clock
from common.text import number
from portal import requests, talk
from portal.door import PART, not_found, portal
from portal.forms import ReplyForm
from portal.request import PortalRequest
from portal.states import state_of, steps_of
from sla.reading import expected_of
from tickets.listening import key_for
from tickets.models import Category, Ticket

LONGEST = 200


@portal(signed_in=True)
def request_list(request: PortalRequest) -> HttpResponse:
    """Open or solved, one's own or the organisation's, narrowed by what was searched for."""
    customer = request.place.customer
    solved = request.GET.get("state") == "solved"
    organization = request.GET.get("of") == "organization" and customer.organization_id is not None
    query = request.GET.get("q", "").strip()[:LONGEST]
    found = requests.page(
        customer,
        solved=solved,
        organization=organization,
        query=query,
        before=number(request.GET.get("before")),
    )
    context = {
        "page": found,
        "solved": solved,
        "organization": organization,
        "query": query,
        "listening": key_for(row.id for row in found.rows),
        "telegram": not request.headers.get(PART) and bot_of(request.place.brand) is not None,
    }
    template = "portal/_requests.html" if request.headers.get(PART) else "portal/requests.html"
    return render(request, template, context)


@portal(signed_in=True)
def request_page(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """One request; a number that was merged away leads to where it went."""
    ticket = Ticket.objects.survivor_for(request.place.customer, ticket_id)
    if ticket is None:
        return not_found(request)
    if ticket.pk != ticket_id:
        return redirect(request.place.to("portal_request", ticket.pk))
    template = "portal/_request.html" if request.headers.get(PART) else "portal/request.html"
    return render(request, template, request_context(request, ticket))


def request_context(request: PortalRequest, ticket: Ticket) -> dict[str, Any]:
    """All that the page and its fragments show."""
    waits = ticket.category == Category.PENDING
    done = ticket.category >= Category.RESOLVED
    now = clock.now()
    tells = request.place.brand.portal_tells_times and not waits and not done
    return {
        "ticket": ticket,
        "title": talk.title_of(ticket),
        "state": state_of(ticket.category),
        "steps": steps_of(ticket.category),
        "expected": expected_of(ticket.pk, now, promises_only=not tells),
        "talk": talk.talk_of(ticket, request.place, everything="all" in request.GET),
        "is_done": done,
        "may_write": not refusal_of(ticket, now),
        "is_mine": ticket.requester_id in request.place.customer.contact_ids,
        "listening": key_for([ticket.pk]),
        "form": ReplyForm(),
        "new_key": secrets.token_urlsafe(15),
    }
