"""Sending broadcasts: people claimed by a lease, each written to once, by the verb of every other reply.

The message and the mark that somebody has had it are one transaction, so a worker may die at any moment: what
it was at is neither sent nor marked, and is taken up when the lease has run out. So is what broke unforeseen,
``MOST_ATTEMPTS`` times in all; then it has failed, and the author is told. What sends the message itself
(undo, delivery, failure) is the same as for every other reply.
"""

from datetime import timedelta
from time import monotonic

import structlog
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, F, Q

from channels_in import ways
from channels_in.broadcasts import words
from channels_in.broadcasts.planning import hidden_reason
from common import clock
from common.locks import alone
from journal.actor import Actor
from people.access import may_manage_problem
from people.models import Contact, Identity
from tickets import commands, errors
from tickets.content import Content
from tickets.models import Broadcast, BroadcastRecipient, Category, Message, MessageKind, Status, Ticket
from tickets.status import in_use, may_go

log = structlog.get_logger(__name__)

ACTOR = Actor.system("broadcast")
LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 4
_MINUTE = timedelta(minutes=1)
_BREATH = timedelta(seconds=5)  # nobody gets a minute's budget at once, so that there is time to stop
_LOCK = 0x62726F64  # "brod": our advisory locks among others'

State = BroadcastRecipient.State


def send_due(*, seconds: float = 10.0) -> int:
    """Write to whoever is next, for at most about ``seconds``; returns how many were settled."""
    ends = monotonic() + seconds
    done = 0
    rows = Broadcast.objects.filter(state=Broadcast.State.SENDING).select_related(
        "author", "problem", "status"
    )
    for broadcast in rows.order_by("pk"):
        with alone(_LOCK, broadcast.pk) as mine:
            if mine:
                done += _run(broadcast, ends)
    return done


def _run(broadcast: Broadcast, ends: float) -> int:
    if not may_manage_problem(broadcast.author, broadcast.problem.owner_id):
        commands.stop_broadcast(broadcast.pk, actor=ACTOR, reason="author")
        return 0
    done = 0
    room = _room(broadcast)
    while room > 0 and monotonic() < ends:
        recipient_id = _claim(broadcast)
        if recipient_id is None:
            break
        state = _settle(broadcast, recipient_id)
        if state is None:  # stopped meanwhile
            return done
        done += 1
        room -= state == State.SENT
    if not BroadcastRecipient.objects.filter(broadcast=broadcast, state=State.WAITING).exists():
        commands.end_broadcast(broadcast.pk, actor=ACTOR)
    return done


