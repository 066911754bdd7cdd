"""A mail that an administrator puts into a ticket, whatever threading or the limits said."""

from channels_in.case import Case
from channels_in.directory import Directory
from channels_in.kinds.email.parsing import parse
from channels_in.kinds.email.parsing.charset import decode
from channels_in.models import Inbound
from channels_in.opening import remember
from channels_in.settled import Settled, Unusable
from channels_in.survivors import on_survivor
from channels_in.writers import Writer
from journal.actor import Actor
from tickets import commands
from tickets.content import Content

_SHOWN = 100_000  # characters of the source, where nothing better can be made of a mail


def attach(inbound: Inbound, directory: Directory, ticket_id: int, actor: Actor) -> Settled:
    """Add it to the ticket. What cannot be parsed is attached as its source, cut for reading."""
    raw = bytes(inbound.raw)
    case = Case(inbound, directory.inboxes[inbound.inbox_id], directory, parse(raw))
    try:
        writer = case.writer
    except Unusable:
        unknown = f"unknown@{case.inbox.address.rpartition('@')[2].lower()}"
        case.writer = writer = Writer(unknown, "", unknown)
    content = case.content
    if case.mail.error or content.is_empty:
        content = Content(
            text=decode(raw[: 4 * _SHOWN])[:_SHOWN], subject=case.mail.subject, sender=content.sender
        )
    contact = case.people.make([(writer.address, writer.name)])[writer.address]
    message = on_survivor(
        ticket_id,
        lambda survivor_id: commands.receive_message(
            survivor_id,
            content=content,
            contact=contact,
            actor=actor,
            channel="email",
            automatic_kind=case.mail.automatic.kind if case.mail.automatic else "",
            in_copy=False,
        ),
    )
    case.note("by_hand", "attached", ticket=message.ticket_id, actor=actor.id)
    remember(case, message)
    return case.told(Settled.done(message))
