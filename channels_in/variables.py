"""Variables of texts that leave by themselves or to many: of rules, of messages to all who asked.

Plain text, filled in by ``common.placeholders``, which leaves out what has no value. (A macro's text is HTML
that somebody looks at before sending: ``tickets.macros.variables`` shows them a gap.)
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from channels_in.acknowledge import harmless_name, harmless_subject
from tickets.models import Ticket

# What a ticket knows without anybody's doing; each kind of text adds what else it can name.
LABELS: dict[str, str | Promise] = {
    "contact.name": _("Customer's name"),
    "ticket.number": _("Number"),
    "ticket.subject": _("Subject"),
    "brand.name": _("Brand"),
}


def values(ticket: Ticket) -> dict[str, str]:
    """What they stand for. No stranger's links leave in our name: such a subject or name is none."""
    return {
        "contact.name": harmless_name(ticket.requester.person.name),
        "ticket.number": str(ticket.pk),
        "ticket.subject": harmless_subject(ticket.subject),
        "brand.name": ticket.brand.name,
    }
