"""From the journal to the facts that clocks are derived from.

Most tickets have never been merged or split: their own stream says it all, in one query. Else the streams
they were ever joined with are read too, and each message and promise counts for the ticket it belongs to now.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from common.statements import Prepared
from journal.models import Entry
from sla import events as e
from sla import facts as f
from sla.facts import Fact
from sla.models import Promise
from sla.targets import aims_from
from tickets import events as t
from tickets.commands.posting import family_ids
from tickets.models import Link, Message

MOST_STREAMS = 200  # a family larger than that is counted as far as this


@dataclass(frozen=True)
class Row:
    """What is needed of an entry."""

    pk: int
    stream_id: int
    kind: str
    data: dict[str, Any]
    at: datetime

    @classmethod
    def of(cls, entry: Entry) -> "Row":
        return cls(entry.pk, entry.stream_id, entry.kind, entry.data, entry.happened_at)


_JOINS = {
    t.TicketMerged.kind: "into_id",
    t.TicketUnmerged.kind: "from_id",
    t.MergeReceived.kind: "merged_id",
    t.MergeUndone.kind: "merged_id",
    t.MessagesSplit.kind: "new_ticket_id",
    t.TicketLinked.kind: "other_id",
}
# Of one ticket alone, whatever is merged into it.
_OWN = {
    t.StatusChanged.kind,
    t.SpamMarked.kind,
    t.SpamUnmarked.kind,
    t.TicketDeleted.kind,
    t.TicketRestored.kind,
    t.TicketMerged.kind,
    t.TicketUnmerged.kind,
    e.SlaDueSet.kind,
    e.SlaBreachWithdrawn.kind,
}
_OF_MESSAGES = {
    t.MessageReceived.kind,
    t.AutomaticReceived.kind,
    t.ReplyPosted.kind,
    t.ReplyWithdrawn.kind,
    t.ThanksUndone.kind,
    t.DeliveryFailed.kind,
    t.DeliveryRetried.kind,
}
_OF_PROMISES = {e.PromiseMade.kind, e.PromiseKept.kind, e.PromiseWithdrawn.kind, e.PromiseBroken.kind}
_TOLD = {e.SlaWarned.kind, e.SlaBreached.kind}
_OF_CLOCKS = _TOLD | {e.SlaBreachWithdrawn.kind}  # a promise's too: those go with the promise
_BEGINNINGS = {t.TicketOpened.kind, e.SlaPolicyApplied.kind}
KINDS = _OWN | _OF_MESSAGES | _OF_PROMISES | _TOLD | _JOINS.keys() | _BEGINNINGS


def rows_of(ticket_ids: Iterable[int]) -> list[Row]:
    """The entries of these tickets that clocks look at, each stream in its order."""
    ids = list(ticket_ids)
    found = _ONE.all(stream=ids[0]) if len(ids) == 1 else _entries(stream_id__in=ids)
    return [Row(*row) for row in found]


def _entries(**of: Any) -> Any:
    entries = Entry.objects.filter(stream_type="ticket", kind__in=KINDS, **of)
    return entries.order_by("stream_id", "sequence").values_list(
        "pk", "stream_id", "kind", "data", "happened_at"
    )


# With most messages there are.
_ONE: Prepared[tuple[Any, ...]] = Prepared(lambda stream: _entries(stream_id=stream), stream=int)


def last_applied(rows: Sequence[Row], ticket_id: int) -> dict[str, Any] | None:
    """What the last ``SlaPolicyApplied`` of the ticket said."""
    return next(
        (
            row.data
            for row in reversed(rows)
            if row.kind == e.SlaPolicyApplied.kind and row.stream_id == ticket_id
        ),
        None,
    )


def facts_of(ticket_id: int, rows: Sequence[Row] | None = None) -> list[Fact]:
    """The facts of a ticket's family; ``rows`` are those of its own stream, if they are at hand."""
    own = rows_of([ticket_id]) if rows is None else list(rows)
    if any(_joins(row) is not None for row in own):
        own = _family_rows(ticket_id, own)
    return _tell(own)


def _joins(row: Row) -> int | None:
    """Another ticket with which this one had messages in common."""
    name = _JOINS.get(row.kind)
    if name is None or (row.kind == t.TicketLinked.kind and row.data["link_kind"] != Link.Kind.SPLIT):
        return None
    return int(row.data[name])


