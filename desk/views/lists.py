"""The list of a view, its pages, and the live counts."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render

from common.text import number
from desk import clocks
from desk.door import desk
from desk.request import DeskRequest
from tickets import listing
from tickets.models import Channel, Priority, View

PAGE = 50
LONGEST = 200

PRIORITIES = dict(Priority.choices)
CHANNELS = dict(Channel.choices)


def _own_view(request: DeskRequest, view_id: int, views: list[View]) -> View:
    """One of this person's views; everybody else's does not exist."""
    for view in views:
        if view.pk == view_id:
            return view
    raise Http404


def list_context(request: DeskRequest, view: View, *, limit: int = PAGE) -> dict[str, Any]:
    """A page of rows and what they are drawn with."""
    page = listing.page(
        request.user, view.conditions, order=view.order, after=request.GET.get("after"), limit=limit
    )
    return {
        "view": view,
        "page": page,
        "clocks": clocks.of_list([row.id for row in page.rows]),
        "priorities": PRIORITIES,
        "channels": CHANNELS,
        "language": request.user.language,
        "open_id": _number(request.GET.get("open")),
    }


@desk()
def view(request: DeskRequest, view_id: int) -> HttpResponse:
    """A view's list: the whole page, the pane beside a ticket, its rows again, or more of them."""
    views = listing.views_of(request.user)
    own = _own_view(request, view_id, views)
    if request.htmx and not request.htmx.history_restore_request:
        if "rows" in request.GET or "after" in request.GET:
            # What is on the screen is asked for again as a whole, so that nothing jumps.
            limit = min(max(_number(request.GET.get("shown")) or PAGE, PAGE), LONGEST)
            return render(request, "desk/_rows.html", list_context(request, own, limit=limit))
        if "pane" in request.GET:
            return render(request, "desk/_list.html", list_context(request, own))
    context = list_context(request, own)
    return render(
        request, "desk/list.html", {**context, "views": views, "counts": listing.counts(request.user, views)}
    )


@desk()
def first_list(request: DeskRequest) -> HttpResponse:
    """The list beside a ticket that was opened by its address: of the view one came from, else the first."""
    views = listing.views_of(request.user)
    wanted = _number(request.GET.get("view"))
    own = next((view for view in views if view.pk == wanted), views[0] if views else None)
    if own is None:
        raise Http404
    return render(request, "desk/_list.html", list_context(request, own))


@desk()
def views(request: DeskRequest) -> HttpResponse:
    """The column of views with their counts."""
    own = listing.views_of(request.user)
    current = _number(request.GET.get("current"))
    context = {
        "views": own,
        "counts": listing.counts(request.user, own),
        "view": next((view for view in own if view.pk == current), None),
    }
    return render(request, "desk/_views.html", context)


def _number(value: str | None) -> int:
    return number(value) or 0
