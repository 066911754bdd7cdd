"""Tickets as plain data under the fields' names, many at once: what ``evaluate`` and the rule engine see."""

from collections.abc import Iterable, Mapping
from typing import Any

from tickets.conditions.fields import FIELDS, Asked
from tickets.conditions.language import find
from tickets.models import Ticket

# "Followed by me" depends on who asks, so no snapshot has it.
_PERSONAL = frozenset({"followed"})


def snapshots(
    ticket_ids: Iterable[int], asked: Asked, names: Iterable[str] | None = None
) -> dict[int, dict[str, Any]]:
    """Snapshots by ticket id, with ``names`` (all registered fields by default) and "id".

    One query for the tickets and one or two for each field that is no column of theirs, however many tickets.
    """
    tickets = list(
        Ticket.objects.filter(pk__in=list(ticket_ids)).select_related("requester__survivor", "organization")
    )
    return of_tickets(tickets, asked, names)


def of_tickets(
    tickets: list[Ticket], asked: Asked, names: Iterable[str] | None = None
) -> dict[int, dict[str, Any]]:
    """The same of rows that are in hand; ``requester`` and ``organization`` should come with them."""
    found: dict[int, dict[str, Any]] = {ticket.pk: {"id": ticket.pk} for ticket in tickets}
    if not tickets:
        return found
    for name in FIELDS.keys() - _PERSONAL if names is None else set(names) - _PERSONAL:
        field = find(name)
        if field is None:
            continue
        if field.load is not None:
            values: Mapping[int, Any] = field.load(tickets, asked)
            for ticket_id, row in found.items():
                row[name] = values.get(ticket_id)
        else:
            path = field.column.split("__")
            for ticket in tickets:
                found[ticket.pk][name] = _follow(ticket, path)
    return found


def _follow(row: Any, path: list[str]) -> Any:
    for name in path:
        if row is None:
            return None
        row = getattr(row, name)
    return row
