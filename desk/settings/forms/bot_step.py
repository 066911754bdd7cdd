"""One step of a bot as its card posts it. What is wrong is not refused: a draft may be unfinished.

``texts.ru`` is the Russian of a text. Choices, branches and links come as ``row`` with an id for each, in
their order, and ``ID-texts.ru``, ``ID-next`` and so on beside it. ``do`` is what a button wants: add,
remove:ID, up:ID.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import QueryDict

from channels_in.bots import shaping
from channels_in.bots.types import Step
from common.text import number
from desk.settings.forms.typed_tags import tags_of

ROWS = {"menu": "choices", "ask": "choices", "check": "branches", "offer": "links"}
MOST = {
    "choices": shaping.MOST_CHOICES,
    "branches": shaping.MOST_BRANCHES,
    "links": shaping.MOST_LINKS,
}
_FLAGS = {"may_skip", "skip_known", "asks"}
_KEYS = {"team", "topic", "priority"}


def read(data: QueryDict, old: Step) -> dict[str, Any]:
    """The step as it stands in its card, after the button that was pressed."""
    found: dict[str, Any] = {"name": data.get("name", "")}
    for name in old:
        if name in {"texts", "subjects"}:
            found[name] = texts(data, f"{name}.")
        elif name in _FLAGS:
            found[name] = name in data
        elif name in _KEYS:
            found[name] = number(data.get(name))
        elif name in {"least", "most"}:
            found[name] = amount(data.get(name, ""))
        elif name == "tags":
            found[name] = tags_of(data.get(name, "").replace("\n", ","), kept=old[name])
        elif name in {"next", "otherwise", "field", "type"}:
            found[name] = data.get(name, "").strip()
    part = ROWS.get(old["kind"], "")
    if part in old:
        found[part] = obeyed(_rows(data, part), data.get("do", ""), part)
    return found


def texts(data: QueryDict, prefix: str) -> dict[str, str]:
    return {code: data.get(f"{prefix}{code}", "") for code, _name in settings.LANGUAGES}


def words(text: str) -> list[str]:
    return [one.strip() for one in text.replace("\n", ",").split(",") if one.strip()]


def amount(text: str) -> float | int | None:
    """A bound as typed, with a comma or a point; None for what is no number."""
    try:
        value = float(text.replace(",", ".").replace(" ", ""))
    except ValueError:
        return None
    return int(value) if value.is_integer() else value


def obeyed(rows: list[dict[str, Any]], order: str, part: str) -> list[dict[str, Any]]:
    """The rows after a button: one more, one less, one earlier."""
    what, _colon, where = order.partition(":")
    place = next((at for at, row in enumerate(rows) if row["id"] == where), None)
    if what == "add" and len(rows) < MOST[part]:
        rows.append(_new(part, {row["id"] for row in rows}))
    elif what == "remove" and place is not None:
        del rows[place]
    elif what == "up" and place:
        rows.insert(place - 1, rows.pop(place))
    return rows


def _rows(data: QueryDict, part: str) -> list[dict[str, Any]]:
    read_row: Callable[[QueryDict, str], dict[str, Any]] = {
        "choices": _choice,
        "branches": _branch,
        "links": _link,
    }[part]
    ids = [own for own in dict.fromkeys(data.getlist("row")) if shaping.ident(own)]
    return [{"id": own, **read_row(data, own)} for own in ids[: MOST[part]]]


def _choice(data: QueryDict, own: str) -> dict[str, Any]:
    return {
        "texts": texts(data, f"{own}-texts."),
        "words": words(data.get(f"{own}-words", "")),
        "next": data.get(f"{own}-next", ""),
    }


def _link(data: QueryDict, own: str) -> dict[str, Any]:
    return {"texts": texts(data, f"{own}-texts."), "url": data.get(f"{own}-url", "").strip()}


def _branch(data: QueryDict, own: str) -> dict[str, Any]:
    """``fact`` is what its other controls are drawn for: when it has changed, the value starts anew."""
    fact = data.get(f"{own}-fact", "")
    value: Any = data.get(f"{own}-value", "")
    if fact in {"working_time", "people", "known"}:
        value = value != "no"
    elif data.get(f"{own}-for") != fact:
        value = settings.LANGUAGES[0][0] if fact == "language" else ""
    return {
        "fact": fact,
        "field": data.get(f"{own}-field", "").strip(),
        "op": data.get(f"{own}-op", "is"),
        "value": value,
        "next": data.get(f"{own}-next", ""),
    }


def _new(part: str, taken: set[str]) -> dict[str, Any]:
    own = shaping.new_id(taken, {"choices": "c", "branches": "b", "links": "l"}[part])
    fact = {"fact": "people", "value": False} if part == "branches" else {}
    return {"id": own, "texts": {}, "next": "", "url": "", **fact}
