"""The bell: what somebody was told, and marking it read."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime

from desk.door import desk, find_ticket, post
from desk.request import DeskRequest
from notifications import reading
from notifications.models import Notice
from people.access import Permission
from tickets import listing

IN_PANEL = 12


@desk()
def notices(request: DeskRequest) -> HttpResponse:
    """All of one's own, newest first: the page, its next part, or the bell's panel."""
    if "panel" in request.GET:
        page = reading.page_of(request.user, limit=IN_PANEL)
        return render(request, "desk/_notices.html", {"page": page, "panel": True})
    page = reading.page_of(request.user, after=request.GET.get("after", ""))
    if request.htmx and "after" in request.GET:
        return render(request, "desk/_notice_lines.html", {"page": page, "panel": False})
    return render(request, "desk/notices.html", {"page": page, "panel": False})


@desk()
def own_tickets(request: DeskRequest) -> HttpResponse:
    """Where a notice of many tickets leads: to the view of one's own, if the desk still has it."""
    mine = next((view for view in listing.known_views(request.user) if view.key == "mine"), None)
    return redirect("view", mine.pk) if mine else redirect("notices")


@desk()
def bell(request: DeskRequest) -> HttpResponse:
    """The bell with its count, for pages that were told of something new."""
    return render(request, "desk/_bell.html")


@post(Permission.READ)
def all_reading(request: DeskRequest) -> HttpResponse:
    """All read, as far as the list showed them: what came in since stays unread."""
    try:
        until = parse_datetime(request.POST.get("until", ""))
    except ValueError:
        until = None
    reading.mark_all_read(request.user, until=until if until and until.tzinfo else None)
    if not request.htmx:
        return redirect("notices")
    panel = "panel" in request.POST
    page = reading.page_of(request.user, limit=IN_PANEL if panel else reading.PAGE)
    return _with_bell(request, "desk/_notices.html", {"page": page, "panel": panel})


@post(Permission.READ)
def notice_reading(request: DeskRequest, notice_id: int) -> HttpResponse:
    """One of one's own is read."""
    if not Notice.objects.filter(pk=notice_id, user=request.user).exists():
        raise Http404
    reading.mark_read(request.user, notice_id)
    if not request.htmx:
        return redirect("notices")
    page = reading.one_of(request.user, notice_id)
    return _with_bell(request, "desk/_notice_lines.html", {"page": page, "panel": False})


@post(Permission.READ)
def ticket_notices_reading(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Whatever tells of a ticket that somebody is looking at is read."""
    reading.mark_ticket_read(request.user, find_ticket(request, ticket_id).pk)
    return render(request, "desk/_bell.html") if request.htmx else redirect("ticket", ticket_id)


def _with_bell(request: DeskRequest, template: str, context: dict[str, object]) -> HttpResponse:
    html = render_to_string(template, context, request)
    return HttpResponse(html + render_to_string("desk/_bell.html", {"oob": True}, request))
