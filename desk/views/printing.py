"""A conversation for paper or a PDF: the browser prints the page, and saves it."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control

from common import clock
from common.text import number
from desk import printing
from desk.beside import beside
from desk.door import desk, find_ticket
from desk.forms import read_zone
from desk.request import DeskRequest
from tickets.commands.base import survivor_id
from tickets.models import Channel, Priority

_FURTHEST = 1_000_000


@desk()
def printing_page(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """All of a conversation, or its next part. Private notes are printed for whoever asks for them.

    ``zone``: the browser's, for a reader who has chosen none.
    """
    ticket = find_ticket(request, ticket_id)
    if ticket.merged_into_id is not None:
        return redirect("ticket_print", survivor_id(ticket.pk))
    user, now, notes = request.user, clock.now(), "notes" in request.GET
    zone = timezone.get_current_timezone() if user.time_zone else read_zone(request.GET.get("zone", ""))
    start = min(number(request.GET.get("from")) or 0, _FURTHEST)
    side = beside(ticket, user)
    context = {
        "ticket": ticket,
        "printed": printing.printed(ticket, user, notes=notes, start=start),
        "notes": notes,
        "side": side,
        "requester": {
            "name": ticket.requester.person.name,
            "address": next((row["shown"] for row in side["identities"]), ""),
        },
        "channel_label": Channel(ticket.channel).label,
        "priority_label": Priority(ticket.priority).label,
        "moment": lambda at: printing.moment_words(at, zone),
        "people": printing.people_words,
        "zone": zone,
        "zone_words": printing.zone_words(now, zone),
        "zone_is_ours": not user.time_zone,
        "now": now,
    }
    response = render(request, "desk/print.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response
