"""From a reply in a ticket to a row that the sender takes: planning, withdrawing, trying again."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from channels_in.commands import delivery_failed, delivery_retried
from channels_in.kinds.email.compose import message_id_of, recipients_of
from channels_in.kinds.email.letter import to_ascii
from channels_in.models import Inbox, MailReference, Outbound
from common import clock
from journal.actor import Actor
from journal.models import Entry
from people.commands.contacts import clear_bounce
from people.models import Identity
from tickets import errors
from tickets.commands import withdraw_reply
from tickets.commands.base import survivor_id
from tickets.models import Channel, Message, Ticket

# What is told of the past (imports, demo data, replay) has been sent long ago, or never will be.
_HISTORY = timedelta(minutes=15)
_OTHER_WAYS = frozenset({Channel.CHAT, Channel.TELEGRAM})


@transaction.atomic
def plan(entry: Entry, message_id: int) -> Outbound | None:
    """Make the row that sends a message by mail; the same one however often it is asked for.

    None for what is history, was withdrawn, or goes another way than mail. A message that nobody can get
    (no address left that works, no inbox) ends as failed, on the ticket, instead of disappearing.
    """
    if entry.recorded_at - entry.happened_at > _HISTORY:
        return None
    Ticket.objects.lock(entry.stream_id)  # withdraw() locks it too, and must not slip in between
    message = Message.objects.select_related(
        "ticket__brand", "ticket__requester", "side_thread__contact", "author_user"
    ).get(pk=message_id)
    if message.withdrawn_at is not None or message.channel in _OTHER_WAYS:
        return None
    if (planned := Outbound.objects.filter(message=message).first()) is not None:
        return planned
    active = inbox_for(message)
    # One that is switched off cannot send, but the message can wait there to be tried again.
    inbox = active or Inbox.objects.filter(kind="email", brand=message.ticket.brand).order_by("pk").first()
    if inbox is None:
        delivery_failed(message, [], words=_("This brand has no active mail inbox."), status_code="no-inbox")
        return None
    recipients, skipped = _recipients(message)
    outbound = Outbound.objects.create(
        message=message,
        inbox=inbox,
        external_id=message_id_of(message, inbox),
        recipients=recipients,
        not_before=message.created_at
        + timedelta(seconds=0 if message.is_automatic else settings.REPLY_UNDO_SECONDS),
        server_words=_skipped_words(skipped),
        status=Outbound.Status.WAITING if recipients and active else Outbound.Status.FAILED,
        status_code="" if recipients else "no-recipient",
    )
    MailReference.objects.get_or_create(
        external_id=outbound.external_id,
        message=message,
        defaults={"ticket": message.ticket, "is_ours": True},
    )
    if active is None:
        words = _("This brand has no active mail inbox.")
        Outbound.objects.filter(pk=outbound.pk).update(server_words=words, status_code="no-inbox")
        delivery_failed(message, recipients, words=words, status_code="no-inbox")
    elif not recipients:
        words = outbound.server_words or _("There is no address to send this to.")
        Outbound.objects.filter(pk=outbound.pk).update(server_words=words)
        delivery_failed(message, skipped, words=words, status_code="no-recipient")
    return outbound


def inbox_for(message: Message) -> Inbox | None:
    """Whence a message leaves: the mail inbox that the customer (or the side thread's partner) wrote to last.

    Where none has, or it is switched off, the brand's first active one.
    """
    ticket = message.ticket
    mine = Inbox.objects.filter(kind="email", is_active=True, brand=ticket.brand).select_related("brand")
    heard = mine.filter(
        inbound__message__ticket=ticket, inbound__message__side_thread=message.side_thread
    ).order_by("-inbound__id")
    return heard.first() or mine.order_by("pk").first()


def _recipients(message: Message) -> tuple[list[str], list[str]]:
    """Envelope addresses, each once; and those left out because mail to them has bounced."""
    to, cc = recipients_of(message)
    wanted = list(dict.fromkeys(to_ascii(person.address.lower()) for person in [*to, *cc]))
    dead = set(
        Identity.objects.filter(kind=Identity.Kind.EMAIL, value__in=wanted)
        .exclude(bounced_at=None)
        .values_list("value", flat=True)
    )
    return [one for one in wanted if one not in dead], [one for one in wanted if one in dead]


def _skipped_words(skipped: list[str]) -> str:
    if not skipped:
        return ""
    return _("Not sent to %(addresses)s: mail to it has bounced before.") % {"addresses": ", ".join(skipped)}


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

    Asking is a person's judgement that the address works, so its bounce is forgotten.
    """
    ticket_id = Outbound.objects.values_list("message__ticket_id", flat=True).get(pk=outbound_id)
    Ticket.objects.lock(ticket_id)
    outbound = Outbound.objects.select_for_update(no_key=True, of=("self",)).get(pk=outbound_id)
    if outbound.status not in {Outbound.Status.FAILED, Outbound.Status.BOUNCED}:
        return outbound
    message = Message.objects.select_related("ticket__requester", "side_thread__contact").get(
        pk=outbound.message_id
    )
    to, cc = recipients_of(message)
    everybody = list(dict.fromkeys(to_ascii(person.address.lower()) for person in [*to, *cc]))
    recipients = outbound.recipients or everybody
    if not recipients:
        return outbound
    for address in recipients:
        clear_bounce(address)
    outbound.inbox = inbox_for(message) or outbound.inbox
    outbound.status = Outbound.Status.WAITING
    outbound.recipients = recipients
    outbound.not_before = clock.now()
    outbound.attempts = 0
    outbound.claimed_until = outbound.handed_over_at = None
    outbound.server_words = outbound.status_code = ""
    outbound.save()
    delivery_retried(message, actor=actor)
    return outbound
