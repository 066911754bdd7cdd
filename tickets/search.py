"""Full-text search over messages, in Russian and English, visible at commit.

Each message has one document: the ticket's subject, who wrote it, what was written now, names of its
files. Quoted history is left out: it would find every answer to what is found anyway. The configuration
``otklik`` stems Cyrillic words in Russian and Latin ones in English; ё is folded to е on both sides.
"""

import base64
import json
import re
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.html import escape
from markupsafe import Markup

from common.statements import Statement
from common.text import storable
from journal.events import Event
from journal.models import Entry
from journal.registry import subscribe_inline
from people.models import User
from tickets.events import (
    AttachmentRedacted,
    AutomaticPosted,
    AutomaticReceived,
    FieldChanged,
    MessageEdited,
    MessageReceived,
    MessageRedacted,
    NotePosted,
    ReplyPosted,
    ReplyWithdrawn,
)
from tickets.models import Message, SearchDocument, Ticket
from tickets.search_hits import find, tsquery, tsquery_params

# to_tsvector fails above 1,048,575 bytes; 200 kB of what somebody wrote is a book.
MAX_BYTES = 200_000
MAX_WORDS = 12
_JOINTS = re.compile(r"(?<=\w)[-_/.@](?=\w)")
_WORD = re.compile(r"\w+", re.UNICODE)
_NUMBER = re.compile(r"#?(\d{1,12})\Z")
_YO = str.maketrans("ёЁ", "еЕ")


def prepare(text: str) -> str:
    """Text as it is indexed and asked for: bounded, ё as е, and parts of A-1024 or a@b.ru findable alone."""
    cut = storable(text).encode()[:MAX_BYTES].decode("utf-8", "ignore")
    return _JOINTS.sub(" ", cut.translate(_YO))


# One message as it is indexed: everything in one query and no objects, since every mail passes here.
_SOURCE = Statement(
    "tickets_message",
    """
    SELECT message.ticket_id, message.withdrawn_at IS NOT NULL, ticket.subject,
           CASE WHEN message.subject = ticket.subject THEN '' ELSE message.subject END,
           concat_ws(' ', message.author_name, contact.name, person.name, message.sender ->> 'address'),
           CASE WHEN message.text = '' THEN message.quoted_text ELSE message.text END,
           (SELECT string_agg(file.name, ' ' ORDER BY file.id) FROM tickets_attachment file
             WHERE file.message_id = message.id AND file.redacted_at IS NULL)
      FROM tickets_message message
      JOIN tickets_ticket ticket ON ticket.id = message.ticket_id
      LEFT JOIN people_contact contact ON contact.id = message.author_contact_id
      LEFT JOIN people_contact person ON person.id = contact.survivor_id
     WHERE message.id = %s
    """,
)
_UPSERT = Statement(
    "tickets_searchdocument",
    """
    INSERT INTO tickets_searchdocument (message_id, ticket_id, vector)
    VALUES (%s, %s,
            setweight(to_tsvector('otklik', %s::text), 'A') ||
            setweight(to_tsvector('otklik', %s::text), 'B') || to_tsvector('otklik', %s::text))
    ON CONFLICT (message_id) DO UPDATE SET ticket_id = EXCLUDED.ticket_id, vector = EXCLUDED.vector
    """,
)


def index(message_id: int) -> None:
    """Write a message's document, or drop that of one that was withdrawn."""
    with connection.cursor() as cursor:
        _SOURCE.run(cursor, [message_id])
        source = cursor.fetchone()
        if source is None:
            return
        ticket_id, withdrawn, subject, own, author, text, names = source
        if withdrawn:
            SearchDocument.objects.filter(pk=message_id).delete()
            return
        words = [prepare(f"{subject} {own}"), prepare(author), prepare(f"{text}\n{names or ''}")]
        _UPSERT.run(cursor, [message_id, ticket_id, *words])


def _reset(stream_type: str, stream_id: int) -> None:
    """Begin anew. What was split off came in on another ticket's stream, and is indexed here."""
    if stream_type == "ticket":
        SearchDocument.objects.filter(ticket_id=stream_id).delete()
        for pk in Message.objects.filter(ticket_id=stream_id).values_list("pk", flat=True):
            index(pk)


