"""Bringing what comes from a form or a file into the shape that the engine relies on. Never raises."""

import re
from collections.abc import Collection, Iterable, Mapping
from itertools import count
from typing import Any

from common.text import one_line, storable

MOST_STEPS = 60
MOST_CHOICES = 12
MOST_BRANCHES = 10
MOST_LINKS = 5
MOST_TAGS = 10
LONGEST_TEXT = 2000
LONGEST_BUTTON = 60
LONGEST_WORDS = 200
LONGEST_URL = 500
MOST_LANGUAGES = 12
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_ID = re.compile(r"[a-z0-9_]{1,20}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}\Z")
_URL = re.compile(r"https?://[^\s<>\"'\\]+\Z", re.IGNORECASE)


def text(value: Any, limit: int = LONGEST_TEXT) -> str:
    return storable(value).replace("\r\n", "\n").strip()[:limit] if isinstance(value, str) else ""


def line(value: Any, limit: int = LONGEST_BUTTON) -> str:
    return one_line(storable(value), limit) if isinstance(value, str) else ""


def texts(value: Any, limit: int = LONGEST_TEXT, *, lines: bool = False) -> dict[str, str]:
    """By language, the empty left out."""
    if not isinstance(value, Mapping):
        return {}
    found = {
        code: line(each, limit) if lines else text(each, limit)
        for code, each in list(value.items())[:MOST_LANGUAGES]
        if isinstance(code, str) and _LANGUAGE.match(code)
    }
    return {code: each for code, each in found.items() if each}


def ident(value: Any) -> str:
    return value if isinstance(value, str) and _ID.match(value) else ""


def key(value: Any) -> str:
    """The name of a field: Latin letters, digits and _."""
    return value if isinstance(value, str) and _KEY.match(value) else ""


def number(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < 2**63 else None


def limit(value: Any) -> float | int | None:
    """A bound of a number that is asked for."""
    return value if type(value) in {int, float} and abs(value) < 1e15 else None


def url(value: Any) -> str:
    """An address that may be opened; nothing but http and https."""
    return value if isinstance(value, str) and len(value) <= LONGEST_URL and _URL.match(value) else ""


def rows(value: Any, most: int) -> list[Mapping[str, Any]]:
    found = value if isinstance(value, list | tuple) else []
    return [one for one in found if isinstance(one, Mapping)][:most]


def words(value: Any, most: int, limit: int = LONGEST_BUTTON) -> list[str]:
    found: Iterable[Any] = value if isinstance(value, list | tuple) else []
    return list(dict.fromkeys(each for one in list(found)[:most] if (each := line(one, limit))))


def own_ids(found: list[dict[str, Any]], prefix: str) -> list[dict[str, Any]]:
    """Each with an id that no other has; the first of each good id keeps it."""
    kept = {one["id"] for one in found}
    taken: set[str] = set()
    for one in found:
        if not one["id"] or one["id"] in taken:
            one["id"] = new_id(kept | taken, prefix)
        taken.add(one["id"])
    return found


def new_id(taken: Collection[str], prefix: str) -> str:
    return next(each for n in count(1) if (each := f"{prefix}{n}") not in taken)