def _family_rows(ticket_id: int, own: list[Row]) -> list[Row]:
    family = set(family_ids(ticket_id))
    streams = {ticket_id: own}
    wanted = {other for row in own if (other := _joins(row)) is not None} | family
    while new := wanted - streams.keys():
        if len(streams) >= MOST_STREAMS:
            break
        for row in rows_of(new):
            streams.setdefault(row.stream_id, []).append(row)
            if (other := _joins(row)) is not None:
                wanted.add(other)
        for stream_id in new:
            streams.setdefault(stream_id, [])
    every = [row for rows in streams.values() for row in rows]
    messages = _homes(every, _OF_MESSAGES, "message_id", Message.objects.filter)
    promises = _homes(every, _OF_PROMISES | _OF_CLOCKS, "promise_id", Promise.objects.filter)
    began = next((row.at for row in own if row.kind == t.TicketOpened.kind), None)

    def belongs(row: Row) -> bool:
        if row.kind in _OF_MESSAGES:
            return messages.get(row.data["message_id"]) in family
        if (promise_id := _promise_id(row)) is not None:
            return promises.get(promise_id) in family
        if row.kind == t.TicketOpened.kind:
            return row.stream_id in family
        if row.kind == e.SlaPolicyApplied.kind and row.stream_id in family and began is not None:
            # Until this ticket began, the policy of what began earlier holds.
            return row.stream_id == ticket_id or row.at < began
        return row.stream_id == ticket_id

    until = _merged_since(own)
    return [
        row
        for row in _in_order(streams.values())
        if belongs(row) and (until is None or row.pk < until or not _is_shared(row))
    ]


def _is_shared(row: Row) -> bool:
    """Whether it is of a message or a promise, which the whole family counts."""
    return row.kind in _OF_MESSAGES or _promise_id(row) is not None


def _merged_since(own: Sequence[Row]) -> int | None:
    """The entry that merged a ticket away, while that lasts: what was said since is the survivor's."""
    merges = [row for row in own if row.kind in {t.TicketMerged.kind, t.TicketUnmerged.kind}]
    return merges[-1].pk if merges and merges[-1].kind == t.TicketMerged.kind else None


def _in_order(streams: Iterable[Sequence[Row]]) -> list[Row]:
    """By time across streams, without changing the order within one."""
    keyed: list[tuple[datetime, int, Row]] = []
    for rows in streams:
        latest: datetime | None = None
        for row in rows:
            latest = row.at if latest is None else max(latest, row.at)
            keyed.append((latest, row.pk, row))
    return [row for _at, _pk, row in sorted(keyed, key=lambda key: key[:2])]


def _homes(rows: Iterable[Row], kinds: set[str], name: str, find: Callable[..., Any]) -> dict[int, int]:
    """To which ticket each message, or promise, belongs now."""
    if name == "promise_id":
        ids = {pk for row in rows if row.kind in kinds and (pk := _promise_id(row)) is not None}
    else:
        ids = {row.data[name] for row in rows if row.kind in kinds}
    return dict(find(pk__in=ids).values_list("pk", "ticket_id")) if ids else {}


def _promise_id(row: Row) -> int | None:
    if row.kind in _OF_PROMISES:
        return int(row.data["promise_id"])
    if row.kind in _OF_CLOCKS and row.data["target"] == f.PROMISE:
        return int(row.data["ordinal"])
    return None


# --- one row after the other --------------------------------------------------------------------


def _tell(rows: Sequence[Row]) -> list[Fact]:
    bounces = _Bounces(rows)
    opening = _opening_replies(rows)
    found: list[Fact] = []
    for row in rows:
        fact = _fact(row, bounces, opening)
        if fact is not None:
            found.append(fact)
    return found


def _opening_replies(rows: Sequence[Row]) -> set[int]:
    """The entries by which tickets that we opened began: a reply before the customer's first word."""
    waiting: set[int] = set()
    found: set[int] = set()
    for row in rows:
        if row.kind == t.TicketOpened.kind and row.data["direction"] == "out":
            waiting.add(row.stream_id)
        elif row.stream_id in waiting and row.data.get("side_thread_id") is None:
            if row.kind == t.ReplyPosted.kind:
                found.add(row.pk)
            if row.kind in {t.ReplyPosted.kind, t.MessageReceived.kind}:
                waiting.discard(row.stream_id)
    return found


