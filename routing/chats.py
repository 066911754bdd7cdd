"""A chat that its agent did not take in time goes to somebody else of the team, or waits in line."""

from django.db import transaction

from channels_in.events import ChatNotTaken
from journal.actor import Actor
from journal.models import Entry
from routing.assignment import place
from tickets.commands.base import begin
from tickets.errors import Merged

ACTOR = Actor.system("assignment:chat")


@transaction.atomic
def give_on(entry: Entry, event: ChatNotTaken) -> None:
    """Whoever had not taken it is passed over this time. Somebody has it meanwhile: it is theirs."""
    try:
        ticket, at = begin(event.ticket_id, None)
    except Merged:
        return
    if ticket.assignee_id is None and ticket.team is not None and ticket.is_open and not ticket.is_hidden:
        place(ticket, but=[event.user_id], tell=False, actor=ACTOR, at=at)
