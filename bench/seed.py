"""A helpdesk of any size: ``python -m bench.seed 10000`` fills the (migrated, empty) database.

Three messages a ticket, every fiftieth ticket ten; one ticket in ten open; tags, organisations, teams,
agents, followers, read marks, mail references and raw mails. Rows come by COPY, with the journal entries
that the verbs would have written; search documents by one statement, which a test compares with the replay
of the journal. The same size and instant give the same rows.
"""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count, islice
from time import monotonic

import django
from django.db import connection

if __name__ == "__main__":
    django.setup()

from bench import company as people
from bench.company import Company
from bench.copying import copy, copy_objects, indexes_aside, set_sequences, unchecked
from bench.story import Story, Teller
from channels_in.kinds.email import tokens
from channels_in.models import Inbound, MailReference, Outbound
from common import clock
from journal.models import Entry
from tickets.models import (
    Attachment,
    Category,
    Follower,
    Message,
    MessageKind,
    Participant,
    ReadMark,
    SearchDocument,
    Tagging,
    Ticket,
)

FIRST = 1001  # the first ticket's number
LONG_EVERY = 50  # every so manieth ticket has ten messages
_BATCH = 2000
TABLES = (
    Ticket, Message, Entry, SearchDocument, Tagging, Follower, Participant, ReadMark, Attachment,
    MailReference, Inbound, Outbound,
)  # fmt: skip

# What tickets.search.index() does to one message, for all of them. The regular expression is its _JOINTS.
_SEARCH = r"""
    CREATE FUNCTION pg_temp.prepared(given text) RETURNS text IMMUTABLE LANGUAGE SQL AS
        $$ SELECT regexp_replace(translate(given, 'ёЁ', 'еЕ'), '(?<=\w)[-_/.@](?=\w)', ' ', 'g') $$;
    INSERT INTO tickets_searchdocument (message_id, ticket_id, vector)
    SELECT message.id, message.ticket_id,
           setweight(to_tsvector('otklik', pg_temp.prepared(
               concat_ws(' ', ticket.subject, nullif(message.subject, ticket.subject)))), 'A') ||
           setweight(to_tsvector('otklik', pg_temp.prepared(
               concat_ws(' ', message.author_name, contact.name, message.sender ->> 'address'))), 'B') ||
           to_tsvector('otklik', pg_temp.prepared(concat_ws(' ', message.text, file.names)))
      FROM tickets_message message
      JOIN tickets_ticket ticket ON ticket.id = message.ticket_id
      LEFT JOIN people_contact contact ON contact.id = message.author_contact_id
      LEFT JOIN (SELECT message_id, string_agg(name, ' ') AS names
                   FROM tickets_attachment GROUP BY message_id) file ON file.message_id = message.id
     ORDER BY message.id;
    DROP FUNCTION pg_temp.prepared;
"""


def seed(tickets: int, *, now: datetime | None = None) -> Company:
    """Fill an empty database. ``now`` is the last instant in it."""
    now = now or clock.now()
    lots = random.Random(tickets)  # reproducible on purpose
    company = people.make(tickets, lots, now)
    teller = Teller(company, lots, now)
    stories = (teller.story(FIRST + n, (n + 1) / tickets, long=is_long(FIRST + n)) for n in range(tickets))
    ids: dict[type, Iterator[int]] = {model: count(1) for model in TABLES}
    with unchecked(), indexes_aside(TABLES):
        while batch := list(islice(stories, _BATCH)):
            _store(batch, company, ids, lots)
        with connection.cursor() as cursor:
            cursor.execute(_SEARCH)
    set_sequences([model for model in TABLES if model is not SearchDocument])
    return company


def is_long(ticket_id: int) -> bool:
    """Whether a seeded ticket has ten messages."""
    return (ticket_id - FIRST) % LONG_EVERY == LONG_EVERY - 1


def _store(batch: list[Story], company: Company, ids: dict[type, Iterator[int]], lots: random.Random) -> None:
    """Copy a few days of stories. Messages and entries are numbered in the order in which they happened."""
    messages = sorted((m for told in batch for m in told.messages), key=lambda message: message.created_at)
    for message in messages:
        message.pk = next(ids[Message])
    for told in batch:
        told.ticket.last_message_id = told.messages[-1].pk
        told.ticket.last_public_id = next(m.pk for m in reversed(told.messages) if m.kind != MessageKind.NOTE)
    copy_objects(Ticket, [told.ticket for told in batch])
    copy_objects(Message, messages)
    _store_journal(batch, ids)
    copy(
        Tagging,
        ["ticket_id", "tag_id"],
        [(told.ticket.pk, tag) for told in batch for tag in told.tags],
    )
    copy(
        Follower,
        ["ticket_id", "user_id"],
        [(told.ticket.pk, user) for told in batch for user in told.followers],
    )
    copy(
        Participant,
        ["ticket_id", "contact_id", "in_copy", "added_at"],
        [(told.ticket.pk, contact, True, at) for told in batch for contact, at in told.participants],
    )
    copy(
        ReadMark,
        ["ticket_id", "user_id", "message_id"],
        [(told.ticket.pk, user, told.messages[read - 1].pk) for told in batch for user, read in told.readers],
    )
    _store_files(messages, lots)
    _store_mail(batch, company)


