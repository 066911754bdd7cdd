"""What an agent has typed and not sent, kept on the server."""

from datetime import datetime
from typing import Any

from people.models import User
from tickets.models import Draft, Ticket

MAX_HTML = 800_000
MAX_WINDOW = 36


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
    window: str = "",
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
        "window": window[:MAX_WINDOW],
    }
    return Draft.objects.update_or_create(ticket=ticket, user=user, kind=kind, defaults=values)[0]


def drop_draft(ticket: Ticket, user: User, *, kind: str) -> None:
    """Forget it: sent or thrown away."""
    Draft.objects.filter(ticket=ticket, user=user, kind=kind).delete()


def is_elsewhere(ticket: Ticket, user: User, *, kind: str, window: str, seen: datetime | None) -> bool:
    """Whether another window of theirs has written the draft since this one saw it, as of ``seen``: then to
    save would overwrite what its author has not read. Locks it: ask in the transaction that saves.

    A window goes on from what it has written itself, whether it has heard of it or not.
    """
    rows = Draft.objects.select_for_update(no_key=True, of=("self",))
    row = rows.filter(ticket=ticket, user=user, kind=kind).only("window", "updated_at").first()
    return row is not None and row.window != window[:MAX_WINDOW] and row.updated_at != seen
