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
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.db import close_old_connections, connection

from channels_in.kinds.chat.announce import News as ChatNews
from common.statements import Statement
from journal.actor import ActorKind
from journal.models import Entry
from live import groups
from live.chat import news as chat
from live.notices import nudges_of
from live.sending import send_all

log = structlog.get_logger(__name__)

GATHER = 0.05  # seconds between two batches, so that a busy moment is told in few
AT_LEAST = 0.005  # seconds that entries are collected for: what one act brings comes together
MOST = 10_000
MOST_A_BATCH = 500
PATIENCE = 2.0  # seconds for one batch to leave; a frozen broker holds nothing but this thread
TRUSTED = 5.0  # seconds since the connection was used: later it is looked at first, by a question
REST = 20.0  # seconds without news after which the database's connection is given back
PAUSES = (0.2, 1.0)  # seconds before a batch is tried again
# What a customer's page would show otherwise now. Of notes and colleagues' doings it does not even hear when.
PUBLIC = frozenset(
    {
        "message_received", "reply_posted", "reply_withdrawn", "automatic_posted", "status_changed",
        "ticket_merged", "merge_received", "merge_undone", "ticket_unmerged", "messages_split",
        "message_redacted", "attachment_redacted", "promise_made", "promise_kept", "promise_withdrawn",
        "sla_policy_applied", "sla_due_set",
    }
)  # fmt: skip
DELIVERY = "delivery"  # no entry of the journal: a mark on a message


