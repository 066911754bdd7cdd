"""The command palette: its commands, and what its words find."""

import re

from django.http import HttpResponse
from django.shortcuts import redirect, render

from common.text import storable
from desk.door import desk
from desk.palette import commands
from desk.request import DeskRequest
from desk.views.search import NOBODY, beside
from tickets.search import search as find
from tickets.search_query import parse

MOST = 5
_NUMBER = re.compile(r"#?\d{1,12}\Z")


@desk()
def palette(request: DeskRequest) -> HttpResponse:
    """All commands; which of them can act here, the page itself knows.

    Typed as an address it leads to where the desk begins.
    """
    if not request.htmx:
        return redirect("home")
    return render(request, "desk/_palette_commands.html", {"groups": commands(request)})


@desk()
def found(request: DeskRequest) -> HttpResponse:
    """Tickets, people and organisations of these words, a few of each; a number is first of all a ticket."""
    text = storable(request.GET.get("q", "")).strip()[:200]
    query = parse(text)
    tickets = find(query, request.user, limit=MOST).results[:MOST] if text else []
    context = {"query": text, "words": query.plain, "tickets": tickets}
    is_number = _NUMBER.match(text) and len(text) < 5  # a longer one may be a telephone
    context |= NOBODY if is_number else beside(query, request.user, most=MOST)
    return render(request, "desk/_palette_found.html", context)
