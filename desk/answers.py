"""What a form answers: the parts of the page that changed, a toast, or a redirect without JavaScript."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django_htmx.http import trigger_client_event

from common.text import number
from desk.door import find_ticket
from desk.feedback import toast
from desk.request import DeskRequest
from desk.ticket_page import ticket_context
from tickets.models import Category, Status, Ticket


def changed(
    request: DeskRequest, ticket_id: int, words: str = "", *, undo: str = "", fields: Any = None, **extra: Any
) -> HttpResponse:
    """The ticket as it is now: all its fragments that are on the page, and a toast."""
    if not request.htmx:
        if words:
            messages.success(request, words)
        return redirect(_where(request, ticket_id))
    ticket = find_ticket(request, ticket_id)
    if request.headers.get("X-From-List"):
        return told(request, words, undo=undo, fields=fields)
    html = render_to_string("desk/_ticket_update.html", {**ticket_context(request, ticket), **extra}, request)
    if words:
        html += toast(request, words, undo=undo, fields=fields)
    response = HttpResponse(html)
    response["X-Ticket"] = str(ticket.pk)
    return trigger_client_event(response, "desk:changed", {"ticket": ticket.pk})


def _where(request: DeskRequest, ticket_id: int) -> str:
    """The ticket's address, beside the list that its reader came from."""
    came_from = parse_qs(request.headers.get("Referer", "").partition("?")[2].partition("#")[0])
    view = number(came_from.get("view", [""])[0])
    return reverse("ticket", args=[ticket_id]) + (f"?view={view}" if view else "")


def moving_on(
    request: DeskRequest, response: HttpResponse, ticket: Ticket, status: Status | None
) -> HttpResponse:
    """Let the page open the list's next ticket, for who wants that, once ``ticket`` is solved or closed.

    ``ticket`` is as it was before, ``status`` what it was set to.
    """
    if status is None or status.category < Category.RESOLVED or status.pk == ticket.status_id:
        return response
    if not (request.htmx and request.user.next_when_done) or request.headers.get("X-From-List"):
        return response
    return trigger_client_event(response, "desk:solved", {"ticket": ticket.pk}, after="settle")


def part(request: DeskRequest, template: str, context: Mapping[str, Any]) -> HttpResponse:
    """A fragment for a menu, a dialog or a panel; without JavaScript a page of its own, of ``ticket``."""
    if request.htmx:
        return render(request, template, dict(context))
    return render(request, "desk/part_page.html", {**context, "part": template})


def told(
    request: DeskRequest, words: str, *, tone: str = "success", undo: str = "", fields: Any = None
) -> HttpResponse:
    """Only a toast; the lists on the page refresh themselves."""
    html = toast(request, words, tone=tone, undo=undo, fields=fields) if words else ""
    return trigger_client_event(HttpResponse(html), "desk:changed", {})


def gone(
    request: DeskRequest, words: str, *, undo: str = "", fields: Any = None, instead: int | None = None
) -> HttpResponse:
    """The ticket has left the screen (spam, deleted, merged away): close it, say so, offer the way back, and
    show the ticket ``instead``."""
    if not request.htmx:
        messages.success(request, words)
        return redirect("home")
    response = HttpResponse(toast(request, words, undo=undo, fields=fields))
    if instead is not None:
        # What leads elsewhere has no body that anybody reads; it is told before what asked for it is closed.
        trigger_client_event(response, "desk:told", {"html": response.content.decode()})
        place = {"path": reverse("ticket", args=[instead]), "target": "#ticket", "swap": "outerHTML"}
        response["HX-Location"] = json.dumps(place)
    trigger_client_event(response, "desk:changed", {})
    return (
        response if request.headers.get("X-From-List") else trigger_client_event(response, "desk:close", {})
    )
