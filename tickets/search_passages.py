"""Why a message matched: its passage, its subject, its author and its files, with what was found marked."""

from datetime import datetime
from typing import NamedTuple

from django.db import connection
from markupsafe import Markup, escape

from tickets.search_hits import Word, tsquery, tsquery_params
from tickets.search_words import prepare

_START, _STOP = "\ue000", "\ue001"  # private use: cannot be in what people write on purpose
_OPEN, _CLOSE = Markup("<mark>"), Markup("</mark>")


class Passage(NamedTuple):
    """Safe HTML. ``subject`` is the ticket's; ``author`` and ``files`` are empty unless they matched."""

    text: Markup
    subject: Markup | None = None
    author: Markup = Markup()
    files: Markup = Markup()


# Looked at as it was indexed, else "Ёлкина" and "A-1024" would be found and not marked: ``prepare`` in SQL.
_PREPARED = r"regexp_replace(translate({0}, 'ёЁ', 'еЕ'), '(?<=\w)[-_/.@](?=\w)', ' ', 'g')"
_MARKS = f"StartSel={_START}, StopSel={_STOP}"
_PARTS = {
    "body": f"{_MARKS}, MaxWords=30, MinWords=12, MaxFragments=1",
    "subject": f"{_MARKS}, HighlightAll=true",
    "author": f"{_MARKS}, HighlightAll=true",
    "files": f"{_MARKS}, HighlightAll=true",
}


def passages(message_ids: list[int], words: list[Word]) -> dict[int, tuple[datetime, Passage]]:
    """When each message was written, and its passage, in one query for all."""
    asked = [word for word in words if not word.negated]
    columns = ", ".join(
        f"{name}, ts_headline('otklik', {_PREPARED.format(name)}, asked.query, '{options}')"
        for name, options in _PARTS.items()
    )
    sql = f"""
        WITH asked AS (SELECT {tsquery(asked)} AS query)
        SELECT id, created_at, {columns} FROM asked, (
            SELECT message.id, message.created_at, ticket.subject,
                   left(CASE WHEN message.text = '' THEN message.quoted_text ELSE message.text END, 4000)
                       AS body,
                   concat_ws(' ', coalesce(nullif(message.author_name, ''), contact.name),
                             message.sender ->> 'address') AS author,
                   coalesce((SELECT string_agg(file.name, ', ' ORDER BY file.id) FROM tickets_attachment file
                              WHERE file.message_id = message.id AND file.redacted_at IS NULL), '') AS files
              FROM tickets_message message JOIN tickets_ticket ticket ON ticket.id = message.ticket_id
              LEFT JOIN people_contact contact ON contact.id = message.author_contact_id
             WHERE message.id = ANY(%s)) found
    """  # noqa: S608  # constants only; every value is a parameter
    with connection.cursor() as cursor:
        cursor.execute(sql, [*tsquery_params(asked), message_ids])
        rows = cursor.fetchall()
    found = {}
    for pk, created_at, *parts in rows:
        body, subject, author, files = (marked(parts[n + 1], parts[n]) for n in range(0, len(parts), 2))
        passage = Passage(body, subject, _if_marked(author), _if_marked(files))
        found[pk] = (created_at, passage)
    return found


def marked(headline: str, original: str) -> Markup:
    """The headline in the letters of the original: no ё lost, no hyphen. Escaped, with marks of ours.

    Where PostgreSQL left something out (what it takes for a tag), the headline stands as it is.
    """
    plain = headline.replace(_START, "").replace(_STOP, "")
    at = prepare(original).find(plain) if plain else -1
    html: list[Markup] = []
    is_open = False
    begun = 0  # letters of the headline passed, marks not counted
    for piece in _pieces(headline):
        if piece in {_START, _STOP}:
            if (piece == _START) != is_open:
                is_open = piece == _START
                html.append(_OPEN if is_open else _CLOSE)
            continue
        shown = original[at + begun : at + begun + len(piece)] if at >= 0 else piece
        html.append(escape(shown))
        begun += len(piece)
    if is_open:
        html.append(_CLOSE)
    return Markup().join(html)


def _pieces(headline: str) -> list[str]:
    spaced = headline.replace(_START, f"\0{_START}\0").replace(
        _STOP, f"\0{_STOP}\0"
    )  # no NUL in what is stored
    return [piece for piece in spaced.split("\0") if piece]


def _if_marked(html: Markup) -> Markup:
    return html if _OPEN in html else Markup()
