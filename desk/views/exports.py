"""A view as a file for spreadsheets."""

from collections.abc import Iterator
from datetime import tzinfo

from django.http import Http404, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from common import clock
from desk import export as file
from desk.door import post
from desk.request import DeskRequest
from desk.views.lists import MOST_EXPORTED, rows_of
from journal.actor import Actor
from people.access import Permission
from people.models.organization import Tier
from tickets import chips, listing
from tickets.chips import Filters
from tickets.commands.views import note_export
from tickets.listing import TooSlow
from tickets.models import View

BATCH = 500


@post(Permission.READ)
def export(request: DeskRequest, view_id: int) -> StreamingHttpResponse:
    """The list with the filters laid over it, as this person sees it: at most ``MOST_EXPORTED`` tickets.

    Sent as it is read, a page of the list at a time: neither memory nor a transaction for the whole of it.
    A POST, since who takes customers' data away is written down.
    """
    view = next((view for view in listing.known_views(request.user) if view.pk == view_id), None)
    if view is None:
        raise Http404
    filters = chips.parse(dict(request.GET.lists()))
    note_export(view, filters=filters.query, most=MOST_EXPORTED, actor=Actor.user(request.user))
    zone, language = timezone.get_current_timezone(), request.user.language
    lines = _lines(request, view, filters, zone, language)
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = slugify(view.label) or f"view-{view.pk}"
    day = timezone.localtime(clock.now()).date().isoformat()
    response["Content-Disposition"] = f'attachment; filename="{name}-{day}.csv"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _lines(request: DeskRequest, view: View, filters: Filters, zone: tzinfo, language: str) -> Iterator[str]:
    """The file, piece by piece. By then the reader's language and zone are no longer the active ones."""
    after: str | None = None
    sent = 0
    while sent < MOST_EXPORTED:
        with translation.override(language), timezone.override(zone):
            limit = min(BATCH, MOST_EXPORTED - sent)
            piece, after, count = _piece(request, view, filters, after=after, limit=limit)
            sent += count
            if after and sent >= MOST_EXPORTED:
                words = _("Only the first %(most)d tickets are in this file.") % {"most": MOST_EXPORTED}
                piece += file.line([words], delimiter=file.delimiter(language))
        yield piece
        if after is None:
            return


def _piece(
    request: DeskRequest, view: View, filters: Filters, *, after: str | None, limit: int
) -> tuple[str, str | None, int]:
    """Lines of one page, the cursor of the next one, and how many there were; the header before the first."""
    language, columns = request.user.language, view.shown_columns
    between = file.delimiter(language)
    begin = "" if after else file.BOM + file.line(file.header(columns), delimiter=between)
    try:
        page = rows_of(request, view, filters, after=after, limit=limit)
    except TooSlow:
        words = _("This took too long: the rest of the tickets is missing.")
        return begin + file.line([words], delimiter=between), None, 0
    tiers = dict(Tier.choices)
    lines = [
        file.line(file.cells(row, columns, language=language, tiers=tiers), delimiter=between)
        for row in page.rows
    ]
    return begin + "".join(lines), page.next, len(lines)
