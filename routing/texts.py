"""The texts of rules, filled in for a ticket."""

from channels_in import variables
from routing import placeholders
from tickets.models import Ticket


def values(ticket: Ticket) -> dict[str, str]:
    """What the variables stand for: those of ``channels_in.variables``, and who holds the ticket."""
    agent = ticket.assignee.name if ticket.assignee is not None else ""
    return {**variables.values(ticket), "agent.name": agent}


def filled(text: str, ticket: Ticket) -> tuple[str, list[str]]:
    """The text with its variables filled in, and those without a value."""
    return placeholders.fill(text, values(ticket))
