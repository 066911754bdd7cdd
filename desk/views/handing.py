"""Work that passes between people: another line, an expert's help, the summary that travels along."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Case, IntegerField, Value, When
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _

from common.text import fold, number, storable
from desk import forms
from desk.answers import changed, gone, part
from desk.door import desk, find_ticket, post
from desk.feedback import invalid
from desk.request import DeskRequest
from journal.actor import Actor
from journal.models import Entry
from notifications.mentions import Named, mentioned
from people.access import Permission, may
from people.models import Role, Team, User
from tickets import commands
from tickets.errors import TicketError
from tickets.events import TicketEscalated
from tickets.models import Ticket
from tickets.seers import seers

GET_POST = ("GET", "HEAD", "POST")
OFFERED = 8


@desk()
def handing(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """The menu: the line that comes next, the one it came from, and asking an expert."""
    if not (may(request.user, Permission.EDIT) or may(request.user, Permission.ASSIGN)):
        raise PermissionDenied
    ticket = find_ticket(request, ticket_id)
    onward = ticket.team.escalates_to if ticket.team else None
    if onward is not None and not onward.is_active:
        onward = None
    context = {"ticket": ticket, "onward": onward, "back": _came_from(ticket)}
    return part(request, "desk/_handing.html", context)


@desk(Permission.ASSIGN, methods=GET_POST)
def escalation(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Pass the ticket to another line, or back, with the reason and the summary."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        return part(request, "desk/_escalation.html", _escalation_choices(ticket, request.GET.get("team")))
    form = forms.EscalationForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    data, actor = form.cleaned_data, Actor.user(request.user)
    with transaction.atomic():
        if data["summary"] is not None:
            commands.set_summary(ticket.pk, text=data["summary"], actor=actor)
        commands.escalate(ticket.pk, team=data["team"], reason=data["reason"], actor=actor)
    words = _("Passed to %(team)s") % {"team": data["team"]}
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        return gone(request, _("%(what)s. You no longer see this ticket.") % {"what": words})
    return changed(request, ticket.pk, words)


def _came_from(ticket: Ticket) -> Team | None:
    """The line that passed it here, to give it back to."""
    entry = (
        Entry.objects.filter(stream_type="ticket", stream_id=ticket.pk, kind=TicketEscalated.kind)
        .order_by("-sequence")
        .first()
    )
    if entry is None or entry.data["to_team_id"] != ticket.team_id or entry.data["from_team_id"] is None:
        return None
    return Team.objects.filter(pk=entry.data["from_team_id"], is_active=True).first()


def _escalation_choices(ticket: Ticket, wanted: str | None) -> dict[str, Any]:
    teams = list(Team.objects.filter(is_active=True).exclude(pk=ticket.team_id or 0).order_by("line", "name"))
    suggested = ticket.team.escalates_to_id if ticket.team else None
    back = _came_from(ticket)
    chosen = number(wanted) or suggested
    return {
        "ticket": ticket,
        "teams": teams,
        "chosen": chosen if any(team.pk == chosen for team in teams) else None,
        "suggested": suggested,
        "back": back.pk if back else None,
    }


@desk(Permission.EDIT, methods=GET_POST)
def experts(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Ask a colleague to help, without handing the ticket over."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        return part(
            request, "desk/_experts.html", {"ticket": ticket, "people": _experts_of(ticket, request.user)}
        )
    form = forms.ExpertForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    user, question = form.cleaned_data["user"], form.cleaned_data["question"]
    commands.call_in(ticket.pk, user=user, question=question, actor=Actor.user(request.user))
    return changed(request, ticket.pk, _("%(name)s was asked to help") % {"name": user})


def _experts_of(ticket: Ticket, user: User) -> list[User]:
    """Whoever may be asked: experts first, then the rest by name."""
    experts_first = Case(When(role=Role.EXPERT, then=Value(0)), default=Value(1), output_field=IntegerField())
    rows = User.objects.staff().exclude(pk__in=[pk for pk in (ticket.assignee_id, user.pk) if pk])
    return list(
        rows.select_related("custom_role")
        .prefetch_related("teams")
        .order_by(experts_first, "-is_available", "name")
    )


@post(Permission.READ)
def expert_removal(request: DeskRequest, ticket_id: int, user_id: int) -> HttpResponse:
    """The help is done: said by whoever works on the ticket, or by the expert."""
    ticket = find_ticket(request, ticket_id)
    if user_id != request.user.pk and not may(request.user, Permission.EDIT):
        raise TicketError(_("Only they themselves or an agent can say that the help is done."))
    user = get_object_or_404(User, pk=user_id)
    commands.release(ticket.pk, user=user, actor=Actor.user(request.user))
    if not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        return gone(request, _("Thank you. You no longer see this ticket."))
    return changed(request, ticket.pk, _("%(name)s has helped") % {"name": user})


@desk(Permission.EDIT, methods=GET_POST)
def summary(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """The private summary: edited where it stands."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        return part(request, "desk/_summary_form.html", {"ticket": ticket})
    form = forms.SummaryForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    text = form.cleaned_data["text"]
    commands.set_summary(ticket.pk, text=text, actor=Actor.user(request.user))
    words = _("Summary saved.") if text else _("Summary removed.")
    return changed(request, ticket.pk, words, undo=request.path, fields={"text": ticket.summary})


@desk(Permission.NOTE)
def colleagues(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Type-ahead for @ in a note: who sees the ticket, by any part of the name or address."""
    ticket = find_ticket(request, ticket_id)
    wanted = fold(storable(request.GET.get("q", ""))[:60])
    staff = [Named(*row) for row in User.objects.staff().values_list("pk", "name", "email")]
    near = list(seers(ticket).select_related("custom_role").prefetch_related("teams").order_by("name"))
    near.sort(key=lambda person: (person.pk != ticket.assignee_id, person.pk == request.user.pk))
    found = [
        {"person": person, "handle": handle}
        for person in near
        if all(part in f"{fold(person.name)} {fold(person.email)}" for part in wanted.split())
        if (handle := _handle(person, staff))
    ]
    return render(request, "desk/_colleagues.html", {"found": found[:OFFERED]})


def _handle(person: User, staff: list[Named]) -> str:
    """What to write after the @ so that this one person is meant: the name, of namesakes the address."""
    for handle in (person.name, person.email):
        if mentioned(f"@{handle} ", staff) == {person.pk}:
            return handle
    return ""
