"""Replies that leave at a time: when they can, sending one now, taking one back, throwing one away."""

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from channels_in import later as sending
from desk import later_times
from desk.answers import changed, part
from desk.door import desk, find_ticket, post
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission, may
from tickets import commands
from tickets.commands.base import survivor_id
from tickets.errors import TicketError
from tickets.models import LaterReply, Ticket


@desk(Permission.REPLY)
def times(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """When a reply could leave: the usual times, in the reader's zone."""
    context = {"ticket": find_ticket(request, ticket_id), "choices": later_times.choices(request.user)}
    return part(request, "desk/_later_times.html", context)


@post(Permission.REPLY)
def sending_now(request: DeskRequest, ticket_id: int, later_id: int) -> HttpResponse:
    """Do not wait, or send in spite of what kept it back. Only its author may: it goes under their name."""
    ticket, later = _find(request, ticket_id, later_id)
    if later.user_id != request.user.pk:
        raise TicketError(_("Only its author can send it."))
    sending.settle(later.pk, now=True)
    return changed(request, ticket.pk, _("Reply sent."))


@post(Permission.REPLY)
def removal(request: DeskRequest, ticket_id: int, later_id: int) -> HttpResponse:
    """Take it back into the composer."""
    ticket, later = _find(request, ticket_id, later_id)
    _only_author(request, later)
    commands.take_back(later.pk, actor=Actor.user(request.user))
    mine = later.user_id == request.user.pk
    words = _("Taken back. It is in your draft again.") if mine else _("Taken back.")
    return changed(request, ticket.pk, words, fresh_composer=mine)


@post(Permission.REPLY)
def deletion(request: DeskRequest, ticket_id: int, later_id: int) -> HttpResponse:
    """Throw it away."""
    ticket, later = _find(request, ticket_id, later_id)
    _only_author(request, later)
    commands.drop_later(later.pk, actor=Actor.user(request.user))
    return changed(request, ticket.pk, _("Thrown away."))


def _find(request: DeskRequest, ticket_id: int, later_id: int) -> tuple[Ticket, LaterReply]:
    """A reply that waits on this ticket, or on one that was merged into it."""
    ticket = find_ticket(request, ticket_id)
    later = LaterReply.objects.filter(pk=later_id).first()
    if later is None or (later.ticket_id != ticket.pk and survivor_id(later.ticket_id) != ticket.pk):
        raise Http404
    return ticket, later


def _only_author(request: DeskRequest, later: LaterReply) -> None:
    if later.user_id != request.user.pk and not may(request.user, Permission.DELETE):
        raise TicketError(_("Only its author can take a reply back."))
