"""Who is told what of an entry: plain rules over the entry and the ticket as it is now."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from journal.actor import ActorKind
from journal.events import Event
from journal.models import Entry
from notifications.circle import Circle, seeing
from notifications.kinds import Kind
from notifications.mentions import mentioned_staff
from people.events import SHIFT_END, ShiftDigest
from people.models import User
from sla.events import PromiseBroken, SlaBreached, SlaBreachWithdrawn, SlaWarned
from sla.models import Promise
from tickets import events
from tickets.bulk.ending import gave
from tickets.bulk.events import TicketsAssigned
from tickets.models import BroadcastRecipient, LaterReply, Message
from tickets.problem_events import BroadcastEnded

_MOST_NAMED = 100  # tickets that one notice keeps; the rest is a number


@dataclass(frozen=True)
class Told:
    """One kind of notice for some people. ``about`` tells it from their others of its kind on the ticket."""

    kind: Kind
    user_ids: frozenset[int]
    about: str = ""
    data: dict[str, Any] = field(default_factory=dict)


def told_of(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """What follows for whom, the most personal first: somebody told once is not told again of one entry.

    Nobody hears of their own act, and nobody of a ticket they may not see.
    """
    rule = _RULES.get(entry.kind)
    if rule is None:
        return []
    wanted = rule(entry, event, circle)
    done = {entry.actor_id} if entry.actor_kind == ActorKind.USER and entry.actor_id else set()
    able = seeing(circle.ticket_id, {user_id for told in wanted for user_id in told.user_ids} - done)
    result = []
    for told in wanted:
        user_ids = (told.user_ids & able) - done
        done |= user_ids
        if user_ids:
            result.append(Told(told.kind, frozenset(user_ids), told.about, told.data))
    return result


def told_of_shift(event: ShiftDigest) -> list[Told]:
    """What came to the reader is handed over; what waits or stays is what a shift has left.

    One notice each, however many tickets there are.
    """
    if not User.objects.staff().filter(pk=event.user_id).exists():
        return []
    ended_at = datetime.fromisoformat(event.ended_at)
    about = f"{event.from_user_id}:{event.team_id}:{int(ended_at.timestamp())}"
    told = []
    if event.received:
        data = {"received": event.received}
        told.append(Told(Kind.HANDED_OVER, frozenset({event.user_id}), about, data))
    if event.queued or event.kept:
        data = {"queued": event.queued, "kept": event.kept}
        told.append(Told(Kind.SHIFT_DIGEST, frozenset({event.user_id}), about, data))
    for one in told:
        one.data.update(before=event.from_user_id, team=event.team_id)
    return told


def told_of_bulk(event: TicketsAssigned) -> list[Told]:
    """One notice for all that a bulk change has given somebody; a hand-over if any was somebody else's."""
    if not User.objects.staff().filter(pk=event.user_id).exists():
        return []
    kind = Kind.HANDED_OVER if event.from_others else Kind.ASSIGNED
    data = {"job": event.job_id, "number": event.number, "received": event.ticket_ids}
    return [Told(kind, frozenset({event.user_id}), f"bulk:{event.job_id}", data)]


def told_of_broadcast(event: BroadcastEnded) -> list[Told]:
    """One notice for its author of all whom a message about a problem did not reach, unforeseen."""
    if not event.failed:
        return []
    failed = BroadcastRecipient.objects.filter(
        broadcast=event.broadcast_id, state=BroadcastRecipient.State.FAILED
    )
    rows = list(failed.order_by("-ticket").values_list("ticket", "broadcast__author")[:_MOST_NAMED])
    data = {
        "broadcast": event.broadcast_id,
        "number": event.failed,
        "received": [ticket for ticket, _author in rows],
    }
    authors = frozenset(author for _ticket, author in rows)
    return [Told(Kind.DELIVERY_FAILED, authors, f"broadcast:{event.broadcast_id}", data)]


# --- the rules, by the kind of entry -------------------------------------------------------------------


def _told(kind: Kind, user_ids: Iterable[int | None], about: str = "", **data: Any) -> Told:
    return Told(kind, frozenset(user_id for user_id in user_ids if user_id is not None), about, data)


