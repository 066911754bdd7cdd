"""The answer to the first message of a request: we have it, this is its number.

Only in private, only once a ticket, only where the bot's settings want it.
"""

from django.utils import translation
from django.utils.translation import gettext as _

from channels_in.kinds.telegram.planning import KIND
from channels_in.kinds.telegram.who import language_for
from channels_in.models import Thread
from journal.actor import Actor
from journal.models import Entry
from tickets import commands, errors
from tickets.content import Content
from tickets.events import TicketOpened
from tickets.models import Message, Ticket

ACTOR = Actor.system("acknowledgement")


def acknowledge(entry: Entry, event: TicketOpened) -> Message | None:
    """Say that it has come; None where that must not be."""
    ticket = Ticket.objects.select_related("brand", "requester").get(pk=event.ticket_id)
    threads = Thread.objects.filter(ticket=ticket, inbox__kind=KIND).select_related("inbox__brand")
    thread = threads.order_by("-heard_at").first()
    if thread is None or not thread.inbox.acknowledge or ticket.is_hidden or ticket.is_test:
        return None
    if thread.state.get("kind", "private") != "private":
        return None
    with translation.override(language_for(ticket.requester, thread.inbox)):
        text = _("Thank you, we have it: your request is #%(number)d. A person answers here.") % {
            "number": ticket.pk
        }
    try:
        return commands.post_automatic(ticket.pk, content=Content(text=text), actor=ACTOR)
    except errors.Merged:
        return None