@dataclass(frozen=True, slots=True)
class Fact:
    """What is worth telling of an entry."""

    ticket_id: int
    sequence: int
    kind: str
    actor_kind: str
    actor_id: int | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """Notices that somebody was given."""

    notice_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A ticket, as far as audiences need it."""

    pk: int
    team_id: int | None
    assignee_id: int | None
    brand_id: int
    is_chat: bool
    follower_ids: tuple[int, ...] = ()


News = Fact | Given | ChatNews


class Messenger:
    """The queue and its thread: one a process, begun by the first entry, for a fork inherits no thread."""

    def __init__(self) -> None:
        self.queue: queue.Queue[News] = queue.Queue(MOST)
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None
        self.pid = os.getpid()
        self.used = 0.0
        self.gathered = 0.0

    def take(self, fact: News) -> None:
        """Queue it; raises ``queue.Full``, or ``RuntimeError`` when no thread can be begun any more."""
        if self.pid != os.getpid():
            # What the parent had not sent yet is the parent's to send; its lock may be held for ever.
            self.__init__()  # type: ignore[misc]  # begun anew, in place, since others hold a reference
        self.queue.put_nowait(fact)
        if self.thread is None or not self.thread.is_alive():
            with self.lock:
                if self.thread is None or not self.thread.is_alive():
                    self.thread = threading.Thread(target=self.run, name="nudges", daemon=True)
                    self.thread.start()

    def run(self) -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        while True:
            facts = self.gather()
            # A broker or database that was restarted leaves a dead connection: the first try finds out.
            for pause in (*PAUSES, None):
                try:
                    if time.monotonic() - self.used > TRUSTED:
                        close_old_connections()
                    if visitors := _of_visitors(facts):  # first, for they wait for an answer
                        loop.run_until_complete(asyncio.wait_for(send_all(visitors), PATIENCE))
                    loop.run_until_complete(asyncio.wait_for(_send(compose(facts)), PATIENCE))
                    self.used = time.monotonic()
                    break
                except Exception as error:  # whatever it is, the next batch gets its chance
                    self.used = 0.0
                    log.warning("live.not_sent", error=repr(error), facts=len(facts), again=pause)
                    if pause is not None:
                        time.sleep(pause)
            for _fact in facts:
                self.queue.task_done()

    def gather(self) -> list[News]:
        """What has come since the first: in a quiet time almost at once, in a busy one some of it later."""
        facts = [self.first()]
        time.sleep(max(self.gathered + GATHER - time.monotonic(), AT_LEAST))
        self.gathered = time.monotonic()
        while len(facts) < MOST_A_BATCH:
            try:
                facts.append(self.queue.get_nowait())
            except queue.Empty:
                break
        return facts

    def first(self) -> News:
        """The next one. A thread that has had nothing to do for a while gives its connection back."""
        try:
            return self.queue.get(timeout=REST)
        except queue.Empty:
            connection.close()
            return self.queue.get()

    def finish(self, seconds: float) -> bool:
        """Wait until all that was taken is told, at most so long: for a process that is about to end."""
        until = time.monotonic() + seconds
        while self.queue.unfinished_tasks and self.pid == os.getpid():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True


messenger = Messenger()


def nudge(entry: Entry) -> None:
    """Take a committed entry; never waits, never raises."""
    if entry.stream_type != "ticket":
        return
    _take(Fact(entry.stream_id, entry.sequence, entry.kind, entry.actor_kind, entry.actor_id, entry.data))


def nudge_delivery(ticket_id: int) -> None:
    """Take the news that a message of a ticket was sent; never waits, never raises."""
    _take(Fact(ticket_id, 0, DELIVERY, ActorKind.SYSTEM, None, {}))


def nudge_notices(notice_ids: Collection[int]) -> None:
    """Take notices that were given; never waits, never raises."""
    _take(Given(tuple(notice_ids)))


def tell_visitor(news: ChatNews) -> None:
    """Take what the window of a visitor has to hear; never waits, never raises."""
    _take(news)


def _take(news: News) -> None:
    try:
        messenger.take(news)
    except queue.Full:
        log.warning("live.queue_full")
    except RuntimeError as error:  # the process is ending
        log.warning("live.no_thread", error=str(error))


async def _send(batches: dict[str, list[dict[str, Any]]]) -> None:
    await send_all([(group, {"type": "desk.nudges", "nudges": nudges}) for group, nudges in batches.items()])


def _of_visitors(news: Sequence[News]) -> list[tuple[str, dict[str, Any]]]:
    """What the windows of visitors hear."""
    changed = [
        int(each.data["message_id"]) for each in news if isinstance(each, Fact) and each.kind in chat.CHANGES
    ]
    return chat.compose([each for each in news if isinstance(each, ChatNews)], changed)


def compose(news: Sequence[News]) -> dict[str, list[dict[str, Any]]]:
    """The nudges of a batch by group: one a ticket for those who see it, "counts" for those who have lost one
    from sight, notices for those concerned.
    """
    batches = _of_facts([each for each in news if isinstance(each, Fact)])
    given = [notice_id for each in news if isinstance(each, Given) for notice_id in each.notice_ids]
    if given:
        for user_id, nudges in nudges_of(given).items():
            batches[groups.of_user(user_id)] += nudges
    return dict(batches)


def _of_facts(facts: Sequence[Fact]) -> dict[str, list[dict[str, Any]]]:
    by_ticket: dict[int, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_ticket[fact.ticket_id].append(fact)
    told = _who_hears(by_ticket) if by_ticket else {}
    batches: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for ticket_id, own in by_ticket.items():
        ticket = told.get(ticket_id)
        if ticket is None:
            continue
        last = own[-1]
        change: dict[str, Any] = {
            "type": "ticket",
            "id": ticket_id,
            "sequence": last.sequence,
            "kinds": list(dict.fromkeys(each.kind for each in own)),
            "actor": last.actor_id if last.actor_kind == ActorKind.USER else None,
            "chat": ticket.is_chat,
        }
        for name in groups.told_of(ticket.team_id, ticket.assignee_id, ticket.follower_ids, ticket.brand_id):
            batches[name].append(change)
        if told_customer := _told_customer(ticket_id, own):
            batches[groups.of_request(ticket_id)].append(told_customer)
    for name in _former(facts):
        batches[name].append({"type": "counts"})
    return batches


def _former(facts: Iterable[Fact]) -> set[str]:
    """The groups of those who may no longer see a ticket: their lists and counts change too.

    Nobody else is told of what they do not see: each page that is told asks for its list, and with forty
    pages that is most of what the pages' process does.
    """
    names: set[str] = set()
    for fact in facts:
        match fact.kind:
            case "ticket_assigned" if old := fact.data.get("old_assignee_id"):
                names.add(groups.of_user(old))
            case "team_changed":
                old = fact.data.get("old_team_id")
                names.add(groups.of_team(old) if old else groups.NO_TEAM)
            case "follower_removed":
                names.add(groups.of_user(fact.data["user_id"]))
    return names


def _told_customer(ticket_id: int, facts: Sequence[Fact]) -> dict[str, Any] | None:
    """That a request changed, and in how many seconds its page will see all of it: replies can be undone."""
    public = [fact for fact in facts if fact.kind in PUBLIC and not fact.data.get("side_thread_id")]
    if not public:
        return None
    undone = any(
        fact.kind == "reply_posted" and fact.data.get("channel") not in {"chat", "telegram"}
        for fact in public
    )
    return {"type": "request", "id": ticket_id, "after": settings.REPLY_UNDO_SECONDS if undone else 0}


# Asked twenty times a second: as a statement it costs a tenth of what the ORM takes.
_WHO_HEARS = Statement(
    "tickets_ticket",
    """
    SELECT id, team_id, assignee_id, brand_id,
            EXISTS(SELECT FROM channels_in_thread thread
                     JOIN channels_in_chatsession session ON session.thread_id = thread.id
                    WHERE thread.ticket_id = ticket.id),
           ARRAY(SELECT user_id FROM tickets_follower WHERE ticket_id = ticket.id ORDER BY user_id)
      FROM tickets_ticket ticket WHERE id = ANY(%s)
    """,
)


def _who_hears(ticket_ids: Iterable[int]) -> dict[int, Told]:
    """One query for the whole batch."""
    with connection.cursor() as cursor:
        _WHO_HEARS.run(cursor, [list(ticket_ids)])
        rows = cursor.fetchall()
    return {
        pk: Told(pk, team_id, assignee, brand_id, is_chat, tuple(followers))
        for pk, team_id, assignee, brand_id, is_chat, followers in rows
    }
