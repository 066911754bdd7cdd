"""Full-text search over messages, in Russian and English, visible at commit.

Each message has one document: the ticket's subject, who wrote it, what was written now, names of its
files. Quoted history is left out: it would find every answer to what is found anyway. The configuration
``otklik`` stems Cyrillic words in Russian and Latin ones in English; ё is folded to е on both sides.
"""

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection
from django.db.models import Q
from markupsafe import Markup, escape

from common.statements import Statement
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
from tickets.search_hits import Among, Word, find
from tickets.search_operators import wanted
from tickets.search_passages import Passage, passages
from tickets.search_query import Problem, Query, parse
from tickets.search_words import prepare

MAX_WORDS = 12
_WORD = re.compile(r"\w+", re.UNICODE)
_NUMBER = re.compile(r"#?([0-9]{1,12})\Z")
_TOO_LARGE = 2**63 - 1


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
    """A ticket, the newest message in it that matched, and why it did."""

    ticket: Ticket
    message_id: int
    created_at: datetime
    passage: Passage

    @property
    def headline(self) -> Markup:
        return self.passage.text


@dataclass(frozen=True)
class Page:
    """``problems``: what of the query means nothing."""

    results: list[Result]
    next: str | None
    problems: list[Problem] = field(default_factory=list)


def words_of(query: Query) -> list[Word]:
    """The words and phrases asked for, bounded in number and length; what is to be left out comes first."""
    words: list[Word] = []
    for term in query.terms:
        parts = [part[:60] for part in _WORD.findall(prepare(term.text[:500]))]
        if term.phrase and parts:
            words.append(Word(" ".join(parts[:MAX_WORDS]), True, term.negated))
        elif term.negated and parts:
            # "-A-1024" leaves out what has both parts side by side, not either of them.
            words.append(Word(" ".join(parts[:MAX_WORDS]), len(parts) > 1, True))
        else:
            words += [Word(part) for part in parts]
    negated, asked = [word for word in words if word.negated], [word for word in words if not word.negated]
    return (negated[:MAX_WORDS] + asked[:MAX_WORDS]) if asked else []


def search(query: str | Query, user: User, *, after: str | None = None, limit: int = 50) -> Page:
    """Tickets that the operators select, in which every word stands in one message, newest message first.

    Without words: those the operators select, newest activity first. A number, or #number, puts that ticket
    first. Pages are keyset: ``after`` is the ``next`` of the page before. No total: counting a common word
    would read the whole index.
    """
    asked = parse(query[:500]) if isinstance(query, str) else query
    meant = wanted(asked, user)
    problems = [*asked.problems, *meant.problems]
    among = Among(meant.q, meant.spam, meant.few)
    words = words_of(asked)
    if not words:
        if any(term.negated for term in asked.terms):
            problems.append(Problem("only_negated", ""))
        if not asked.filters:
            return Page([], None, problems)
        results, following = _listed(among, user, after, limit)
        return Page(results, following, problems)
    found = _numbered(asked, user) if after is None else []
    hits, last = find(words, user, _cursor(after), limit, among)
    known = {result.ticket.pk for result in found}
    results = found + [hit for hit in _describe(hits, words) if hit.ticket.pk not in known]
    return Page(results, _encode(last) if last is not None else None, problems)


_SHOWN = ("requester__survivor", "organization", "assignee", "team", "status", "merged_into")


def _numbered(query: Query, user: User) -> list[Result]:
    """The ticket of this number, if a number is all that is asked for."""
    if len(query.terms) != 1 or query.filters:
        return []
    number = _NUMBER.match(query.terms[0].text)
    if number is None or query.terms[0].negated:
        return []
    tickets = Ticket.objects.visible_to(user).select_related(*_SHOWN).filter(pk=int(number[1]))
    return [_plain(ticket) for ticket in tickets]


def _listed(among: Among, user: User, after: str | None, limit: int) -> tuple[list[Result], str | None]:
    """What the operators alone select, newest activity first."""
    tickets = Ticket.objects.visible_to(user).filter(among.q, merged_into=None, is_spam=among.spam)
    # Said in so many words, so that the partial indexes can be used.
    tickets = tickets.filter(is_hidden=among.spam).select_related(*_SHOWN)
    if place := _place(after):
        at, number = place
        tickets = tickets.filter(Q(active_at__lt=at) | Q(active_at=at, pk__lt=number), active_at__lte=at)
    rows = list(tickets.order_by("-active_at", "-pk")[: limit + 1])
    last = rows[limit - 1] if len(rows) > limit else None
    following = _encode(last.active_at.isoformat(), last.pk) if last else None
    return [_plain(ticket) for ticket in rows[:limit]], following


def _plain(ticket: Ticket) -> Result:
    """A result that no word found."""
    return Result(ticket, ticket.last_message_id or 0, ticket.active_at, Passage(escape(ticket.snippet)))


def _describe(hits: list[tuple[int, int]], words: list[Word]) -> list[Result]:
    """Tickets and the passages that matched, in the order of ``hits``."""
    if not hits:
        return []
    tickets = Ticket.objects.select_related(*_SHOWN).in_bulk([ticket_id for ticket_id, _message in hits])
    found = passages([message_id for _ticket, message_id in hits], words)
    results = []
    for ticket_id, message_id in hits:
        if ticket_id in tickets and message_id in found:
            created_at, passage = found[message_id]
            results.append(Result(tickets[ticket_id], message_id, created_at, passage))
    return results


def _encode(*place: int | str) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _decode(value: str | None) -> list[object]:
    """What a cursor holds; nothing for none, and for a mangled one."""
    try:
        found = json.loads(base64.urlsafe_b64decode((value or "") + "=" * (-len(value or "") % 4)))
    except (ValueError, RecursionError):
        return []
    return found if isinstance(found, list) else []


def _cursor(value: str | None) -> int | None:
    """The message a page of words begins below; a mangled cursor is none."""
    match _decode(value):
        case [int(message_id)] if 0 < message_id < _TOO_LARGE:
            return message_id
    return None


def _place(value: str | None) -> tuple[datetime, int] | None:
    """(last activity, number) a page of operators begins below; a mangled cursor is none."""
    match _decode(value):
        case [str(moment), int(number)] if 0 < number < _TOO_LARGE:
            try:
                at = datetime.fromisoformat(moment)
                return (at, number) if at.tzinfo is not None and 1 < at.year < 9999 else None
            except ValueError:
                return None
    return None
