"""Lists and numbers that are asked for all day long: their statements are made up once for each reach."""

from collections.abc import Callable, Sequence
from typing import Any

from common.statements import NotOnce
from people.models import User
from tickets import conditions, starter
from tickets.readers import ForReader

# What people arrange goes in here too, so there is an end to it; beyond it, and for what cannot be made up
# once, the ORM does it each time.
MOST_KNOWN = 60

_STARTER_TREES = [tree for _key, _en, _ru, _icon, _order, tree in starter.VIEWS]
_known: dict[tuple[Any, ...], ForReader[Any] | None] = {}


def known_answer(
    user: User,
    key: tuple[Any, ...],
    trees: Sequence[dict[str, Any]],
    build: Callable[..., Any],
    **values: list[int],
) -> list[Any] | None:
    """What the statement under ``key`` gives ``user``; None where it cannot be made up once. There is always
    room for the starter views.
    """
    if key not in _known:
        if len(_known) >= MOST_KNOWN and not all(tree in _STARTER_TREES for tree in trees):
            return None
        if not all(conditions.is_steady(tree) for tree in trees):
            return None
        _known[key] = ForReader(build, **dict.fromkeys(values, list))
    known = _known[key]
    try:
        return known.all(user, **values) if known is not None else None
    except NotOnce:
        _known[key] = None
        return None
