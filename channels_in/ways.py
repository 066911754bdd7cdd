"""By which ways a reply can reach a ticket's customer, and which of them a reply was sent by.

A way is a kind of channel and, for talks outside, a ``Thread``; mail needs none, it has its addresses.
Offered are only the person's own: what any of their contacts has written from, in the ticket's brand. A reply
carries the chosen thread in ``Message.to`` ({"name", "address", "thread"}), so that a draft, an undone Send
and the sender all speak of the same conversation.
"""

from collections.abc import Mapping
from typing import Any

from channels_in.models import Thread
from common.text import number
from people.querysets import family_ids
from tickets.models import Message


def thread_for(message: Message) -> Thread | None:
    """The conversation that a reply of ours goes into: the chosen one, else where the customer is.

    That is the ticket's own conversation of this kind, of several the one heard last; else the person's.
    None where there is none: then the message cannot leave.
    """
    threads = Thread.objects.select_related("inbox").filter(
        inbox__kind=message.channel, inbox__brand=message.ticket.brand_id
    )
    if (chosen := chosen_thread(message.to)) is not None:
        return threads.filter(pk=chosen).first()
    latest = threads.order_by("-heard_at", "-pk")
    own = latest.filter(ticket=message.ticket_id).first()
    return own or latest.filter(contact__in=family_ids(message.ticket.requester_id)).first()


def chosen_thread(to: list[Mapping[str, Any]] | list[dict[str, Any]]) -> int | None:
    """The key of the conversation that ``Message.to`` names."""
    return next((key for one in to if (key := number(str(one.get("thread", "")))) is not None), None)
