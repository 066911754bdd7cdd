"""Acting on several tickets at once."""

from collections.abc import Callable

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import text
from desk import forms
from desk.answers import told
from desk.door import post
from desk.feedback import invalid
from desk.request import DeskRequest
from journal.actor import Actor
from tickets import commands
from tickets.errors import TicketError
from tickets.models import Ticket

MOST = 200


def _each(request: DeskRequest, act: Callable[[int], object]) -> HttpResponse:
    """One verb for each ticket, in order of number; what one refuses does not stop the others."""
    wanted = {key for value in request.POST.getlist("ticket") if (key := text.number(value)) is not None}
    visible = Ticket.objects.visible_to(request.user).filter(pk__in=sorted(wanted)[:MOST])
    done, refusals = 0, []
    for number in visible.order_by("pk").values_list("pk", flat=True):
        try:
            act(number)
            done += 1
        except TicketError as error:
            refusals.append(f"#{number}: {error.message}")
    words = ngettext("%(count)d ticket changed.", "%(count)d tickets changed.", done) % {"count": done}
    if refusals:
        words = f"{words} {_('Refused:')} {' '.join(refusals[:5])}"
    return told(request, words, tone="error" if refusals else "success")


@post()
def assignment(request: DeskRequest) -> HttpResponse:
    form = forms.AssigneeForm(request.POST)
    if not form.is_valid():
        return invalid(request, form)
    to, actor = form.cleaned_data["assignee"], Actor.user(request.user)
    return _each(request, lambda number: commands.assign(number, to=to, actor=actor))


@post()
def status(request: DeskRequest) -> HttpResponse:
    form = forms.StatusForm(request.POST)
    if not form.is_valid():
        return invalid(request, form)
    to, actor = form.cleaned_data["status"], Actor.user(request.user)
    return _each(request, lambda number: commands.set_status(number, status=to, actor=actor))


@post()
def spam(request: DeskRequest) -> HttpResponse:
    actor = Actor.user(request.user)
    return _each(request, lambda number: commands.mark_spam(number, actor=actor))
