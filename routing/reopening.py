"""Tickets that come back to life: whether their assignee still has them."""

from datetime import datetime

from django.db import transaction

from journal.actor import Actor
from people.models import OnReopen, User
from people.working import gone, in_shift
from routing.assignment import place
from routing.candidates import is_active
from tickets import errors
from tickets.commands.base import begin

ACTOR = Actor.system("assignment:reopening")


@transaction.atomic
def came_back(ticket_id: int, *, reopened: bool, at: datetime | None = None) -> None:
    """Let the team decide whose a ticket is that needs work again.

    One that was solved (``reopened``) stays its assignee's ("keep"), stays theirs if they are available and
    on shift ("if_available"), or goes to whoever is next ("queue"). One that was only put aside (pending, on
    hold, snoozed, hidden) is a conversation going on: it changes hands only when its assignee has gone home,
    and the team does not say "keep". A ticket without assignee or team is nobody's here.
    """
    try:
        ticket, at = begin(ticket_id, at)
    except errors.Merged:
        return
    if ticket.assignee is None or ticket.team is None or not is_active(ticket, at):
        return
    if ticket.team.on_reopen == OnReopen.KEEP and ticket.assignee.works_at_desk:
        return
    if reopened:
        stays = ticket.team.on_reopen == OnReopen.IF_AVAILABLE and _is_there(ticket.assignee, at)
    else:
        stays = ticket.assignee.works_at_desk and not gone([ticket.assignee.pk], at)
    if not stays:
        place(ticket, actor=ACTOR, at=at)


def _is_there(user: User, at: datetime) -> bool:
    return user.works_at_desk and user.is_available and bool(in_shift([user.pk], at))
