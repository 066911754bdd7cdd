"""How many tickets the views hold: numbers that never count far."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any
from zlib import crc32

from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection

from people.models import User
from tickets.known import known_answer
from tickets.listing import TooSlow, at_most, is_quick, select
from tickets.models import View

COUNT_LIMIT = 1000  # "999+": beyond it nobody counts either
COUNT_SECONDS = 1  # for which a number is kept,
KNOWN_SECONDS = 60  # for those who will ask again in a moment,
FULL_SECONDS = 20  # one of more than COUNT_LIMIT,
SLOW_SECONDS = 300  # and that there is none, where it took too long
COUNT_PATIENCE = 0.5  # seconds for the number of a view that people have made,
COUNTS_PATIENCE = 1.5  # and for those of all of them together


def counts(
    user: User, views: Iterable[View], *, known: bool = False, passing: bool = False
) -> dict[int, int]:
    """How many tickets each view holds, up to ``COUNT_LIMIT``, cached for a second.

    ``known``: those that their reader knows will do, up to ``KNOWN_SECONDS`` old.

    The starter views in one query, since each has its index; those that people have made in another that is
    given ``COUNT_PATIENCE``. One that takes longer has no number for a while. One that holds more than
    anybody counts is not counted again for ``FULL_SECONDS``: those are the numbers that cost something.
    ``passing``: as in ``listing.page``.
    """
    views = list(views)
    if not views:
        return {}
    # Its conditions too: what was edited has another number at once.
    asked = crc32(repr([(view.pk, view.conditions) for view in views]).encode())
    key = f"counts:{user.pk}:{asked:x}"
    cached: dict[int, int] | None = cache.get(key)
    if cached is None and known:
        of, numbers = cache.get(_known_key(user)) or (None, None)
        cached = numbers if of == asked else None
    if cached is not None:
        return cached
    full: set[int] | None = cache.get(f"full-{key}")
    found = _counted(user, [view for view in views if is_quick(view)], full or set())
    if made := [view for view in views if not is_quick(view)]:
        found |= _patiently(user, made, full or set(), passing=passing)
    if full is None and (full := {pk for pk, number in found.items() if number >= COUNT_LIMIT}):
        cache.set(f"full-{key}", full, FULL_SECONDS)
    cache.set(key, found, COUNT_SECONDS)
    if not passing:  # those of the views, not of a selection
        cache.set(_known_key(user), (asked, found), KNOWN_SECONDS)
    return found


def forget(user: User) -> None:
    """What this reader knows of numbers is over: they have done something themselves."""
    cache.delete(_known_key(user))


def _known_key(user: User) -> str:
    return f"known-counts:{user.pk}"


def _counted(
    user: User, views: list[View], full: Collection[int], *, passing: bool = False
) -> dict[int, int]:
    """``full``: those of the views that hold more than anybody counts, as one knows already."""
    views = sorted(views, key=lambda view: view.pk)
    key = ("counts", *((view.pk, repr(view.conditions)) for view in views))
    wanted = [view.pk for view in views if view.pk not in full]
    trees = {view.pk: view.conditions for view in views}
    rows: list[Any] | None = None
    if not passing:
        rows = known_answer(
            user,
            key,
            list(trees.values()),
            lambda reader, wanted: _count_of(reader, trees, wanted),
            wanted=wanted,
        )
    if rows is None:
        with suppress(EmptyResultSet), connection.cursor() as cursor:
            cursor.execute(*_count_of(user, {pk: trees[pk] for pk in wanted}))
            rows = cursor.fetchall()
    known = {view.pk: COUNT_LIMIT if view.pk in full else 0 for view in views}
    return known | dict(rows or ())


def _count_of(
    user: User, trees: Mapping[int, dict[str, Any]], wanted: list[int] | None = None
) -> tuple[str, list[Any]]:
    """One statement for the numbers of several views, with its values. Raises ``EmptyResultSet`` where none
    can hold anything. ``wanted``: the place of those that are to be counted.
    """
    parts: list[str] = []
    params: list[Any] = []
    for view_id, tree in trees.items():
        query = select(user, tree).order_by().values("pk")[:COUNT_LIMIT].query
        try:
            sql, args = query.sql_with_params()
        except EmptyResultSet:  # Django sees that nothing can match: "my teams" of somebody without one
            continue
        part = f"SELECT {int(view_id)}, (SELECT count(*) FROM ({sql}) AS held)"  # noqa: S608  # Django's SQL
        parts.append(f"{part} WHERE {int(view_id)} = %s" if wanted else part)
        params += [*args, *(wanted or ())]
    if not parts:
        raise EmptyResultSet
    return " UNION ALL ".join(parts), params


def _patiently(user: User, views: list[View], full: Collection[int], *, passing: bool) -> dict[int, int]:
    """The numbers of made views; when they take too long together, one by one, leaving out the slow ones."""
    slow = cache.get_many([_slow_key(user, view) for view in views])
    views = [view for view in views if _slow_key(user, view) not in slow]
    if not views:
        return {}
    try:
        with at_most(COUNT_PATIENCE):
            return _counted(user, views, full, passing=passing)
    except TooSlow:
        found: dict[int, int] = {}
    began = monotonic()
    for view in views:
        try:
            if monotonic() - began > COUNTS_PATIENCE:
                raise TooSlow
            with at_most(COUNT_PATIENCE):
                found |= _counted(user, [view], full, passing=passing)
        except TooSlow:
            cache.set(_slow_key(user, view), True, SLOW_SECONDS)
    return found


def _slow_key(user: User, view: View) -> str:
    return f"slow-view:{user.pk}:{view.pk}"
