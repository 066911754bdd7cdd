"""A message to all who asked because of a problem: writing, looking at it, sending, stopping."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from channels_in.broadcasts import words
from channels_in.broadcasts.planning import REASONS, Planned, plan
from channels_in.tasks import send_broadcasts
from common.queue import ask
from desk import once
from desk.door import desk, post
from desk.problems.forms import BroadcastForm
from desk.problems.showing import find_broadcast, find_problem, progress_of, read_names
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission, may_manage_problem
from tickets import commands
from tickets.errors import TicketError
from tickets.models import Broadcast, Problem, Ticket

LISTED = 100  # people named on the page; the rest are counted


@desk(Permission.REPLY, methods=("GET", "HEAD", "POST"))
def message(request: DeskRequest, problem_id: int) -> HttpResponse:
    """Write it, see what each gets and who is left out, send it.

    Sent is what was looked at: when the list has changed meanwhile, the page comes back with the new one.
    """
    problem = _managed(request, problem_id)
    form = BroadcastForm(request.POST if request.method == "POST" else None, problem=problem)
    valid = form.is_valid()
    planned = _plan(request, problem, form)
    if request.method == "POST" and request.POST.get("act") == "send" and valid:
        if not form.cleaned_data["sure"]:
            form.add_error("sure", _("Tick the box, so that nothing is sent by mistake."))
        elif form.cleaned_data["expected"] != len(planned.to):
            form.add_error("sure", _("The list has changed meanwhile. Look at it once more."))
        elif (answer := _send(request, problem, form, planned)) is not None:
            return answer
    context = {
        **_context(request, problem, form, planned),
        "key": request.POST.get("key") or once.new_key(),
        "variables": words.NAMES,
    }
    failed = bool(form.is_bound and form.errors)
    return render(request, "desk/problems/message.html", context, status=422 if failed else 200)


@post(Permission.REPLY)
def preview(request: DeskRequest, problem_id: int) -> HttpResponse:
    """What one of them would get, and the list, as the form stands now. Writes nothing."""
    problem = _managed(request, problem_id)
    form = BroadcastForm(request.POST, problem=problem)
    form.is_valid()
    return render(
        request,
        "desk/problems/_preview.html",
        _context(request, problem, form, _plan(request, problem, form)),
    )


def _plan(request: DeskRequest, problem: Problem, form: BroadcastForm) -> Planned:
    again = form.is_bound and bool(form.cleaned_data.get("again"))
    return plan(problem, request.user, written=form.texts, again=again)


def _send(
    request: DeskRequest, problem: Problem, form: BroadcastForm, planned: Planned
) -> HttpResponse | None:
    """Begin; None, with the refusal at the form, where a verb has refused."""
    data = form.cleaned_data

    def start() -> str:
        broadcast = commands.start_broadcast(
            problem.pk,
            user=request.user,
            texts=form.texts,
            to=[one.addressee for one in planned.to],
            per_minute=data["per_minute"],
            status=data["status"],
        )
        return f"broadcast:{broadcast.pk}"

    try:
        once.once(request.user, request.POST.get("key", ""), start)
    except TicketError as error:
        form.add_error("sure", error.message)
        return None
    ask(send_broadcasts)
    messages.success(request, _("The message is being sent."))
    return redirect("problem", problem.pk)


def _context(request: DeskRequest, problem: Problem, form: BroadcastForm, planned: Planned) -> dict[str, Any]:
    texts = form.texts
    wanted = form.cleaned_data.get("ticket") if form.is_bound else None
    shown = next((one for one in planned.to if one.ticket.pk == wanted), None)
    shown = shown or (planned.to[0] if planned.to else None)
    listed = planned.to[:LISTED]
    left = [
        (str(REASONS[code]), count, planned.left.get(code, [])[:LISTED])
        for code, count in planned.counts.most_common()
    ]
    read_names(one.person for one in listed)
    read_names(each.requester.person for _words, _count, rows in left for each in rows)
    per_minute = (form.cleaned_data.get("per_minute") if form.is_bound else None) or 60
    return {
        "problem": problem,
        "form": form,
        "planned": planned,
        "listed": listed,
        "left": left,
        "minutes": -(-len(planned.to) // per_minute),
        "shown": shown,
        "not_found": wanted is not None and (shown is None or shown.ticket.pk != wanted),
        "text": _text(texts, shown.ticket, shown.language) if shown and texts else "",
        "missing": [code for code, _name in settings.LANGUAGES if code not in texts],
    }


def _text(texts: dict[str, str], ticket: Ticket, language: str) -> str:
    return words.filled(texts[language], ticket, language)


@desk()
def broadcast(request: DeskRequest, broadcast_id: int) -> HttpResponse:
    """How far it is: a fragment that asks for itself again until it is over."""
    found = find_broadcast(broadcast_id)
    if not request.htmx:
        return redirect("problem", found.problem_id)
    return render(request, "desk/problems/_broadcast.html", _progress(request, found))


@post(Permission.REPLY)
def stopping(request: DeskRequest, broadcast_id: int) -> HttpResponse:
    """Let nobody else get it."""
    found = _managed_broadcast(request, broadcast_id)
    commands.stop_broadcast(found.pk, actor=Actor.user(request.user))
    return _shown(request, broadcast_id)


@post(Permission.REPLY)
def stopping_removal(request: DeskRequest, broadcast_id: int) -> HttpResponse:
    """Go on where it was stopped."""
    found = _managed_broadcast(request, broadcast_id)
    try:
        commands.resume_broadcast(found.pk, actor=Actor.user(request.user))
    except TicketError as error:
        if request.htmx:
            raise
        messages.error(request, error.message)
    else:
        ask(send_broadcasts)
    return _shown(request, broadcast_id)


def _shown(request: DeskRequest, broadcast_id: int) -> HttpResponse:
    found = find_broadcast(broadcast_id)
    if not request.htmx:
        return redirect("problem", found.problem_id)
    return render(request, "desk/problems/_broadcast.html", _progress(request, found))


def _progress(request: DeskRequest, found: Broadcast) -> dict[str, Any]:
    manages = may_manage_problem(request.user, found.problem.owner_id)
    return {"one": progress_of([found], request.user)[0], "manages": manages}


def _managed(request: DeskRequest, problem_id: int) -> Problem:
    problem = find_problem(problem_id)
    if not may_manage_problem(request.user, problem.owner_id):
        raise PermissionDenied
    return problem


def _managed_broadcast(request: DeskRequest, broadcast_id: int) -> Broadcast:
    found = find_broadcast(broadcast_id)
    if not may_manage_problem(request.user, found.problem.owner_id):
        raise PermissionDenied
    return found
