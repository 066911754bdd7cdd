"""Which messages match, newest first, and quickly whatever is asked.

Two ways are open to PostgreSQL: to walk the documents from the newest on until enough have matched, or to
ask the index for all that match and sort them. Its estimates cannot choose between them (a beginning of a
word counts as one document in a hundred, two words as independent), and the wrong way costs seconds. So a
first look at the newest documents decides: where matches are dense, walk on, but not for ever; else ask the
index. Measured in docs/performance.md. A third way is ours: where the operators leave few tickets, the words
are looked for in those alone.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q
from django.db.models.expressions import RawSQL

from people.models import User
from tickets.models import Ticket
from tickets.querysets import TicketQuerySet

Match = tuple[int, int]  # message, ticket


class Word(NamedTuple):
    """What a message must hold: a word in any form, or a phrase in this order; negated: must not."""

    text: str
    phrase: bool = False
    negated: bool = False


class Among(NamedTuple):
    """Which tickets come into question: what operators leave, spam or none; ``few``: it is worth counting."""

    q: Q = Q()
    spam: bool = False
    few: bool = False


Words = Sequence[Word]
ALL = Among()

_FIRST_LOOK = 400  # documents, 2 to 3 ms
_LONGEST_WALK = 20_000  # documents, about 80 ms
_WALK_COST = 3  # of a document walked past, in documents that the index yields
_FEW = 500  # tickets, whose documents are read one by one
_FROM_THE_END = 2**63 - 1


def find(
    words: Words, user: User, before: int | None, limit: int, among: Among = ALL
) -> tuple[list[tuple[int, int]], int | None]:
    """(ticket, newest matching message) pairs that ``user`` may see, and the cursor of the next page.

    ``before`` is the cursor of the page before: only older messages count.
    """
    try:
        matches, complete = _matches(words, _door(user, among), before or _FROM_THE_END, limit, few=among.few)
    except EmptyResultSet:  # a door that lets nobody in
        return [], None
    newest: dict[int, int] = {}
    for position, (message_id, ticket_id) in enumerate(matches):
        if ticket_id not in newest and len(newest) == limit:
            return list(newest.items()), matches[position - 1][0]
        newest.setdefault(ticket_id, message_id)
    return list(newest.items()), None if complete or not matches else matches[-1][0]


def _matches(
    words: Words, door: TicketQuerySet, before: int, limit: int, *, few: bool
) -> tuple[list[Match], bool]:
    """Visible matches for a page of ``limit`` tickets or a little more, and whether there are no others."""
    most = limit * 4  # several matching messages may belong to one ticket
    if few and (keys := _few(door)) is not None:
        matches = _within(words, keys, before, most)
        return matches, len(matches) < most
    looked = _look(words, before)
    visible = _visible(looked, door)
    if len({ticket_id for _message, ticket_id in visible}) > limit:
        return visible, False
    if visible:
        expected = _FIRST_LOOK * limit / len(visible)
        everywhere = looked[0][0] * len(looked) / _FIRST_LOOK  # keys are about as many as documents
        if expected < _LONGEST_WALK and expected * _WALK_COST < everywhere:
            walked = _walk(words, door, before, most)
            if len(walked) == most:
                return walked, False
    matches = _ask_index(words, door, before, most)
    return matches, len(matches) < most


def _few(door: TicketQuerySet) -> list[int] | None:
    """All tickets behind this door, if they are few."""
    keys = list(door.order_by().values_list("pk", flat=True)[: _FEW + 1])
    return keys if len(keys) <= _FEW else None


def _within(words: Words, keys: list[int], before: int, most: int) -> list[Match]:
    """The newest ``most`` matches in these tickets. ``+ 0`` keeps PostgreSQL from walking."""
    sql = f"""
        SELECT message_id, ticket_id FROM tickets_searchdocument
         WHERE ticket_id = ANY(%s) AND message_id < %s AND vector @@ {tsquery(words)}
         ORDER BY message_id + 0 DESC LIMIT %s
    """  # noqa: S608  # constants only; every value is a parameter
    return _fetch(sql, [keys, before, *tsquery_params(words), most])


_NEWEST = """
    (SELECT message_id, ticket_id, vector FROM tickets_searchdocument
      WHERE message_id < %s ORDER BY message_id DESC LIMIT %s) document
