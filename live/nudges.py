"""From the journal to the open pages: a thread collects committed entries for a moment and sends them on.

The request only puts the entry's key into a bounded queue. A full queue, a dead broker or a bug in here costs
freshness, never a reply: pages ask again when they reconnect, and lists when they are looked at.
"""

import asyncio
import os
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from channels.layers import get_channel_layer
from django.db import close_old_connections

from journal.actor import ActorKind
from journal.models import Entry
from live import groups
from live.notices import Told, notices
from tickets.models import Follower, Ticket

log = structlog.get_logger(__name__)

GATHER = 0.05  # seconds that entries are collected for
MOST = 10_000
PATIENCE = 2.0  # seconds for one batch to leave; a frozen broker holds nothing but this thread
QUIET = frozenset({"tag_added", "tag_removed", "follower_added", "follower_removed"})


@dataclass(frozen=True, slots=True)
class Fact:
    """What is worth telling of an entry."""

    ticket_id: int
    sequence: int
    kind: str
    actor_kind: str
    actor_id: int | None
    data: dict[str, Any]


_queue: queue.Queue[Fact] = queue.Queue(MOST)
_lock = threading.Lock()
_thread: threading.Thread | None = None
_pid = 0


def nudge(entry: Entry) -> None:
    """Take a committed entry; never waits, never raises."""
    if entry.stream_type != "ticket":
        return
    fact = Fact(entry.stream_id, entry.sequence, entry.kind, entry.actor_kind, entry.actor_id, entry.data)
    try:
        _queue.put_nowait(fact)
        _ensure_thread()
    except queue.Full:
        log.warning("live.queue_full")
    except RuntimeError as error:  # no thread can be started any more: the process is ending
        log.warning("live.no_thread", error=str(error))


def _ensure_thread() -> None:
    """One thread a process, made where it is needed: a fork does not inherit it."""
    global _thread, _pid, _lock
    if _pid != os.getpid():
        _lock = threading.Lock()
        _thread, _pid = None, os.getpid()
    if _thread is not None and _thread.is_alive():
        return
    with _lock:
        if _thread is None or not _thread.is_alive():
            _thread = threading.Thread(target=_run, name="nudges", daemon=True)
            _thread.start()


def _run() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    while True:
        facts = _gather()
        try:
            close_old_connections()
            batches = compose(facts)
            loop.run_until_complete(asyncio.wait_for(_send(batches), PATIENCE))
        except Exception as error:  # whatever it is, the next batch gets its chance
            log.warning("live.not_sent", error=repr(error), facts=len(facts))
        finally:
            close_old_connections()


def _gather() -> list[Fact]:
    facts = [_queue.get()]
    time.sleep(GATHER)
    while len(facts) < 500:
        try:
            facts.append(_queue.get_nowait())
        except queue.Empty:
            break
    return facts


async def _send(batches: dict[str, list[dict[str, Any]]]) -> None:
    layer = get_channel_layer()
    for group, nudges in batches.items():
        await layer.group_send(group, {"type": "desk.nudges", "nudges": nudges})


def compose(facts: Sequence[Fact]) -> dict[str, list[dict[str, Any]]]:
    """The nudges of a batch by group: one a ticket, "counts" for everybody, notices for those concerned."""
    by_ticket: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_ticket[fact.ticket_id].append(fact)
    told = _who_hears(by_ticket, facts)
    batches: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for ticket_id, own in by_ticket.items():
        ticket = told.get(ticket_id)
        if ticket is None:
            continue
        last = own[-1]
        fact = {
            "type": "ticket",
            "id": ticket_id,
            "sequence": last.sequence,
            "kinds": list(dict.fromkeys(each.kind for each in own)),
            "actor": last.actor_id if last.actor_kind == ActorKind.USER else None,
        }
        for name in groups.told_of(ticket.team_id, ticket.assignee_id, ticket.follower_ids):
            batches[name].append(fact)
        for user_id, message in notices(own, ticket):
            batches[groups.of_user(user_id)].append(message)
    if any(fact.kind not in QUIET for fact in facts):
        # Also for those who no longer see a ticket: their lists and counts change too.
        batches[groups.EVERYBODY].append({"type": "counts"})
    return dict(batches)


def _who_hears(ticket_ids: Iterable[int], facts: Sequence[Fact]) -> dict[int, Told]:
    """Two queries for the whole batch."""
    ids = list(ticket_ids)
    followers: dict[int, list[int]] = defaultdict(list)
    for ticket_id, user_id in Follower.objects.filter(ticket_id__in=ids).values_list("ticket_id", "user_id"):
        followers[ticket_id].append(user_id)
    columns = ("pk", "team_id", "assignee_id", "subject", "snippet", "requester__name")
    return {
        row[0]: Told(*row, follower_ids=tuple(followers[row[0]]))
        for row in Ticket.objects.filter(pk__in=ids).values_list(*columns)
    }