def _store_journal(batch: list[Story], ids: dict[type, Iterator[int]]) -> None:
    rows = []
    for told in batch:
        # Stable: what happened at one instant stays in the order in which it was told.
        acts = sorted(told.acts, key=lambda act: act[0])
        for sequence, (at, kind, actor, make) in enumerate(acts, start=1):
            event = make()
            name = "intake" if kind == "system" else ""
            rows.append(
                (at, "ticket", told.ticket.pk, sequence, event.kind, event.as_data(), kind, actor, name, at,
                 at)
            )  # fmt: skip
    rows.sort(key=lambda row: row[0])
    copy(
        Entry,
        ["id", "stream_type", "stream_id", "sequence", "kind", "data", "actor_kind", "actor_id", "actor_name",
         "happened_at", "recorded_at"],
        [(next(ids[Entry]), *row[1:]) for row in rows],
    )  # fmt: skip


def _store_files(messages: list[Message], lots: random.Random) -> None:
    """One message in twenty has a file: the row only, since no page opens it."""
    rows = []
    for message in messages:
        if lots.random() < 0.05:
            digest = hashlib.sha256(str(message.pk).encode()).hexdigest()
            rows.append(
                (message.pk, message.ticket_id, f"scan-{message.pk}.pdf", "application/pdf", 48_123, digest,
                 f"{digest[:2]}/{digest[2:4]}/{digest}", False, "", message.created_at)
            )  # fmt: skip
    copy(
        Attachment,
        ["message_id", "ticket_id", "name", "content_type", "size", "sha256", "path", "is_inline",
         "content_id", "created_at"],
        rows,
    )  # fmt: skip


def _store_mail(batch: list[Story], company: Company) -> None:
    """What intake and the sender keep of each message: Message-IDs, raw mails, replies that were sent."""
    references: list[Sequence[object]] = []
    inbound: list[Sequence[object]] = []
    outbound: list[Sequence[object]] = []
    for told in batch:
        inbox = company.inboxes[told.ticket.brand_id]
        for message in told.messages:
            if message.kind == MessageKind.MESSAGE:
                external = f"m{message.pk}@mail.test"
                references.append((external, message.pk, message.ticket_id, False))
                inbound.append(_inbound(message, external, inbox.pk))
            elif message.kind == MessageKind.REPLY:
                external = tokens.message_id(
                    ticket_id=message.ticket_id,
                    message_id=message.pk,
                    key=told.ticket.thread_key,
                    domain="bench.test",
                )
                references.append((external, message.pk, message.ticket_id, True))
                at = message.created_at
                outbound.append(
                    (message.pk, inbox.pk, external, [message.to[0]["address"]], [], "sent", at, False, 1, at,
                     "250 ok", "", at)
                )  # fmt: skip
    copy(MailReference, ["external_id", "message_id", "ticket_id", "is_ours"], references)
    copy(
        Inbound,
        ["inbox_id", "external_id", "content_hash", "raw", "size", "via", "envelope_from", "envelope_to",
         "received_at", "status", "cause", "detail", "trace", "verdict", "message_id", "ticket_id",
         "attempts", "settled_at"],
        inbound,
    )  # fmt: skip
    copy(
        Outbound,
        ["message_id", "inbox_id", "external_id", "recipients", "taken", "status", "not_before",
         "maybe_twice", "attempts", "sent_at", "server_words", "status_code", "created_at"],
        outbound,
    )  # fmt: skip


def _inbound(message: Message, external: str, inbox_id: int) -> tuple[object, ...]:
    sender = message.sender or {}
    raw = (
        f"From: {sender['address']}\nMessage-ID: <{external}>\nSubject: {message.subject}\n\n{message.text}\n"
    ).encode()
    digest = hashlib.sha256(raw).hexdigest()
    at = message.created_at
    return (
        inbox_id, external, digest, raw, len(raw), "smtp", sender["address"], [], at, "done", "", "", [], {},
        message.pk, message.ticket_id, 1, at,
    )  # fmt: skip


def promise() -> None:
    """The starter's policy, on all open tickets and on the newest of those whose pages are measured."""
    from calendars.starter import make_calendar
    from journal.actor import Actor
    from journal.models import Delivery
    from sla.models import Reapplication
    from sla.reapplying import reapply_one
    from sla.starter import make_policy

    make_calendar(zone="Europe/Moscow", language="ru")
    make_policy("ru")
    newest = Ticket.objects.order_by("-pk").values_list("pk", flat=True)[:1000]
    wanted = set(Ticket.objects.filter(category__lt=Category.RESOLVED).values_list("pk", flat=True))
    for ticket_id in sorted(wanted | {pk for pk in newest if is_long(pk)}):
        reapply_one(ticket_id, reason="policy", actor=Actor.system("bench"))
    Reapplication.objects.all().delete()
    Delivery.objects.all().delete()


def finish() -> None:
    """Let the planner know the tables, and reads find pages marked visible. Outside any transaction."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")


def main(arguments: list[str]) -> None:
    began = monotonic()
    tickets = int(arguments[0])
    seed(tickets)
    if tickets:
        promise()
    finish()
    print(f"{tickets:,} tickets in {monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
