"""Rows of lists as they were drawn last. Of a list that is drawn anew most rows have not changed, and drawing
them is most of its cost: a process keeps the newest, for all who read in the same language and zone.
"""

from collections.abc import Collection, Iterable, Mapping
from time import monotonic
from typing import Any

from django.utils import timezone, translation
from markupsafe import Markup

from desk.presentation import version

MOST = 6_000  # rows, of some three kilobytes each; then it begins anew
# A row's clock is told as of its drawing, and the page counts on from there. Without scripts it stands still.
FRESH = 300.0  # seconds

_kept: dict[tuple[Any, ...], tuple[float, Markup]] = {}


class DrawnRows:
    """The rows of one list. ``looks``: by ticket, what changes whenever its row would look different."""

    def __init__(
        self,
        rows: Iterable[Any],
        *,
        view_id: int,
        tail: str,
        columns: Collection[str],
        clocks: Mapping[int, Any],
        open_id: int,
    ) -> None:
        zone = timezone.get_current_timezone_name()
        self._list = (view_id, tail, tuple(columns), translation.get_language(), zone)
        self.looks = {
            row.id: version(
                (row, clock.version if (clock := clocks.get(row.id)) else None, row.id == open_id)
            )
            for row in rows
        }

    def get(self, ticket_id: int) -> Markup | None:
        """The row as it stands, unless it would look different by now."""
        at, html = _kept.get(self._key(ticket_id), (0.0, None))
        return html if monotonic() - at < FRESH else None

    def keep(self, ticket_id: int, html: Markup) -> Markup:
        """Remember a row, and give it back."""
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[self._key(ticket_id)] = (monotonic(), html)
        return html

    def _key(self, ticket_id: int) -> tuple[Any, ...]:
        return (ticket_id, self.looks[ticket_id], *self._list)
