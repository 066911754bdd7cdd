"""From a reply in a ticket to a row that the sender takes: planning, withdrawing, trying again."""

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext_noop

from channels_in.commands import delivery_failed, delivery_retried
from channels_in.models import MailReference, Outbound
from channels_in.registry import channel, way_of
from common import clock
from journal.actor import Actor
from journal.models import Entry
from tickets import errors
from tickets.commands import withdraw_reply
from tickets.commands.base import survivor_id
from tickets.models import Message, Ticket
from tickets.undelivered import left_out

# What is told of the past (imports, demo data, replay) has been sent long ago, or never will be.
_HISTORY = timedelta(minutes=15)


@transaction.atomic
def plan(entry: Entry, message_id: int) -> Outbound | None:
    """Make the row that sends a message; the same one however often it is asked for.

    None for what is history, was withdrawn, or reaches the customer without a sender. A message that nobody
    can get (no address left that works, no inbox) ends as failed, on the ticket, instead of disappearing.
    """
    if entry.recorded_at - entry.happened_at > _HISTORY:
        return None
    Ticket.objects.lock(entry.stream_id)  # withdraw() locks it too, and must not slip in between
    message = _message(message_id)
    if message.withdrawn_at is not None:
        return None
    if (planned := Outbound.objects.filter(message=message).first()) is not None:
        return planned
    way = way_of(message.channel)
    planned_way = way.plan(message)
    if planned_way is None:
        if way.kind == "email":
            words = gettext_noop("This brand has no active mail inbox.")
            delivery_failed(message, [], words=words, status_code="no-inbox")
        return None
    words, code = planned_way.problem or left_out(planned_way.skipped)
    outbound = Outbound.objects.create(
        message=message,
        inbox=planned_way.inbox,
        external_id=planned_way.external_id,
        recipients=planned_way.recipients,
        not_before=message.created_at + planned_way.undo,
        server_words=words,
        status=Outbound.Status.FAILED if planned_way.problem else Outbound.Status.WAITING,
        status_code=code,
    )
    if planned_way.inbox.kind == "email":
        MailReference.objects.get_or_create(
            external_id=outbound.external_id,
            message=message,
            defaults={"ticket": message.ticket, "is_ours": True},
        )
    if planned_way.problem:
        concerned = planned_way.recipients or planned_way.skipped
        delivery_failed(message, concerned, words=words, status_code=code)
    return outbound


def _message(message_id: int) -> Message:
    return Message.objects.select_related(
        "ticket__brand", "ticket__requester", "side_thread__contact", "author_user"
    ).get(pk=message_id)


@transaction.atomic
def withdraw(message_id: int, *, actor: Actor) -> Message:
    """Undo Send. Raises ``tickets.errors.TooLate`` once a server may have got anything of it."""
    message = Message.objects.get(pk=message_id)
    # Where the message is, and where merges have led meanwhile: in the order of their numbers.
    Ticket.objects.lock_all(message.ticket_id, survivor_id(message.ticket_id))
    planned = Outbound.objects.filter(message=message)
    taken_back = planned.filter(
        status=Outbound.Status.WAITING, handed_over_at=None, sent_at=None, maybe_twice=False
    ).update(status=Outbound.Status.WITHDRAWN)
    if not taken_back and planned.exclude(status=Outbound.Status.WITHDRAWN).exists():
        raise errors.TooLate
    return withdraw_reply(message_id, actor=actor)


@transaction.atomic
def retry(outbound_id: int, *, actor: Actor) -> Outbound:
    """Send again what failed or bounced, to whoever did not get it. Anything else stays as it is.

    Asking is a person's judgement that the way works, so what came back before is forgotten.
    """
    ticket_id = Outbound.objects.values_list("message__ticket_id", flat=True).get(pk=outbound_id)
    Ticket.objects.lock(ticket_id)
    outbound = (
        Outbound.objects.select_for_update(no_key=True, of=("self",))
        .select_related("inbox")
        .get(pk=outbound_id)
    )
    if outbound.status not in {Outbound.Status.FAILED, Outbound.Status.BOUNCED}:
        return outbound
    message = _message(outbound.message_id)
    way = channel(outbound.inbox.kind)
    planned = way.plan(message)
    everybody = [*planned.recipients, *planned.skipped] if planned else []
    recipients = outbound.recipients or everybody
    if not recipients:
        return outbound
    way.forgive(recipients)
    if planned is not None:
        outbound.inbox = planned.inbox
    outbound.status = Outbound.Status.WAITING
    outbound.recipients = recipients
    outbound.not_before = clock.now()
    outbound.attempts = 0
    outbound.claimed_until = outbound.handed_over_at = None
    outbound.server_words = outbound.status_code = ""
    outbound.save()
    delivery_retried(message, actor=actor)
    return outbound
