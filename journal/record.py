"""Writing the journal: one entry, its inline subscribers, its deliveries, in the open transaction."""

import json
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from psycopg2.extras import Json

from common import clock
from common.queue import ask_on_commit
from common.statements import Statement
from journal import registry, tasks
from journal.actor import Actor
from journal.causes import because, current, is_drained
from journal.events import Event
from journal.models import Entry, StaleStream

__all__ = ["because", "moment", "record"]

log = structlog.get_logger(__name__)


_LAST = Statement(
    "journal_entry",
    """
    SELECT happened_at FROM journal_entry WHERE stream_type = %s AND stream_id = %s
     ORDER BY sequence DESC LIMIT 1
    """,
)


def moment(stream_type: str, stream_id: int, at: datetime | None = None) -> datetime:
    """When a change of this stream happens: ``at``, or the later of now and the stream's last entry.

    Call it with the stream's owner locked, so that no entry can come in between.
    """
    if at is not None:
        return at
    with connection.cursor() as cursor:
        _LAST.run(cursor, [stream_type, stream_id])
        last = cursor.fetchone()
    now = clock.now()
    return max(now, last[0]) if last else now


# One statement: the next number and the row that takes it. The unique constraint keeps two writers
# apart where the stream has no owner to lock.
_INSERT = Statement(
    "journal_entry",
    """
    INSERT INTO journal_entry (stream_type, stream_id, sequence, kind, data, actor_kind, actor_id,
                               actor_name, cause_id, happened_at, recorded_at)
    SELECT %(stream_type)s::text, %(stream_id)s::bigint, COALESCE(MAX(sequence), 0) + 1, %(kind)s::text,
           %(data)s::jsonb, %(actor_kind)s::text, %(actor_id)s::bigint, %(actor_name)s::text,
           %(cause_id)s::bigint, %(happened_at)s::timestamptz, %(recorded_at)s::timestamptz
      FROM journal_entry WHERE stream_type = %(stream_type)s::text AND stream_id = %(stream_id)s::bigint
    RETURNING id, sequence
    """,
)


def record(event: Event, *, actor: Actor, at: datetime | None = None, cause: Entry | None = None) -> Entry:
    """Append ``event`` to its stream and let everything that follows from it follow.

    Needs an open transaction with the stream's owner locked. ``at`` is when it happened (imports,
    demo data, replay); by default the later of now and the stream's last entry. ``cause`` is the entry
    this one follows from; by default that of ``because``.
    """
    if registry.replaying():
        raise RuntimeError("a replay rebuilds rows and records nothing")
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError(
            "record() needs the transaction of the change it records"
        )
    entry = Entry(
        stream_type=event.stream_type,
        stream_id=event.stream_id,
        kind=event.kind,
        data=event.as_data(),
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_name=actor.name,
        cause=cause or current(),
        happened_at=moment(event.stream_type, event.stream_id, at),
        recorded_at=clock.now(),
    )
    values = {field.attname: getattr(entry, field.attname) for field in Entry._meta.concrete_fields}
    values["data"] = Json(entry.data, dumps=partial(json.dumps, cls=DjangoJSONEncoder))
    with connection.cursor() as cursor:
        _INSERT.run(cursor, values)
        entry.pk, entry.sequence = cursor.fetchone()
    entry._state.adding = False
    entry._state.db = connection.alias
    _run_inline(entry, event)
    _deliver(entry)
    if registry.live:
        transaction.on_commit(partial(_tell_live, entry), robust=True)
    return entry


def _run_inline(entry: Entry, event: Event) -> None:
    wanted = [sub for sub in registry.inline.values() if entry.kind in sub.kinds]
    if not wanted:
        return
    if settings.JOURNAL_RAISE:
        for sub in wanted:
            sub.handle(entry, event)
        return
    try:
        with transaction.atomic():  # one savepoint round all of them, since it rarely fails
            for sub in wanted:
                sub.handle(entry, event)
    except Exception:
        log.exception("journal.inline_failed", entry=str(entry))
        for sub in wanted:
            _run_one(sub, entry, event)


def _run_one(sub: registry.Inline, entry: Entry, event: Event) -> None:
    """The change stands whatever a reaction does: mark the stream stale and ask for its replay."""
    try:
        with transaction.atomic():
            sub.handle(entry, event)
    except Exception as error:
        StaleStream.objects.get_or_create(
            subscriber=sub.name,
            stream_type=entry.stream_type,
            stream_id=entry.stream_id,
            defaults={"error": repr(error)},
        )
        _add_deliveries(entry, [f"replay:{sub.name}"])


# Written with every entry: as a statement it costs a fifth of what the ORM takes to make it up.
_DELIVER = Statement(
    "journal_delivery",
    """
    INSERT INTO journal_delivery (subscriber, entry_id, stream_type, stream_id, not_before, attempts, parked,
                                  error)
    SELECT unnest(%s::text[]), %s::bigint, %s::text, %s::bigint, %s::timestamptz, 0, false, ''
    """,
)


def _deliver(entry: Entry) -> None:
    names = [sub.name for sub in registry.after.values() if entry.kind in sub.kinds]
    if names:
        _add_deliveries(entry, names)


def _add_deliveries(entry: Entry, subscribers: list[str]) -> None:
    values: list[Any] = [subscribers, entry.pk, entry.stream_type, entry.stream_id, entry.recorded_at]
    with connection.cursor() as cursor:
        _DELIVER.run(cursor, values)
    if not is_drained(entry.stream_type, entry.stream_id):
        ask_on_commit(tasks.drain_stream, entry.stream_type, entry.stream_id)


def _tell_live(entry: Entry) -> None:
    for notify in registry.live:
        notify(entry)
