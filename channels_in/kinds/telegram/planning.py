"""How a message leaves by Telegram: into which chat, and what of it becomes which call."""

from collections.abc import Sequence

from django.utils.translation import gettext_noop

from channels_in.kinds.email import planning as mail
from channels_in.kinds.telegram.presence import mark
from channels_in.models import Inbox, Thread
from channels_in.protocol import Plan
from channels_in.ways import chosen_thread
from people.models import Contact
from tickets.commands.posting import family_ids
from tickets.models import Message

KIND = Inbox.Kind.TELEGRAM


def plan(message: Message) -> Plan | None:
    """Into the chat that the ticket came from, else the customer's own. Nothing is held back to be undone."""
    thread = thread_for(message)
    name = f"telegram:{message.pk}"
    if thread is None:
        bots = Inbox.objects.filter(kind=KIND, telegram__isnull=False, brand=message.ticket.brand)
        bot = bots.order_by("-is_active", "pk").first()
        if bot is None:  # the brand has none any more: mail, if there is an address
            return mail.plan(message)
        words = gettext_noop("The customer has not written to the bot yet.")
        return Plan(bot, name, [], problem=(words, "no-chat"))
    problem = None
    if not thread.inbox.is_active:
        problem = (gettext_noop("The bot is switched off."), "no-inbox")
    elif thread.is_blocked:
        problem = (gettext_noop("The customer has blocked the bot."), "blocked")
    return Plan(thread.inbox, name, [thread.external_id], problem=problem)


def thread_for(message: Message) -> Thread | None:
    """The chat that was chosen; else where the customer was heard last: about this ticket, or else at all
    with this brand. Not one of a bot that was deleted."""
    if message.side_thread_id is not None:
        return None
    bots = Thread.objects.filter(inbox__kind=KIND, inbox__telegram__isnull=False)
    chats = bots.select_related("inbox__brand")
    if (chosen := chosen_thread(message.to)) is not None:
        return chats.filter(pk=chosen, inbox__brand=message.ticket.brand_id).first()
    family = family_ids(message.ticket_id)
    about = chats.filter(messages__message__ticket__in=family) | chats.filter(ticket__in=family)
    own = chats.filter(
        contact__in=Contact.objects.family(message.ticket.requester_id), inbox__brand=message.ticket.brand_id
    )
    # In a group others listen: only what was said there is answered there.
    private = own.filter(external_id__regex=r"^\d+$")
    for rows in (about, private):
        if (found := rows.order_by("-heard_at", "-pk").first()) is not None:
            return found
    return None


def forgive(chat_ids: Sequence[str]) -> None:
    """Somebody tries again on purpose."""
    for thread in Thread.objects.filter(inbox__kind=KIND, external_id__in=list(chat_ids)):
        mark(thread.inbox, thread.external_id, is_blocked=False)
