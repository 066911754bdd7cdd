"""What an agent has typed and not sent, kept on the server."""

from typing import Any

from people.models import User
from tickets.models import Draft, Ticket

MAX_HTML = 800_000


def save_draft(
    ticket: Ticket,
    user: User,
    *,
    kind: str,
    html: str,
    to: list[dict[str, str]] | None = None,
    cc: list[dict[str, str]] | None = None,
    attachments: list[int] | None = None,
    based_on: int | None = None,
    way: str = "",
    actions: list[dict[str, Any]] | None = None,
) -> Draft:
    """Keep what is being written; the last one of a ticket, author and kind wins."""
    values: dict[str, Any] = {
        "html": html[:MAX_HTML],
        "to": to or [],
        "cc": cc or [],
        "attachments": attachments or [],
        "based_on": based_on,
        "way": way[:24],
        "actions": actions or [],
    }
    return Draft.objects.update_or_create(ticket=ticket, user=user, kind=kind, defaults=values)[0]


def drop_draft(ticket: Ticket, user: User, *, kind: str) -> None:
    """Forget it: sent or thrown away."""
    Draft.objects.filter(ticket=ticket, user=user, kind=kind).delete()
