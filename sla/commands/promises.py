"""Verbs for promises: what an agent said they would do, and by when."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from common.text import one_line, storable
from journal.actor import Actor
from journal.record import moment, record
from people.models import User
from sla import use
from sla.events import PromiseKept, PromiseMade, PromiseWithdrawn
from sla.models import Promise
from tickets import errors
from tickets.commands.base import begin, survivor_id
from tickets.commands.hiding import LONGEST_SNOOZE
from tickets.models import Message, Ticket


@transaction.atomic
def make_promise(
    ticket_id: int,
    *,
    user: User,
    due_at: datetime,
    text: str = "",
    message: Message | None = None,
    actor: Actor | None = None,
    at: datetime | None = None,
) -> Promise:
    """Promise the customer an answer by ``due_at``; ``message`` is the reply that says so.

    The next reply after that one keeps it. ``actor`` is whoever acts for ``user``: a rule, say. Asking
    twice with the same message gives the promise there is.
    """
    ticket, at = begin(ticket_id, at)
    if message is not None:
        made = Promise.objects.filter(message=message, due_at=due_at).first()
        if made is not None:
            return made
    if not at < due_at <= at + LONGEST_SNOOZE:
        raise errors.Invalid("promise", _("Choose a time that is still to come."))
    promise = Promise.objects.create(
        ticket=ticket,
        user=user,
        due_at=due_at,
        text=one_line(storable(text), 400),
        message=message,
        made_at=at,
    )
    use.begin()
    record(
        PromiseMade(
            ticket.pk,
            promise.pk,
            user.pk,
            due_at.isoformat(),
            promise.text,
            message.pk if message else None,
        ),
        actor=actor or Actor.user(user),
        at=at,
    )
    return promise


@transaction.atomic
def keep_promise(promise_id: int, *, actor: Actor, at: datetime | None = None) -> Promise:
    """Say that it was kept some other way than by a reply: on the phone, say."""
    promise, ticket, at = _begin(promise_id, at)
    if promise.state == Promise.State.OPEN:
        record(PromiseKept(ticket.pk, promise.pk, by_hand=True), actor=actor, at=at)
        promise.refresh_from_db()
    return promise


@transaction.atomic
def withdraw_promise(promise_id: int, *, actor: Actor, at: datetime | None = None) -> Promise:
    """Take it back before its time: it is neither kept nor broken."""
    promise, ticket, at = _begin(promise_id, at)
    if promise.state == Promise.State.OPEN:
        record(PromiseWithdrawn(ticket.pk, promise.pk), actor=actor, at=at)
        promise.refresh_from_db()
    return promise


def _begin(promise_id: int, at: datetime | None) -> tuple[Promise, Ticket, datetime]:
    """Lock the ticket that counts the promise now: its own, or where its merges lead."""
    ticket_id = Promise.objects.values_list("ticket_id", flat=True).get(pk=promise_id)
    ticket = Ticket.objects.lock(survivor_id(ticket_id))
    return Promise.objects.get(pk=promise_id), ticket, moment("ticket", ticket.pk, at)
