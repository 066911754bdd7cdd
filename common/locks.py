"""Who works something off: advisory locks of a PostgreSQL session, which end with it at the latest."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def alone(space: int, key: int = 0) -> Iterator[bool]:
    """Whether we are the only one at ``key`` of ``space`` (31 bits each) in this block; nobody waits.

    ``space`` is four letters as a number, so that nobody else's locks are ours.
    """
    lock = [space, key % 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", lock)
        mine = bool(cursor.fetchone()[0])
    try:
        yield mine
    finally:
        if mine and connection.connection is not None and connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", lock)