"""


def _look(words: Words, before: int) -> list[Match]:
    """All matches among the newest documents, seen or unseen."""
    sql = f"""
        SELECT message_id, ticket_id FROM {_NEWEST} WHERE vector @@ {tsquery(words)} ORDER BY message_id DESC
    """  # noqa: S608  # constants only; every value is a parameter
    return _fetch(sql, [before, _FIRST_LOOK, *tsquery_params(words)])


def _visible(matches: list[Match], door: TicketQuerySet) -> list[Match]:
    if not matches:
        return []
    tickets = door.filter(pk__in={ticket_id for _message, ticket_id in matches})
    seen = set(tickets.values_list("pk", flat=True))
    return [match for match in matches if match[1] in seen]


def _walk(words: Words, door: TicketQuerySet, before: int, most: int) -> list[Match]:
    """The newest ``most`` visible matches within the longest walk."""
    inside, door_params = _door_of("document", door)
    sql = f"""
        SELECT message_id, ticket_id FROM {_NEWEST}
         WHERE vector @@ {tsquery(words)} AND EXISTS ({inside})
         ORDER BY message_id DESC LIMIT %s
    """  # noqa: S608  # built from constants and Django's own SQL; every value is a parameter
    return _fetch(sql, [before, _LONGEST_WALK, *tsquery_params(words), *door_params, most])


def _ask_index(words: Words, door: TicketQuerySet, before: int, most: int) -> list[Match]:
    """The newest ``most`` visible matches of all. ``+ 0`` keeps PostgreSQL from walking."""
    inside, door_params = _door_of("hit", door)
    sql = f"""
        WITH hit AS MATERIALIZED (
            SELECT message_id, ticket_id FROM tickets_searchdocument
             WHERE vector @@ {tsquery(words)} AND message_id + 0 < %s
             ORDER BY message_id + 0 DESC
        )
        SELECT message_id, ticket_id FROM hit WHERE EXISTS ({inside}) ORDER BY message_id DESC LIMIT %s
    """  # noqa: S608  # built from constants and Django's own SQL; every value is a parameter
    return _fetch(sql, [*tsquery_params(words), before, *door_params, most])


def _door(user: User, among: Among) -> TicketQuerySet:
    return Ticket.objects.visible_to(user).filter(among.q, is_spam=among.spam)


def _door_of(alias: str, door: TicketQuerySet) -> tuple[str, tuple[Any, ...]]:
    """The door as a subquery about the ticket of a row called ``alias``."""
    ticket = RawSQL(f"{alias}.ticket_id", [])  # noqa: S611  # a constant
    return door.filter(pk=ticket).order_by().values("pk").query.sql_with_params()


def _fetch(sql: str, params: list[Any]) -> list[Match]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found: list[Match] = cursor.fetchall()
    return found


def tsquery(words: Words) -> str:
    """All words by their stems, stop words ignored; the last one also as a beginning."""
    return "(" + " && ".join(_part(word, last=word is words[-1]) for word in words) + ")"


def tsquery_params(words: Words) -> list[str]:
    params = []
    for word in words:
        params.append(word.text)
        if _is_beginning(word, last=word is words[-1]):
            last = word.text.lower()
            # A beginning of one or two letters would match half of the words there are.
            params.append(f"'{last}':*" if len(last) >= 4 else "")
    return params


def _part(word: Word, *, last: bool) -> str:
    if _is_beginning(word, last=last):
        return "(plainto_tsquery('otklik', %s) || to_tsquery('simple', %s))"
    function = "phraseto_tsquery" if word.phrase else "plainto_tsquery"
    return f"{'!! ' if word.negated else ''}{function}('otklik', %s)"


def _is_beginning(word: Word, *, last: bool) -> bool:
    return last and not word.phrase and not word.negated
