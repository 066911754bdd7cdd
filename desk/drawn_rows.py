"""Rows of lists as they were drawn last. Of a list that is drawn anew most rows have not changed, and drawing
them is most of its cost: a process keeps the newest, for all who read in the same language and zone.
"""

from time import monotonic
from typing import Any

from django.utils import timezone, translation
from markupsafe import Markup

from desk.presentation import version

MOST = 6_000  # rows, of some three kilobytes each; then it begins anew
# A row's clock is told as of its drawing, and the page counts on from there. Without scripts it stands still.
FRESH = 60.0  # seconds

_kept: dict[tuple[Any, ...], tuple[float, Markup]] = {}


class DrawnRows:
    """The rows of one list. ``get`` before ``keep``, which remembers what had not been there."""

    def __init__(self, view_id: int, tail: str, columns: Any, clocks: dict[int, Any], open_id: int) -> None:
        zone = timezone.get_current_timezone_name()
        self._list = (view_id, tail, tuple(columns), translation.get_language(), zone)
        self._clocks, self._open_id = clocks, open_id
        self._key: tuple[Any, ...] = ()

    def get(self, item: Any) -> Markup | None:
        """The row as it stands, unless it would look different by now."""
        clock = self._clocks.get(item.id)
        looks = version((item, clock.version if clock else None))
        self._key = (item.id, looks, item.id == self._open_id, *self._list)
        at, html = _kept.get(self._key, (0.0, None))
        return html if monotonic() - at < FRESH else None

    def keep(self, html: Markup) -> Markup:
        """Remember the row that ``get`` has been asked for, and give it back."""
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[self._key] = (monotonic(), html)
        return html
