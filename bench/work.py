"""Mails worked off with everything that follows, and tickets given to people, in this process alone.

In an office of ``bench.fifty``: with its rules and policies, or without any.
"""

from __future__ import annotations

from time import perf_counter
from typing import Any

from django.db import connection

from bench.fifty import Mail
from channels_in import intake as door
from channels_in.models import Inbound, Inbox
from journal import drain
from journal.actor import Actor
from journal.models import Delivery
from people.models import Contact, Team
from routing.assignment import assign_by_strategy
from tickets import commands
from tickets.models import Brand


class Count:
    """Counts the statements of a block."""

    def __init__(self) -> None:
        self.statements = 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.statements += 1
        return execute(sql, params, many, context)


def worked_off(first: int, mails: int) -> dict[str, float]:
    """Seconds, and statements a mail, from stored mails to tickets, and for all that follows from those."""
    inbox = Inbox.objects.get()
    for number in range(first, first + mails):
        mail = Mail(number)
        raw = mail.letter("work").as_bytes()
        door.store(inbox, raw, via="smtp", envelope_from=mail.sender, envelope_to=[inbox.address])
    to_ticket, after = Count(), Count()
    began = perf_counter()
    with connection.execute_wrapper(to_ticket):
        while Inbound.objects.filter(status=Inbound.Status.PENDING).exists():
            door.drain_pending(inbox.pk)
    halfway = perf_counter()
    with connection.execute_wrapper(after):
        while streams := Delivery.objects.filter(parked=False).values_list("stream_type", "stream_id"):
            for stream_type, stream_id in dict.fromkeys(streams):
                drain.drain(stream_type, stream_id)
    ended = perf_counter()
    return {
        "to tickets": halfway - began,
        "what follows": ended - halfway,
        "statements to tickets": to_ticket.statements / mails,
        "statements that follow": after.statements / mails,
    }


def assignments(tickets: int) -> dict[str, float]:
    """Tickets a second that the team's strategy finds somebody for."""
    actor, brand, team = Actor.system("bench"), Brand.objects.get(), Team.objects.get()
    contact = Contact.objects.create(name="Bench")
    ids = [
        commands.open_ticket(
            brand=brand, channel="email", requester=contact, subject=f"{number}", team=team, actor=actor
        ).pk
        for number in range(tickets)
    ]
    Delivery.objects.all().delete()
    count = Count()
    began = perf_counter()
    with connection.execute_wrapper(count):
        given = sum(assign_by_strategy(pk, actor=actor) is not None for pk in ids)
    took = perf_counter() - began
    Delivery.objects.all().delete()
    if given != tickets:
        raise RuntimeError(f"{given} of {tickets} were assigned")
    return {"assignments a second": tickets / took, "statements each": count.statements / tickets}
