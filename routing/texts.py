"""The texts of rules, filled in for a ticket."""

from channels_in.acknowledge import harmless_name, harmless_subject
from routing import placeholders
from tickets.models import Ticket


def values(ticket: Ticket) -> dict[str, str]:
    """What the variables stand for. No stranger's links leave in our name: such a subject or name is none."""
    return {
        "contact.name": harmless_name(ticket.requester.person.name),
        "ticket.number": str(ticket.pk),
        "ticket.subject": harmless_subject(ticket.subject),
        "agent.name": ticket.assignee.name if ticket.assignee is not None else "",
        "brand.name": ticket.brand.name,
    }


def filled(text: str, ticket: Ticket) -> tuple[str, list[str]]:
    """The text with its variables filled in, and those without a value."""
    return placeholders.fill(text, values(ticket))
