"""Which messages match, newest first, and quickly whatever is asked.

Two ways are open to PostgreSQL: to walk the documents from the newest on until enough have matched, or to
ask the index for all that match and sort them. Its estimates cannot choose between them (a beginning of a
word counts as one document in a hundred, two words as independent), and the wrong way costs seconds. So a
first look at the newest documents decides: where matches are dense, walk on, but not for ever; else ask the
index. Measured in docs/performance.md.
"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models.expressions import RawSQL

from people.models import User
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet

Match = tuple[int, int]  # message, ticket

_FIRST_LOOK = 400  # documents, 2 to 3 ms
_LONGEST_WALK = 20_000  # documents, about 80 ms
_WALK_COST = 3  # of a document walked past, in documents that the index yields
_FROM_THE_END = 2**63 - 1


def find(
    words: list[str], user: User, before: int | None, limit: int
) -> tuple[list[tuple[int, int]], int | None]:
    """(ticket, newest matching message) pairs that ``user`` may see, and the cursor of the next page.

    ``before`` is the cursor of the page before: only older messages count.
    """
    try:
        matches, complete = _matches(words, user, before or _FROM_THE_END, limit)
    except EmptyResultSet:  # a door that lets nobody in
        return [], None
    newest: dict[int, int] = {}
    for position, (message_id, ticket_id) in enumerate(matches):
        if ticket_id not in newest and len(newest) == limit:
            return list(newest.items()), matches[position - 1][0]
        newest.setdefault(ticket_id, message_id)
    return list(newest.items()), None if complete or not matches else matches[-1][0]


def _matches(words: list[str], user: User, before: int, limit: int) -> tuple[list[Match], bool]:
    """Visible matches for a page of ``limit`` tickets or a little more, and whether there are no others."""
    looked = _look(words, before)
    visible = _visible(looked, user)
    if len({ticket_id for _message, ticket_id in visible}) > limit:
        return visible, False
    most = limit * 4  # several matching messages may belong to one ticket
    if visible:
        expected = _FIRST_LOOK * limit / len(visible)
        everywhere = looked[0][0] * len(looked) / _FIRST_LOOK  # keys are about as many as documents
        if expected < _LONGEST_WALK and expected * _WALK_COST < everywhere:
            walked = _walk(words, user, before, most)
            if len(walked) == most:
                return walked, False
    matches = _ask_index(words, user, before, most)
    return matches, len(matches) < most


_NEWEST = """
    (SELECT message_id, ticket_id, vector FROM tickets_searchdocument
      WHERE message_id < %s ORDER BY message_id DESC LIMIT %s) document
"""


def _look(words: list[str], before: int) -> list[Match]:
    """All matches among the newest documents, seen or unseen."""
    sql = f"""
        SELECT message_id, ticket_id FROM {_NEWEST} WHERE vector @@ {tsquery(words)} ORDER BY message_id DESC
    """  # noqa: S608  # constants only; every value is a parameter
    return _fetch(sql, [before, _FIRST_LOOK, *tsquery_params(words)])


def _visible(matches: list[Match], user: User) -> list[Match]:
    if not matches:
        return []
    tickets = _door(user).filter(pk__in={ticket_id for _message, ticket_id in matches})
    seen = set(tickets.values_list("pk", flat=True))
    return [match for match in matches if match[1] in seen]


def _walk(words: list[str], user: User, before: int, most: int) -> list[Match]:
    """The newest ``most`` visible matches within the longest walk."""
    door, door_params = _door_of("document", user)
    sql = f"""
        SELECT message_id, ticket_id FROM {_NEWEST}
         WHERE vector @@ {tsquery(words)} AND EXISTS ({door})
         ORDER BY message_id DESC LIMIT %s
    """  # noqa: S608  # built from constants and Django's own SQL; every value is a parameter
    return _fetch(sql, [before, _LONGEST_WALK, *tsquery_params(words), *door_params, most])


def _ask_index(words: list[str], user: User, before: int, most: int) -> list[Match]:
    """The newest ``most`` visible matches of all. ``+ 0`` keeps PostgreSQL from walking."""
    door, door_params = _door_of("hit", user)
    sql = f"""
        WITH hit AS MATERIALIZED (
            SELECT message_id, ticket_id FROM tickets_searchdocument
             WHERE vector @@ {tsquery(words)} AND message_id + 0 < %s
             ORDER BY message_id + 0 DESC
        )
        SELECT message_id, ticket_id FROM hit WHERE EXISTS ({door}) ORDER BY message_id DESC LIMIT %s
    """  # noqa: S608  # built from constants and Django's own SQL; every value is a parameter
    return _fetch(sql, [*tsquery_params(words), before, *door_params, most])


def _door(user: User) -> TicketQuerySet:
    return Ticket.objects.visible_to(user).filter(is_spam=False)


def _door_of(alias: str, user: User) -> tuple[str, tuple[Any, ...]]:
    """The door as a subquery about the ticket of a row called ``alias``."""
    ticket = RawSQL(f"{alias}.ticket_id", [])  # noqa: S611  # a constant
    return _door(user).filter(pk=ticket).order_by().values("pk").query.sql_with_params()


def _fetch(sql: str, params: list[Any]) -> list[Match]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[Match] = cursor.fetchall()
    return found


def tsquery(words: list[str]) -> str:
    """All words by their stems, stop words ignored; the last one also as a beginning."""
    parts = ["plainto_tsquery('otklik', %s)"] * (len(words) - 1)
    parts.append("(plainto_tsquery('otklik', %s) || to_tsquery('simple', %s))")
    return "(" + " && ".join(parts) + ")"


def tsquery_params(words: list[str]) -> list[str]:
    last = words[-1].lower()
    # A beginning of one or two letters would match half of the words there are.
    return [*words, f"'{last}':*" if len(last) >= 4 else ""]