class _Bounces:
    """Whether a failed delivery leaves a reply without anybody it was written to (Cc is not asked)."""

    def __init__(self, rows: Sequence[Row]) -> None:
        failed = [row for row in rows if row.kind == t.DeliveryFailed.kind and row.data["permanent"]]
        ids = {row.data["message_id"] for row in failed}
        people = dict(Message.objects.filter(pk__in=ids).values_list("pk", "to")) if ids else {}
        self.written_to = {pk: {_ascii(one.get("address", "")) for one in to} for pk, to in people.items()}
        self.lost: dict[int, set[str]] = {}

    def is_hard(self, data: dict[str, Any]) -> bool:
        if not data["permanent"]:
            return False
        lost = self.lost.setdefault(data["message_id"], set())
        lost |= {_ascii(address) for address in data["recipients"]}
        return self.written_to.get(data["message_id"], set()) <= lost

    def sent_again(self, data: dict[str, Any]) -> None:
        self.lost.pop(data["message_id"], None)


def _ascii(address: str) -> str:
    """As on the envelope: the domain of other alphabets in its ASCII form."""
    local, at, domain = address.strip().lower().rpartition("@")
    try:
        return f"{local}{at}{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return f"{local}{at}{domain}"


_HIDING = {
    t.SpamMarked.kind: ("spam", True),
    t.SpamUnmarked.kind: ("spam", False),
    t.TicketDeleted.kind: ("deleted", True),
    t.TicketRestored.kind: ("deleted", False),
    t.TicketMerged.kind: (f.MERGED, True),
    t.TicketUnmerged.kind: (f.MERGED, False),
}


def _fact(row: Row, bounces: _Bounces, opening: set[int]) -> Fact | None:
    data, at = row.data, row.at
    if row.kind in _HIDING:
        why, hides = _HIDING[row.kind]
        return f.Hidden(at, why) if hides else f.Shown(at, why)
    match row.kind:
        case t.TicketOpened.kind:
            return f.Opened(at, data["direction"])
        case t.MessageReceived.kind if data["side_thread_id"] is None:
            return f.CustomerMessage(at, data["message_id"], data["is_thanks"])
        case t.AutomaticReceived.kind:
            return f.AutomaticMessage(at, data["message_id"])
        case t.ReplyPosted.kind if data["side_thread_id"] is None:
            return f.AgentReply(at, data["message_id"], row.pk in opening)
        case t.ReplyWithdrawn.kind:
            return f.Withdrawn(data["message_id"])
        case t.ThanksUndone.kind:
            return f.ThanksUndone(data["message_id"])
        case t.DeliveryFailed.kind:
            return f.HardBounced(data["message_id"]) if bounces.is_hard(data) else None
        case t.DeliveryRetried.kind:
            bounces.sent_again(data)
            return f.SentAgain(at, data["message_id"])
        case t.StatusChanged.kind:
            return f.CategoryChanged(at, data["new_category"])
    return _own_fact(row)


def _own_fact(row: Row) -> Fact | None:
    """Of what this app recorded itself."""
    data, at = row.data, row.at
    match row.kind:
        case e.SlaPolicyApplied.kind:
            if data["policy_version_id"] is None:
                return f.PolicyApplied(at, None)
            return f.PolicyApplied(
                at, f.Plan(data["policy_version_id"], data["calendar_version_id"], aims_from(data["targets"]))
            )
        case e.SlaDueSet.kind:
            return f.DueSet(at, data["target"], _instant(data["due_at"]))
        case e.SlaWarned.kind:
            return f.Fired(data["target"], f.WARNED, at, data["ordinal"])
        case e.SlaBreached.kind:
            due_at = datetime.fromisoformat(data["due_at"])
            return f.Fired(data["target"], f.BREACHED, due_at, data["ordinal"])
        case e.SlaBreachWithdrawn.kind:
            return f.BreachWithdrawn(data["target"], datetime.fromisoformat(data["old_due_at"]))
        case e.PromiseMade.kind:
            due_at = datetime.fromisoformat(data["due_at"])
            return f.PromiseMade(at, data["promise_id"], due_at, data["message_id"])
        case e.PromiseKept.kind if data["by_hand"]:
            return f.PromiseKept(at, data["promise_id"])
        case e.PromiseWithdrawn.kind:
            return f.PromiseWithdrawn(at, data["promise_id"])
        case e.PromiseBroken.kind:
            due_at = datetime.fromisoformat(data["due_at"])
            return f.Fired(f.PROMISE, f.BREACHED, due_at, data["promise_id"])
    return None


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
