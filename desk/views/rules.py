"""What rules did to a ticket and why, and asking one that waits to be asked."""

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from desk import rule_traces
from desk.answers import changed, part
from desk.door import desk, find_ticket, post
from desk.request import DeskRequest
from journal.models import Entry
from people.access import Permission
from routing import reading
from routing.commands import request_rule


@desk()
def runs(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Everything that rules heard of on this ticket, also those that did not act."""
    ticket = find_ticket(request, ticket_id)
    happenings, planned = rule_traces.whole(ticket), reading.planned_for(ticket)
    context = {"ticket": ticket, "happenings": happenings, "planned": planned}
    return part(request, "desk/_rule_runs.html", context)


@desk()
def why(request: DeskRequest, ticket_id: int, entry_id: int) -> HttpResponse:
    """The causes of one line of history."""
    ticket = find_ticket(request, ticket_id)
    entry = Entry.objects.filter(pk=entry_id, stream_type="ticket", stream_id=ticket.pk).first()
    if entry is None or reading.rule_of(entry) is None:
        raise Http404
    context = {"ticket": ticket, "happenings": rule_traces.why(entry), "entry": entry}
    return part(request, "desk/_rule_why.html", context)


@desk(Permission.EDIT)
def manual(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """The rules that can be asked for, as lines of a menu."""
    ticket = find_ticket(request, ticket_id)
    return part(request, "desk/_rules_menu.html", {"ticket": ticket, "rules": reading.manual_rules()})


@post()
def asking(request: DeskRequest, ticket_id: int, rule_id: int) -> HttpResponse:
    """Ask for one; a worker runs it, and the ticket shows what it did."""
    ticket = find_ticket(request, ticket_id)
    request_rule(ticket.pk, rule_id=rule_id, user=request.user)
    return changed(request, ticket.pk, _("The rule was asked for. What it does shows here in a moment."))
