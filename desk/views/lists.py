"""The list of a view, its pages, and the live counts."""

from typing import Any
from zlib import crc32

from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from common.text import number
from desk import clocks
from desk.door import desk
from desk.drawn_rows import DrawnRows
from desk.list_parts import headings, ignored_words, orders_of, shown_chips
from desk.presentation import version
from desk.request import DeskRequest
from desk.view_form import ORDER_WORDS
from tickets import chips, counting, listing
from tickets.chips import Filters
from tickets.listing import ListPage, TooSlow
from tickets.models import Channel, Column, Priority, View
from tickets.view_access import may_change

PAGE = 50
LONGEST = 200
REST = 30  # seconds for which a list that took too long is not asked for again
MOST_EXPORTED = 10_000  # tickets in one file

PRIORITIES = dict(Priority.choices)
CHANNELS = dict(Channel.choices)


def _own_view(request: DeskRequest, view_id: int, views: list[View]) -> View:
    """One of this person's views; everybody else's does not exist."""
    for view in views:
        if view.pk == view_id:
            return view
    raise Http404


def rows_of(request: DeskRequest, view: View, filters: Filters, *, after: str | None, limit: int) -> ListPage:
    """A page of a view's rows under these filters; raises ``TooSlow``.

    A starter view has its index. What people have put together themselves is given a time, and what did not
    make it is not asked again at once: an open page asks whenever a ticket changes.
    """
    tree = filters.over(view.conditions)
    order = filters.order or view.order

    def read() -> ListPage:
        return listing.page(
            request.user,
            tree,
            order=order,
            grouping=view.grouping,
            topics=Column.TOPIC in view.shown_columns,
            after=after,
            limit=limit,
            passing=bool(filters.chips),
        )

    if listing.is_quick(view) and not filters.chips and order == view.order:
        return read()
    mark = crc32(repr((request.user.pk, tree, order, view.grouping)).encode())
    if cache.get(f"slow-list:{mark:x}"):
        raise TooSlow
    try:
        with listing.at_most(listing.PATIENCE):
            return read()
    except TooSlow:
        cache.set(f"slow-list:{mark:x}", True, REST)
        raise


def list_context(request: DeskRequest, view: View, *, limit: int = PAGE) -> dict[str, Any]:
    """A page of rows and what they are drawn with. ``tail``: the filters, for addresses that have a query."""
    filters = chips.parse(dict(request.GET.lists()))
    too_slow = False
    try:
        page = rows_of(request, view, filters, after=request.GET.get("after"), limit=limit)
    except TooSlow:
        page, too_slow = ListPage([], None), True
    query = filters.query
    context: dict[str, Any] = {
        "view": view,
        "page": page,
        "too_slow": too_slow,
        "may_edit": may_change(request.user, view),
        "most_exported": MOST_EXPORTED,
        "columns": view.shown_columns,
        "headings": headings(page, view.grouping, request.user.language),
        "chips": shown_chips(filters, request.user),
        "ignored": ignored_words(filters.ignored),
        "orders": orders_of(filters, view.order),
        "order_words": str(ORDER_WORDS[filters.order]) if filters.order else "",
        "unordered": filters.ordered("").query,
        "query": query,
        "tail": f"&{query}" if query else "",
        "clocks": clocks.of_list([row.id for row in page.rows]) if Column.CLOCK in view.shown_columns else {},
        "priorities": PRIORITIES,
        "channels": CHANNELS,
        "language": request.user.language,
        "open_id": _number(request.GET.get("open")),
    }
    same = {name: context[name] for name in ("tail", "columns", "clocks", "open_id")}
    drawn = DrawnRows(page.rows, view_id=view.pk, **same)
    return {**context, "stamp": _stamp(context, drawn), "drawn": drawn}


def _stamp(context: dict[str, Any], drawn: DrawnRows) -> str:
    """Changes whenever the rows would look different."""
    page = context["page"]
    names = ("too_slow", "columns", "headings", "chips", "open_id", "language")
    rows = (drawn.looks, page.next, page.before)
    return version((rows, [context[name] for name in names], context["view"].label))


def _column(
    request: DeskRequest, views: list[View], current: View | None, *, known: bool = False
) -> dict[str, Any]:
    """What the column of views is drawn with; ``known``: with the numbers that its reader knows."""
    counts = counting.counts(request.user, views, known=known)
    drawn = [(each.pk, each.label, each.icon, counts.get(each.pk, 0)) for each in views]
    stamp = version((drawn, current.pk if current else None, request.user.language))
    return {"views": views, "counts": counts, "view": current, "views_stamp": stamp}


def _has(request: DeskRequest, stamp: str) -> bool:
    """Whether the page that asks shows just this already. Most of what an open page asks for is no news."""
    return bool(request.htmx) and request.GET.get("have") == stamp


@desk()
def view(request: DeskRequest, view_id: int) -> HttpResponse:
    """A view's list: the whole page, the pane beside a ticket, its rows again, or more of them."""
    known = listing.known_views(request.user)
    own = _own_view(request, view_id, known)
    if request.htmx and not request.htmx.history_restore_request:
        if "rows" in request.GET or "after" in request.GET:
            # What is on the screen is asked for again as a whole, so that nothing jumps.
            limit = min(max(_number(request.GET.get("shown")) or PAGE, PAGE), LONGEST)
            context = list_context(request, own, limit=limit)
            if _has(request, context["stamp"]):
                return HttpResponse(status=204)
            return render(request, "desk/_rows.html", context)
        if "pane" in request.GET:
            return render(request, "desk/_list.html", list_context(request, own))
    context = list_context(request, own)
    views = [view for view in known if not listing.is_hidden(view)]
    # It begins with the numbers that its reader had before their eyes; its script asks for those of now.
    column = _column(request, views, own, known=True)
    return render(request, "desk/list.html", {**context, **column})


@desk()
def first_list(request: DeskRequest) -> HttpResponse:
    """The list beside a ticket that was opened by its address: of the view one came from, else the first.

    Typed as an address it leads to where the desk begins.
    """
    if not request.htmx:
        return redirect("home")
    views = listing.known_views(request.user)
    wanted = _number(request.GET.get("view"))
    own = next((view for view in views if view.pk == wanted), views[0] if views else None)
    if own is None:
        raise Http404
    return render(request, "desk/_list.html", list_context(request, own))


@desk()
def views(request: DeskRequest) -> HttpResponse:
    """The column of views with their counts. Typed as an address it leads to where the desk begins."""
    if not request.htmx:
        return redirect("home")
    own = listing.views_of(request.user)
    current = _number(request.GET.get("current"))
    context = _column(request, own, next((view for view in own if view.pk == current), None))
    if _has(request, context["views_stamp"]):
        return HttpResponse(status=204)
    return render(request, "desk/_views.html", context)


def _number(value: str | None) -> int:
    return number(value) or 0
