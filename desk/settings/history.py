"""The history of what has versions: each beside the one before it, and who made it."""

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from people.models import User

V = TypeVar("V")


class Authored(Protocol):
    author_id: int | None


def with_before(found: Sequence[V], most: int) -> list[tuple[V, V | None]]:
    """Of versions, newest first, the first ``most``, each with the one before it; None before the very first.

    ``found`` has one more than ``most`` where there is one, for the last to be compared with.
    """
    before: list[V | None] = [*found[1:], None]
    return list(zip(found[:most], before, strict=False))


def authors_of(versions: Iterable[Authored]) -> dict[int, str]:
    """The names of those who made them, by their keys; one query."""
    keys = {one.author_id for one in versions} - {None}
    return dict(User.objects.filter(pk__in=keys).values_list("pk", "name"))
