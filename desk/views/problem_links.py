"""The problem that a ticket was caused by, in its side panel."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from common.text import number, storable
from desk.answers import changed
from desk.door import desk, find_ticket, post
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission
from tickets import commands, problems
from tickets.errors import Invalid
from tickets.models import Problem, Ticket
from tickets.models.problem import OPEN_STAGES

OFFERED = 12


@desk(Permission.EDIT, methods=("GET", "HEAD", "POST"))
def problem(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """GET: problems with these words (``q``), those not solved first offered; POST: link to one."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        query = storable(request.GET.get("q", "")).strip()[:100]
        context = {"ticket": ticket, "query": query, "offered": _offered(ticket, query)}
        page = "desk/problems/_menu.html" if request.htmx else "desk/problems/menu_page.html"
        return render(request, page, context)
    chosen = number(request.POST.get("problem"))
    if chosen is None:
        raise Invalid("problem", _("Choose a problem."))
    before = ticket.problem_id
    commands.link_problem(ticket.pk, problem_id=chosen, actor=Actor.user(request.user))
    undo = request.path if before else reverse("ticket_problem_removal", args=[ticket.pk])
    words = _("Linked to the problem.")
    return changed(request, ticket.pk, words, undo=undo, fields={"problem": before or ""})


def _offered(ticket: Ticket, query: str) -> list[Problem]:
    """Of the ticket's brand or of all; without words those that are worked on."""
    rows = Problem.objects.filter(brand=None) | Problem.objects.filter(brand=ticket.brand_id)
    if not query:
        rows = rows.filter(stage__in=OPEN_STAGES)
    rows = problems.search(rows, query).defer("description", "plain")
    return list(rows.exclude(pk=ticket.problem_id or 0)[:OFFERED])


@post()
def removal(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """It has another cause, or none that is known."""
    ticket = find_ticket(request, ticket_id)
    before = ticket.problem_id
    commands.unlink_problem(ticket.pk, actor=Actor.user(request.user))
    undo = reverse("ticket_problem", args=[ticket.pk]) if before else ""
    words = _("No longer linked to the problem.") if before else ""
    return changed(request, ticket.pk, words, undo=undo, fields={"problem": before or ""})
