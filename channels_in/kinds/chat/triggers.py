"""Proactive messages: what an administrator wants said unasked, and when. Pure.

A trigger is {"id", "on", "contains": what the page's address has in it (empty: any page), "seconds": on the
page, "returning": only who has been here before, "texts": by language}. The first that holds is said; at most
one a visit, and none to somebody who talks already.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from channels_in.bots import shaping
from channels_in.bots.wording import pick

MOST = 10
LONGEST_SECONDS = 3600
LONGEST_TEXT = 300
Trigger = Mapping[str, Any]


@dataclass(frozen=True)
class Visit:
    """Where a visitor is. ``seconds``: on this page; ``was_told``: something unasked in this visit."""

    page: str
    seconds: float = 0
    visits: int = 1
    is_talking: bool = False
    was_told: bool = False


def shaped(raw: Any) -> list[dict[str, Any]]:
    """Triggers with nothing in them but what they mean; those that say nothing are left out."""
    rows = shaping.rows(raw, MOST)
    found = [row for one in rows if (row := _trigger(one))["texts"]]
    return shaping.own_ids(found, "t")


def due(triggers: Iterable[Trigger], visit: Visit) -> Trigger | None:
    """What is to be said now, if anything."""
    return next((one for one in _possible(triggers, visit) if visit.seconds >= one["seconds"]), None)


def next_look(triggers: Iterable[Trigger], visit: Visit) -> float | None:
    """In how many seconds something may be due if the visitor stays on this page; None: never."""
    waits = [max(0.0, one["seconds"] - visit.seconds) for one in _possible(triggers, visit)]
    return min(waits, default=None)


def public(triggers: Iterable[Trigger], language: str, default: str = "") -> list[dict[str, Any]]:
    """Those in use as a browser gets them: their text in its language alone."""
    return [
        {
            "id": one["id"],
            "contains": one["contains"],
            "seconds": one["seconds"],
            "returning": one["returning"],
            "text": pick(one["texts"], language, default),
        }
        for one in triggers
        if one["on"]
    ]


def _possible(triggers: Iterable[Trigger], visit: Visit) -> list[Trigger]:
    if visit.is_talking or visit.was_told:
        return []
    page = visit.page.lower()
    return [
        one
        for one in triggers
        if one["on"] and one["contains"].lower() in page and (visit.visits > 1 or not one["returning"])
    ]


def _trigger(raw: Mapping[str, Any]) -> dict[str, Any]:
    seconds = raw.get("seconds")
    return {
        "id": shaping.ident(raw.get("id")),
        "on": raw.get("on") is not False,
        "contains": shaping.line(raw.get("contains"), 200),
        "seconds": min(max(seconds, 0), LONGEST_SECONDS) if type(seconds) is int else 0,
        "returning": raw.get("returning") is True,
        "texts": shaping.texts(raw.get("texts"), LONGEST_TEXT),
    }
