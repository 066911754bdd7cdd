"""What macros have queued in a composer, to be done when the message is sent."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import QueryDict

from common.text import number
from people.models import User
from tickets.errors import Invalid
from tickets.macros.actions import MOST, Action, Named, allowed, named, read, stored

_MOST_TEXT = 4000


def actions(data: QueryDict, user: User) -> list[Action]:
    """Those above Send that ``user`` may do; raises ``Invalid`` for what is none."""
    return allowed(read(data.getlist("action")[: MOST + 1]), user)


def used(data: QueryDict) -> list[int]:
    """The macros this message was made of."""
    return [key for text in data.getlist("macro")[:MOST] if (key := number(text)) is not None]


def drafted(text: str) -> list[Action]:
    """Of a draft, one a line; half of one is no reason to lose the draft."""
    try:
        return read(line for line in text[:_MOST_TEXT].splitlines() if line)
    except Invalid:
        return []


def shown(rows: Iterable[Mapping[str, Any]]) -> list[Named]:
    """What a draft has kept, in words."""
    try:
        return named(stored(rows))
    except Invalid:
        return []
