"""What conditions can ask about the way a message came."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from channels_in.models import Inbound
from tickets.conditions.fields import Asked, Field, register
from tickets.conditions.messages import in_question
from tickets.models import Ticket

_STATES = {
    "passed": _("Proved by our relay"),
    "failed": _("Disowned by the sender's domain"),
    "unknown": _("Not known"),
}


def _verdicts(tickets: Sequence[Ticket], asked: Asked) -> dict[int, str]:
    """What our relay found out about the sender of the message in question (``channels_in.verdict``)."""
    ids = in_question(tickets, asked)
    rows = Inbound.objects.filter(message__in=ids.values()).values_list("message_id", "verdict__state")
    states = {message_id: state for message_id, state in rows if state in _STATES}
    return {ticket.pk: states.get(ids.get(ticket.pk, 0), "unknown") for ticket in tickets}


register(
    Field(
        "sender_verdict",
        _("Sender of the message"),
        "choice",
        choices={state: state for state in _STATES},
        names=_STATES,
        load=_verdicts,
        group="message",
    )
)
