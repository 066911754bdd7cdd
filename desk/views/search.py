"""The search page: one box over everything one may see."""

from django.http import HttpResponse
from django.shortcuts import render

from desk.door import desk
from desk.request import DeskRequest
from tickets.search import search as find


@desk()
def search(request: DeskRequest) -> HttpResponse:
    """Results as one types; more of them as one scrolls."""
    query = request.GET.get("q", "").strip()[:500]
    found = find(query, request.user, after=request.GET.get("after"), limit=30) if query else None
    context = {"query": query, "found": found}
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/_results.html", context)
    return render(request, "desk/search.html", context)