def _room(broadcast: Broadcast) -> int:
    """How many more may get it now."""
    now = clock.now()
    sent = BroadcastRecipient.objects.filter(
        broadcast=broadcast, state=State.SENT, settled_at__gt=now - _MINUTE
    ).aggregate(minute=Count("pk"), breath=Count("pk", filter=Q(settled_at__gt=now - _BREATH)))
    at_once = -(-broadcast.per_minute * _BREATH // _MINUTE)
    return min(broadcast.per_minute - sent["minute"], at_once - sent["breath"])


def _claim(broadcast: Broadcast) -> int | None:
    """Who is next; ours until the lease runs out. With whom it has not ended well so often has failed."""
    now = clock.now()
    waiting = BroadcastRecipient.objects.filter(broadcast=broadcast, state=State.WAITING, not_before__lte=now)
    waiting.filter(attempts__gte=MOST_ATTEMPTS).update(state=State.FAILED, reason="broken", settled_at=now)
    pk = waiting.order_by("not_before", "pk").values_list("pk", flat=True).first()
    if pk is None or waiting.filter(pk=pk).update(attempts=F("attempts") + 1, not_before=now + LEASE) != 1:
        return None
    return pk


def _settle(broadcast: Broadcast, recipient_id: int) -> str | None:
    """Write to one of them, or note why not; None, with nothing changed, if it has been stopped."""
    try:
        with transaction.atomic():
            return _write(broadcast, recipient_id)
    except (OperationalError, InterfaceError):  # about the database, and not about this ticket
        raise
    except Exception:  # the others go on; tried again when the lease has run out
        log.exception("broadcast.broken", broadcast=broadcast.pk, recipient=recipient_id)
        return State.WAITING


def _write(broadcast: Broadcast, recipient_id: int) -> str | None:
    ticket_id = BroadcastRecipient.objects.values_list("ticket_id", flat=True).get(pk=recipient_id)
    Ticket.objects.lock(ticket_id)
    mine = BroadcastRecipient.objects.select_for_update(no_key=True, of=("self",))
    recipient = mine.select_related("contact").get(pk=recipient_id)
    if recipient.state != State.WAITING:
        return recipient.state
    if not Broadcast.objects.filter(pk=broadcast.pk, state=Broadcast.State.SENDING).exists():
        # Whoever goes on with it need not wait for our lease.
        recipient.attempts -= 1
        recipient.not_before = clock.now()
        recipient.save(update_fields=["attempts", "not_before"])
        return None
    ticket = Ticket.objects.select_related("requester__survivor", "brand").get(pk=ticket_id)
    reason = _why_not(broadcast, recipient, ticket)
    message = None
    if not reason:
        try:
            with transaction.atomic():
                message = _post(broadcast, recipient, ticket)
        except errors.TicketError as error:
            reason = error.message[:200]
        else:
            reason = "" if message else "no-address"
    recipient.state = State.SENT if message else State.SKIPPED
    recipient.message, recipient.reason, recipient.settled_at = message, reason, clock.now()
    recipient.save(update_fields=["state", "message", "reason", "settled_at"])
    return recipient.state


def _why_not(broadcast: Broadcast, recipient: BroadcastRecipient, ticket: Ticket) -> str:
    """What has changed since it was planned, as a code; empty if nothing that matters has."""
    if reason := hidden_reason(ticket):
        return reason
    if ticket.problem_id != broadcast.problem_id:
        return "unlinked"
    if not Ticket.objects.visible_to(broadcast.author).filter(pk=ticket.pk).exists():
        return "unseen"
    person_id = ticket.requester.person_id
    if recipient.contact.person_id != person_id:
        return "other-person"
    # Two who turned out to be one person meanwhile.
    theirs = Q(contact=person_id) | Q(contact__survivor=person_id)
    had = BroadcastRecipient.objects.filter(theirs, broadcast=broadcast, state=State.SENT)
    return "same-person" if had.exists() else ""


def _post(broadcast: Broadcast, recipient: BroadcastRecipient, ticket: Ticket) -> Message | None:
    """The reply itself; None where nothing gets to them any more."""
    address = _address(ticket)
    way = _way(ticket, address)
    if way is None:
        return None
    text = words.filled(broadcast.texts[recipient.language], ticket, recipient.language)
    to = way.to() if way.thread else [{"name": ticket.requester.person.name, "address": address}]
    return commands.post_reply(
        ticket.pk,
        user=broadcast.author,
        content=Content(text=text, to=to),
        channel=way.channel,
        status=_status(broadcast.status, ticket),
    )


def _way(ticket: Ticket, address: str) -> ways.Way | None:
    """Where the customer is, as the composer proposes it; mail only to an address that works."""
    offered = [way for way in ways.ways_of(ticket) if way.is_open and (way.key != ways.MAIL or address)]
    last = (
        Message.objects.filter(ticket=ticket, kind=MessageKind.MESSAGE, side_thread=None)
        .order_by("-created_at", "-pk")
        .values_list("channel", "created_at")
        .first()
    )
    channel, at = last or ("", None)
    return ways.proposed(offered, last_channel=channel, last_at=at)


def _address(ticket: Ticket) -> str:
    """An address of the person that works: of the row that wrote the ticket, else any."""
    family = Contact.objects.family(ticket.requester_id)
    mails = Identity.objects.filter(contact__in=family, kind=Identity.Kind.EMAIL, bounced_at=None)
    found = sorted(
        mails.values_list("contact_id", "pk", "value"),
        key=lambda row: (row[0] != ticket.requester_id, row[0] != ticket.requester.person_id, row[1]),
    )
    return found[0][2] if found else ""


def _status(status: Status | None, ticket: Ticket) -> Status | None:
    """The status to set with it; none for a ticket that is solved, or cannot go there."""
    if status is None or not ticket.is_open:
        return None
    return in_use(status) if may_go(Category(ticket.category), Category(status.category)) else None