@subscribe_inline(
    "search",
    [
        AttachmentRedacted,
        AutomaticPosted,
        AutomaticReceived,
        FieldChanged,
        MessageEdited,
        MessageReceived,
        MessageRedacted,
        NotePosted,
        ReplyPosted,
        ReplyWithdrawn,
    ],
    reset=_reset,
)
def keep_search(entry: Entry, event: Event) -> None:
    """Keep the documents of a ticket's messages."""
    if isinstance(event, FieldChanged):
        if event.field == "subject":  # every document of the ticket bears it
            for pk in Message.objects.filter(ticket_id=event.ticket_id).values_list("pk", flat=True):
                index(pk)
        return
    message_id = getattr(event, "message_id", None)
    if message_id is not None:
        index(message_id)


@dataclass(frozen=True)
class Result:
    ticket: Ticket
    message_id: int
    created_at: datetime
    headline: Markup


@dataclass(frozen=True)
class Page:
    results: list[Result]
    next: str | None


def words_of(query: str) -> list[str]:
    """The words asked for, bounded in number and length."""
    return [word[:60] for word in _WORD.findall(prepare(query[:500]))][:MAX_WORDS]


def search(query: str, user: User, *, after: str | None = None, limit: int = 50) -> Page:
    """Tickets in which every word of ``query`` stands in one message, newest message first.

    A number, or #number, puts that ticket first. Pages are keyset: ``after`` is the ``next`` of the
    page before. No total: counting a common word would read the whole index.
    """
    found: list[Result] = []
    number = _NUMBER.match(query.strip())
    if number and after is None:
        found = _by_number(int(number[1]), user)
    words = words_of(query)
    if not words:
        return Page(found, None)
    before = _cursor(after)
    hits, last = find(words, user, before, limit)
    known = {result.ticket.pk for result in found}
    results = found + [hit for hit in _describe(hits, words) if hit.ticket.pk not in known]
    return Page(results, _encode(last) if last is not None else None)


def _by_number(number: int, user: User) -> list[Result]:
    ticket = (
        Ticket.objects.visible_to(user)
        .select_related("requester__survivor", "status")
        .filter(pk=number)
        .first()
    )
    if ticket is None:
        return []
    return [Result(ticket, ticket.last_message_id or 0, ticket.active_at, Markup(escape(ticket.snippet)))]  # noqa: S704  # escaped


def _describe(hits: list[tuple[int, int]], words: list[str]) -> list[Result]:
    """Tickets and the passages that matched, in the order of ``hits``."""
    if not hits:
        return []
    tickets = Ticket.objects.select_related(
        "requester__survivor", "organization", "assignee", "team", "status", "merged_into"
    ).in_bulk([ticket_id for ticket_id, _message in hits])
    passages = _headlines([message_id for _ticket, message_id in hits], words)
    results = []
    for ticket_id, message_id in hits:
        if ticket_id in tickets and message_id in passages:
            created_at, headline = passages[message_id]
            results.append(Result(tickets[ticket_id], message_id, created_at, headline))
    return results


_START, _STOP = "\ue000", "\ue001"  # private use: cannot be in what people write on purpose


def _headlines(message_ids: list[int], words: list[str]) -> dict[int, tuple[datetime, Markup]]:
    sql = f"""
        SELECT id, created_at,
               ts_headline('otklik', left(CASE WHEN text = '' THEN quoted_text ELSE text END, 4000),
                           {tsquery(words)},
                           'StartSel={_START}, StopSel={_STOP}, MaxWords=30, MinWords=12, MaxFragments=1')
          FROM tickets_message WHERE id = ANY(%s)
    """  # noqa: S608  # constants only; every value is a parameter
    with connection.cursor() as cursor:
        cursor.execute(sql, [*tsquery_params(words), message_ids])
        rows = cursor.fetchall()
    return {pk: (created_at, _marked(text)) for pk, created_at, text in rows}


def _marked(text: str) -> Markup:
    html = escape(text).replace(_START, "<mark>").replace(_STOP, "</mark>")
    return Markup(html)  # noqa: S704  # escaped above; the marks are ours


def _encode(message_id: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([message_id]).encode()).decode().rstrip("=")


def _cursor(value: str | None) -> int | None:
    """The cursor of a page; a mangled one is no cursor."""
    if not value:
        return None
    try:
        (message_id,) = json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))
        return int(message_id)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