def _assigned(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """Somebody's ticket that goes to another is handed over; one from a queue is assigned.

    Also handed over, though by way of a queue, is what was escalated and what a shift's end left. What the
    end of a shift or a bulk change gives to somebody at once is told together (``told_of_shift``,
    ``told_of_bulk``).
    """
    assert isinstance(event, events.TicketAssigned)
    if event.new_assignee_id is None or entry.actor_name == SHIFT_END or _in_bulk(entry):
        return []
    if event.old_assignee_id is not None:
        return [_told(Kind.HANDED_OVER, {event.new_assignee_id}, before=event.old_assignee_id)]
    passed_on = _passed_on(entry)
    if passed_on is None:
        return [_told(Kind.ASSIGNED, {event.new_assignee_id})]
    return [_told(Kind.HANDED_OVER, {event.new_assignee_id}, **passed_on)]


def _in_bulk(entry: Entry) -> bool:
    by_person = entry.actor_kind == ActorKind.USER and entry.actor_id is not None
    return by_person and gave(entry.actor_id or 0, entry)


def _passed_on(entry: Entry) -> dict[str, Any] | None:
    """From whom, and why, when the ticket came to nobody by an escalation or a shift's end; else None."""
    kinds = [events.TicketAssigned.kind, events.TicketEscalated.kind]
    stream = Entry.objects.filter(stream_type=entry.stream_type, stream_id=entry.stream_id)
    found: dict[str, Any] = {}
    for row in stream.filter(sequence__lt=entry.sequence, kind__in=kinds).order_by("-sequence")[:2]:
        event = row.event
        if isinstance(event, events.TicketEscalated):
            return {**found, "text": event.reason}
        if not isinstance(event, events.TicketAssigned) or event.new_assignee_id is not None:
            return None
        found = {"before": event.old_assignee_id}
        if row.actor_name == SHIFT_END:
            return found
    return None


def _team_changed(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """By a person's hand, and while nobody holds it: what rules sort into queues would be a flood."""
    assert isinstance(event, events.TeamChanged)
    if entry.actor_kind != ActorKind.USER or circle.assignee_id is not None:
        return []
    return [_told(Kind.TO_TEAM, circle.team(event.new_team_id), team=event.new_team_id)]


def _escalated(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """The new team, as long as nobody there has it: whoever gets it is told that it is theirs."""
    assert isinstance(event, events.TicketEscalated)
    if circle.assignee_id is not None:
        return []
    return [_told(Kind.TO_TEAM, circle.team(event.to_team_id), team=event.to_team_id, text=event.reason)]


def _customer_wrote(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """The first message is a new ticket for the queue; a mere thank-you wants nobody."""
    assert isinstance(event, events.MessageReceived)
    if event.is_thanks:
        return []
    if event.side_thread_id is None and not circle.goes_on:
        new = _told(Kind.NEW_TICKET, circle.holders(), message=event.message_id)
        return [new] if circle.assignee_id is None else []
    whom = circle.holders() | circle.follower_ids
    return [_told(Kind.CUSTOMER_ANSWERED, whom, message=event.message_id)]


def _noted(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """Whoever is mentioned, whether or not they work on it; and those who do."""
    assert isinstance(event, events.NotePosted)
    text = Message.objects.filter(pk=event.message_id).values_list("text", flat=True).first() or ""
    round_it = circle.follower_ids | {circle.assignee_id or 0}
    return [
        _told(Kind.MENTIONED, mentioned_staff(text), message=event.message_id),
        _told(Kind.NOTED, round_it - {0}, message=event.message_id),
    ]


def _not_delivered(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    assert isinstance(event, events.DeliveryFailed)
    author = Message.objects.filter(pk=event.message_id).values_list("author_user_id", flat=True).first()
    whom = {author, circle.assignee_id}
    return [_told(Kind.DELIVERY_FAILED, whom, recipients=event.recipients, words=event.words)]


def _kept_back(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """Its author, unless it was their own wish."""
    assert isinstance(event, events.ReplyKeptBack)
    if event.why not in {LaterReply.State.OVERTAKEN, LaterReply.State.REFUSED}:
        return []
    about = str(event.later_id)
    return [_told(Kind.REPLY_KEPT_BACK, {event.user_id}, about, why=event.why, text=event.reason)]


def _expert_called(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    assert isinstance(event, events.ExpertCalled)
    return [_told(Kind.CALLED_IN, {event.user_id}, text=event.question)]


def _warned(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """Who can still do something about it."""
    assert isinstance(event, SlaWarned)
    return [_clock(Kind.SLA_WARNED, circle.holders(), event)]


def _breached(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """Too late for whoever holds it alone: those who follow it and who leads the team hear too."""
    assert isinstance(event, SlaBreached)
    whom = circle.holders() | circle.follower_ids | circle.leads()
    return [_clock(Kind.SLA_BREACHED, whom, event)]


def _promise_broken(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """Also whoever gave the word."""
    assert isinstance(event, PromiseBroken)
    gave = Promise.objects.filter(pk=event.promise_id).values_list("user_id", flat=True)
    whom = circle.holders() | circle.leads() | set(gave)
    return [_told(Kind.PROMISE_BROKEN, whom, str(event.promise_id), due_at=event.due_at)]


def _clock(kind: Kind, user_ids: Iterable[int], event: SlaWarned | SlaBreached) -> Told:
    return _told(kind, user_ids, about_clock(event), target=event.target, due_at=event.due_at)


def about_clock(event: SlaWarned | SlaBreached | SlaBreachWithdrawn) -> str:
    """What tells the notices of one clock from those of the ticket's other clocks."""
    return f"{event.target}:{event.ordinal}"


def _requested(entry: Entry, event: Event, circle: Circle) -> list[Told]:
    """What another part of the product wants told; a kind we do not know counts as a rule's."""
    assert isinstance(event, events.NoticeRequested)
    kind = Kind(event.notice_kind) if event.notice_kind in Kind.values else Kind.RULE
    about = hashlib.sha256(event.text.encode()).hexdigest()[:32] if event.text else ""
    data = {**(event.data or {}), "text": event.text}
    return [Told(kind, frozenset(event.user_ids), about, data)]


_RULES = {
    events.TicketAssigned.kind: _assigned,
    events.TeamChanged.kind: _team_changed,
    events.TicketEscalated.kind: _escalated,
    events.MessageReceived.kind: _customer_wrote,
    events.NotePosted.kind: _noted,
    events.DeliveryFailed.kind: _not_delivered,
    events.ReplyKeptBack.kind: _kept_back,
    events.ExpertCalled.kind: _expert_called,
    events.NoticeRequested.kind: _requested,
    SlaWarned.kind: _warned,
    SlaBreached.kind: _breached,
    PromiseBroken.kind: _promise_broken,
}
