"""One reply and all that goes with it: its way, who takes part from now on, what macros have queued."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.db import transaction
from django.utils.translation import gettext as _

from channels_in import ways
from journal.actor import Actor
from people.commands.contacts import resolve_contact
from people.models import User
from tickets import commands
from tickets.commands import macros
from tickets.content import Content
from tickets.errors import TicketError
from tickets.macros.actions import Action, without_signature
from tickets.models import Message, Status, Ticket


@dataclass(frozen=True)
class Written:
    """What somebody has written to the customer. ``way``: a key of ``channels_in.ways``, "" for mail."""

    content: Content
    way: str = ""
    attachment_ids: Sequence[int] = ()
    status: Status | None = None
    actions: Sequence[Action] = field(default_factory=list)
    based_on: int | None = None
    force: bool = False


@transaction.atomic
def reply(ticket: Ticket, user: User, written: Written) -> Message:
    """Post it by its way, as ``user``. Raises ``TicketError`` for a way that is closed, and what the verbs
    raise; then nothing has happened."""
    way = open_way(ticket, written.way)
    by_thread = way is not None and way.thread is not None
    content = written.content
    chosen = written.status or macros.status_among(written.actions)
    message = commands.post_reply(
        ticket.pk,
        user=user,
        content=replace(content, to=way.to(), cc=[]) if way and by_thread else content,
        channel=way.channel if way else "",
        attachment_ids=written.attachment_ids,
        based_on=written.based_on,
        force=written.force,
        status=chosen,
        signed=not without_signature(written.actions),
    )
    if not by_thread:
        _let_take_part(ticket, content, Actor.user(user))
    macros.carry_out(ticket.pk, actions=macros.but_status(written.actions), user=user)
    return message


def open_way(ticket: Ticket, key: str) -> ways.Way | None:
    """The chosen way, if it is open; None where a client knows of none. Refused, nothing is lost: the text
    stays in the composer, and in the draft."""
    if not key:
        return None
    way = ways.find(ticket, key)
    if way is None:
        raise TicketError(_("The customer can no longer be reached that way. Choose another one."))
    if not way.is_open:
        raise TicketError(_("It cannot go that way: %(why)s") % {"why": way.problem})
    return way


def _let_take_part(ticket: Ticket, content: Content, actor: Actor) -> None:
    """Whoever is put in copy may answer into the ticket from now on."""
    for person in content.cc:
        contact = resolve_contact("email", person["address"], name=person["name"])
        commands.add_participant(ticket.pk, contact=contact, actor=actor)
