"""Problems: the list, the page of one, writing one down and changing it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.text import number
from desk import once
from desk.door import desk, find_ticket, post
from desk.feedback import invalid
from desk.problems.forms import FilterForm, ProblemForm, StageForm
from desk.problems.listing import page_of_problems
from desk.problems.showing import find_problem, page_context
from desk.request import DeskRequest
from desk.seen import in_turn
from journal.actor import Actor
from people.access import Permission, may_manage_problem
from tickets import commands
from tickets.errors import TicketError
from tickets.models import Problem, Ticket

_BOTH = ("GET", "HEAD", "POST")


@desk()
def problems(request: DeskRequest) -> HttpResponse:
    """Those that are not solved, or what is asked for; each with how many people it concerns."""
    form = FilterForm(request.GET, user=request.user)
    asked = form.chosen
    context = {
        "form": form,
        "query": asked.get("q", ""),
        **page_of_problems(asked, after=request.GET.get("after")),
    }
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/problems/_problems.html", context)
    return render(request, "desk/problems/list.html", context)


@desk()
def problem(request: DeskRequest, problem_id: int) -> HttpResponse:
    """Everything about one. Of its tickets only those that the reader may see."""
    return render(request, "desk/problems/problem.html", page_context(request, find_problem(problem_id)))


@desk(Permission.EDIT, methods=_BOTH)
def new_problem(request: DeskRequest) -> HttpResponse:
    """Write one down; from a ticket (``?ticket=12``) also link that."""
    ticket = _ticket(request)
    initial: dict[str, Any] = {"owner": request.user}
    if ticket is not None:
        initial |= {"title": ticket.subject[:200]}
    form = ProblemForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            outcome, _made = once.once(
                request.user,
                request.POST.get("key", ""),
                lambda: f"problem:{_open(request, form, ticket).pk}",
            )
        except TicketError as error:
            _show(form, error)
        else:
            messages.success(request, _("Written down."))
            return redirect("problem", int(outcome.partition(":")[2]))
    return _form(request, form, None, ticket)


def _open(request: DeskRequest, form: ProblemForm, ticket: Ticket | None) -> Problem:
    actor = Actor.user(request.user)
    row = commands.open_problem(actor=actor, **form.cleaned_data)
    if ticket is not None:
        commands.link_problem(ticket.pk, problem_id=row.pk, actor=actor)
    return row


def _ticket(request: DeskRequest) -> Ticket | None:
    asked = request.POST.get("ticket") or request.GET.get("ticket")
    found = number(asked)
    return find_ticket(request, found) if found is not None else None


@desk(Permission.EDIT, methods=_BOTH)
@in_turn
def details(request: DeskRequest, problem_id: int) -> HttpResponse:
    """Change its own words, its owner, its place in the tracker."""
    row = _managed(request, problem_id)
    names = ("title", "kind", "owner", "brand", "tracker_url", "tracker_title", "tracker_state")
    initial = {name: getattr(row, name) for name in names} | {
        "description": row.plain,
        "description_html": row.description,
    }
    form = ProblemForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            commands.edit_problem(row.pk, actor=Actor.user(request.user), **form.cleaned_data)
        except TicketError as error:
            _show(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("problem", row.pk)
    return _form(request, form, row, None)


def _show(form: ProblemForm, error: TicketError) -> None:
    field = getattr(error, "field", "")
    form.add_error(field if field in form.fields else None, error.message)


def _form(
    request: DeskRequest, form: ProblemForm, row: Problem | None, ticket: Ticket | None
) -> HttpResponse:
    html = row.description if row is not None else ""
    if form.is_bound:
        html = str(form.data.get("description_html", ""))
    context = {
        "form": form,
        "problem": row,
        "ticket": ticket,
        "description": html,
        "key": request.POST.get("key") or once.new_key(),
    }
    return render(request, "desk/problems/form.html", context, status=422 if form.is_bound else 200)


@post()
def stage(request: DeskRequest, problem_id: int) -> HttpResponse:
    """How far it is. At its end the page proposes to tell all who asked."""
    row = _managed(request, problem_id)
    form = StageForm(request.POST)
    if not form.is_valid():
        return invalid(request, form)
    commands.set_stage(row.pk, stage=form.cleaned_data["stage"], actor=Actor.user(request.user))
    return redirect("problem", row.pk)


def _managed(request: DeskRequest, problem_id: int) -> Problem:
    row = find_problem(problem_id)
    if not may_manage_problem(request.user, row.owner_id):
        raise PermissionDenied
    return row
