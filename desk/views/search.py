"""The search page: one box over everything one may see."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render

from common.text import fold, storable
from desk import recent_searches
from desk.customers.finding import Person, found_people, similar_people
from desk.door import desk, post
from desk.request import DeskRequest
from desk.search_words import completions as completed
from desk.search_words import said
from people.access import Permission
from people.finding import organizations, similar_organizations
from people.models import Organization, User
from tickets.search import search as find
from tickets.search_query import Query, parse

PAGE = 30
BESIDE = 5  # people, and organisations
NOBODY: dict[str, Any] = {"people": [], "more_people": False, "companies": [], "more_companies": False}


@desk()
def search(request: DeskRequest) -> HttpResponse:
    """Results as one types; more of them as one scrolls."""
    text = storable(request.GET.get("q", "")).strip()[:500]
    after = request.GET.get("after")
    context: dict[str, Any] = {"query": text, "found": None, "after": after}
    if text:
        query = parse(text)
        found = find(query, request.user, after=after, limit=PAGE)
        context |= {"found": found, "problems": said(text, found.problems), "words": query.plain}
        context |= beside(query, request.user, most=BESIDE) if not after else NOBODY
    else:
        context["recent"] = recent_searches.recent(request.user)
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/_results.html", context)
    return render(request, "desk/search.html", context)


def beside(query: Query, user: User, *, most: int) -> dict[str, Any]:
    """People and organisations of these words, spelt so or else nearly so: ``most`` of each."""
    words = fold(query.plain)[:100]
    people: list[Person] = []
    companies: list[Organization] = []
    if len(words) >= 2:
        people = found_people(words, user, most=most + 1)
        companies = organizations(words, user, most=most + 1)
        if not people and not companies:
            people = similar_people(words, user, most=most)
            companies = similar_organizations(words, user, most=most)
    return {
        "people": people[:most],
        "more_people": len(people) > most,
        "companies": companies[:most],
        "more_companies": len(companies) > most,
    }


@desk()
def completions(request: DeskRequest) -> HttpResponse:
    """Operators and values that what was typed could go on with."""
    found = completed(request.GET.get("q", "")[:500], request.user)
    return render(request, "desk/_completions.html", {"completions": found})


@post(Permission.READ)
def recent(request: DeskRequest) -> HttpResponse:
    """A search that led somewhere is remembered."""
    recent_searches.remember(request.user, request.POST.get("q", "")[:500])
    return _recent(request)


@post(Permission.READ)
def recent_removal(request: DeskRequest, search_id: int) -> HttpResponse:
    recent_searches.forget(request.user, search_id)
    return _recent(request)


@post(Permission.READ)
def all_recent_removal(request: DeskRequest) -> HttpResponse:
    recent_searches.forget(request.user)
    return _recent(request)


def _recent(request: DeskRequest) -> HttpResponse:
    if not request.htmx:
        return redirect("search")
    return render(request, "desk/_recent_searches.html", {"recent": recent_searches.recent(request.user)})
