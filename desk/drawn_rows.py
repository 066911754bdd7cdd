"""Rows of lists as they were drawn last. Of a list that is drawn anew most rows have not changed, and drawing
them is most of its cost: a process keeps the newest, for all who read in the same language and zone, in
whichever view.
"""

from collections.abc import Collection, Iterable, Mapping
from time import monotonic
from typing import Any

from django.utils import timezone, translation
from markupsafe import Markup, escape

from common import clock
from desk.presentation import version

MOST = 6_000  # rows, of some three kilobytes each; then it begins anew
# A row's clock stands as of its drawing; the page counts on from there. Without scripts it stands still.
FRESH = 300.0  # seconds

_kept: dict[tuple[Any, ...], tuple[float, str]] = {}


class DrawnRows:
    """The rows of one list. ``looks``: by ticket, what changes whenever its row would look different.

    A row leads to its ticket with ``FROM`` for the view it is read in, and its clock is told ``NOW``: both
    are filled in each time.
    """

    FROM, NOW = "\ue000from\ue000", "\ue000now\ue000"  # nobody writes that, and it would say nothing

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
        self._for = (tuple(columns), translation.get_language(), zone)
        self._from = str(escape(f"view={view_id}{tail}"))
        self._now = str(round(clock.now().timestamp()))
        self.looks = {
            row.id: version(
                (row, shown.version if (shown := clocks.get(row.id)) else None, row.id == open_id)
            )
            for row in rows
        }

    def get(self, ticket_id: int) -> Markup | None:
        """The row as it stands, unless it would look different by now."""
        at, html = _kept.get(self._key(ticket_id), (float("-inf"), ""))
        return self._read_here(html) if monotonic() - at < FRESH else None

    def keep(self, ticket_id: int, html: Markup) -> Markup:
        """Remember a row, and give it back."""
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[self._key(ticket_id)] = (monotonic(), str(html))
        return self._read_here(str(html))

    def _key(self, ticket_id: int) -> tuple[Any, ...]:
        return (ticket_id, self.looks[ticket_id], *self._for)

    def _read_here(self, html: str) -> Markup:
        here = html.replace(self.FROM, self._from).replace(self.NOW, self._now)
        return Markup(here)  # noqa: S704  # all of it is made and escaped by us
