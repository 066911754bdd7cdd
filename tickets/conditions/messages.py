"""Fields of the message in question: the one that triggered a rule, else the customer's last."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from common.languages import language_of
from tickets.conditions.fields import Asked, Field, register
from tickets.models import Message, MessageKind, Ticket

TEXT = 20_000  # characters of a message that conditions look at


def in_question(tickets: Iterable[Ticket], asked: Asked) -> dict[int, int]:
    """The message ids asked about, by ticket."""
    found = dict(asked.message_ids)
    missing = [ticket.pk for ticket in tickets if ticket.pk not in found]
    if missing:
        last = (
            Message.objects.filter(
                ticket__in=missing, kind=MessageKind.MESSAGE, side_thread=None, withdrawn_at=None
            )
            .values("ticket_id")
            .annotate(last=Max("pk"))
        )
        found |= {row["ticket_id"]: row["last"] for row in last}
    return {ticket.pk: found[ticket.pk] for ticket in tickets if ticket.pk in found}


def _texts(tickets: Sequence[Ticket], asked: Asked) -> dict[int, str]:
    ids = in_question(tickets, asked)
    texts = dict(Message.objects.filter(pk__in=ids.values()).values_list("pk", "text"))
    return {ticket.pk: texts.get(ids.get(ticket.pk, 0), "")[:TEXT] for ticket in tickets}


def _languages(tickets: Sequence[Ticket], asked: Asked) -> dict[int, Any]:
    return {pk: language_of(text) for pk, text in _texts(tickets, asked).items()}


register(Field("message_text", _("Text of the message"), "text", load=_texts, group="message"))
register(
    Field(
        "message_language", _("Language of the message"), "text", load=_languages, group="message",
        source="languages",
    )
)  # fmt: skip
