"""What a customer writes on the page of their request: stored as one line of JSON, then its files.

It goes into that request as a message by the form; the door is asked again when it is processed. One that was
solved too long ago is followed by a new one, as with mail.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from channels_in import blocking
from channels_in.directory import Directory
from channels_in.models import Inbound
from channels_in.opening import moment_on
from channels_in.settled import Settled, Unusable
from channels_in.threading import refusal_of
from journal.actor import Actor
from people.models import Contact
from tickets import commands
from tickets.content import Content, FileContent
from tickets.customers import Customer
from tickets.models import Link, Message, Ticket

_MARK = b'{"portal_reply":1,'
INTAKE = Actor.system("intake")


@dataclass(frozen=True)
class Reply:
    """``unsolved``: it says that what we called solved is not, whatever its words."""

    ticket_id: int
    contact_id: int
    text: str
    unsolved: bool = False
    files: Sequence[FileContent] = ()


def is_reply(raw: bytes | memoryview) -> bool:
    return bytes(raw[: len(_MARK)]) == _MARK


def encode(reply: Reply) -> bytes:
    """As it is stored."""
    head: dict[str, Any] = {"portal_reply": 1, "ticket": reply.ticket_id, "contact": reply.contact_id}
    head |= {"text": reply.text, "unsolved": reply.unsolved}
    head["files"] = [[file.name, file.content_type, len(file.data)] for file in reply.files]
    line = json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return b"\n".join([line, b"".join(file.data for file in reply.files)])


def decode(raw: bytes) -> Reply:
    """What ``encode`` made. Raises ``Unusable`` for anything else."""
    line, _end, rest = raw.partition(b"\n")
    files, at = [], 0
    try:
        head = json.loads(line)
        for name, content_type, size in head["files"]:
            if size < 0 or at + size > len(rest):
                raise ValueError("a file is cut short")
            files.append(FileContent(str(name), str(content_type), rest[at : at + size]))
            at += size
        return Reply(
            int(head["ticket"]), int(head["contact"]), str(head["text"]), bool(head["unsolved"]), files
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unusable("broken-form", repr(error)[:400]) from error


def settle(inbound: Inbound, directory: Directory) -> Settled:
    """Into its request, in the open transaction. Raises ``Unusable`` for quarantine."""
    reply = decode(bytes(inbound.raw))
    contact = _contact(reply)
    address = contact.any_address
    if address and (block := blocking.blocked_by(address)) is not None:
        blocking.count_hit(block)
        return Settled.discarded("blocked", block.pattern)
    customer = Customer(contact, directory.inboxes[inbound.inbox_id].brand)
    ticket = Ticket.objects.survivor_for(customer, reply.ticket_id)
    if ticket is None:
        raise Unusable("not-theirs", f"#{reply.ticket_id}")
    trace: list[dict[str, Any]] = [{"rule": "portal", "outcome": "matched", "ticket": ticket.pk}]
    if refusal_of(ticket, inbound.received_at):
        trace.append({"rule": "conversation", "outcome": "solved_long_ago", "ticket": ticket.pk})
        home = _follow_up(ticket, contact, inbound.received_at)
        trace.append({"rule": "new", "outcome": "follow_up", "ticket": ticket.pk})
    else:
        home = ticket.pk
    message = _receive(home, reply, contact, moment_on(home, inbound.received_at))
    if reply.unsolved and home == ticket.pk:
        commands.say_unsolved(home, contact=contact)
    return _told(message, trace, address)


def attach(inbound: Inbound, ticket_id: int, actor: Actor) -> Settled:
    """Put it into a ticket by hand."""
    reply = decode(bytes(inbound.raw))
    contact = _contact(reply)
    message = _receive(ticket_id, reply, contact, None)
    trace = [{"rule": "by_hand", "outcome": "attached", "ticket": ticket_id, "actor": actor.id}]
    return _told(message, trace, contact.any_address)


def _contact(reply: Reply) -> Contact:
    rows = Contact.objects.select_related("organization", "survivor__organization")
    contact = rows.filter(pk=reply.contact_id).first()
    if contact is None:
        raise Unusable("no-sender", "the contact is gone")
    return contact


def _receive(ticket_id: int, reply: Reply, contact: Contact, at: datetime | None) -> Message:
    person = contact.person
    content = Content(
        text=reply.text,
        sender={"name": person.name, "address": contact.any_address},
        files=list(reply.files),
    )
    return commands.receive_message(
        ticket_id, content=content, contact=contact, actor=Actor.contact(contact), channel="form", at=at
    )


def _follow_up(ticket: Ticket, contact: Contact, at: datetime) -> int:
    made = commands.open_ticket(
        brand=ticket.brand,
        channel="form",
        requester=contact,
        subject=ticket.subject,
        team=ticket.team,
        service=ticket.service,
        language=ticket.language,
        actor=Actor.contact(contact),
        at=at,
    )
    commands.link(made.pk, other=ticket.pk, kind=Link.Kind.FOLLOW_UP, actor=INTAKE, at=at)
    return made.pk


def _told(message: Message, trace: list[dict[str, Any]], address: str) -> Settled:
    settled = Settled.done(message)
    settled.trace = trace
    settled.verdict = {"state": "passed", "address": address, "by": "portal", "no_answer": []}
    return settled
