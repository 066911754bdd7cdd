"""What rules did to a ticket and why, and asking one that waits to be asked."""

from collections.abc import Mapping

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from desk import rule_traces
from desk.answers import changed
from desk.door import desk, find_ticket, post
from desk.request import DeskRequest
from journal.models import Entry
from people.access import Permission
from routing import reading
from routing.commands import request_rule
from tickets.models import Ticket


@desk()
def runs(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Everything that rules heard of on this ticket, also those that did not act."""
    ticket = find_ticket(request, ticket_id)
    context = {"happenings": rule_traces.whole(ticket), "planned": reading.planned_for(ticket)}
    return _part(request, ticket, "desk/_rule_runs.html", context)


@desk()
def why(request: DeskRequest, ticket_id: int, entry_id: int) -> HttpResponse:
    """The causes of one line of history."""
    ticket = find_ticket(request, ticket_id)
    entry = Entry.objects.filter(pk=entry_id, stream_type="ticket", stream_id=ticket.pk).first()
    if entry is None or reading.rule_of(entry) is None:
        raise Http404
    return _part(
        request, ticket, "desk/_rule_why.html", {"happenings": rule_traces.why(entry), "entry": entry}
    )


@desk(Permission.EDIT)
def manual(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """The rules that can be asked for, as lines of a menu."""
    ticket = find_ticket(request, ticket_id)
    return _part(request, ticket, "desk/_rules_menu.html", {"rules": reading.manual_rules()})


@post()
def asking(request: DeskRequest, ticket_id: int, rule_id: int) -> HttpResponse:
    """Ask for one; a worker runs it, and the ticket shows what it did."""
    ticket = find_ticket(request, ticket_id)
    request_rule(ticket.pk, rule_id=rule_id, user=request.user)
    return changed(request, ticket.pk, _("The rule was asked for. What it does shows here in a moment."))


def _part(request: DeskRequest, ticket: Ticket, part: str, context: Mapping[str, object]) -> HttpResponse:
    """A fragment for its dialog or menu, or a page of its own without JavaScript."""
    context = {**context, "ticket": ticket, "part": part}
    return render(request, part if request.htmx else "desk/part_page.html", context)
