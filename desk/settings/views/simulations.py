"""Trying rules on past tickets: what to try, how far it is, what would have been."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from common.text import number
from desk.door import about_theirs, desk, post
from desk.request import DeskRequest
from desk.settings import simulated
from desk.settings.forms.rule import RuleForm
from desk.settings.menu import page
from desk.settings.rule_list import lines
from desk.settings.rule_words import RuleWords
from desk.settings.views.rules import editor_context
from people.access import Permission
from routing import simulate
from routing.models import Rule, Simulation
from tickets.errors import Invalid

_MANAGE = Permission.MANAGE_RULES
DAYS = (1, 7, 14, 30, 90)
EARLIER = 30
_OWN = {"csrfmiddlewaretoken", "draft", "replaces", "rules", "days"}


@desk(_MANAGE, methods=("GET", "HEAD", "POST"))
def simulations(request: DeskRequest) -> HttpResponse:
    """Choose rules and days, and see the earlier ones; POST begins one."""
    if request.method != "POST":
        return page(request, "rules/simulations", _choices(request))
    draft, replaced = _draft(request)
    if draft is not None and not draft.is_valid():
        return _back_to_editor(request, draft, replaced)
    chosen = [key for value in request.POST.getlist("rules") if (key := number(value)) is not None]
    rules = simulated.rule_set(chosen, draft, replaced)
    try:
        simulation = simulate.start(rules, number(request.POST.get("days")) or 0, request.user)
    except Invalid as error:
        context = _choices(request, draft, replaced) | {"error": error.message}
        return page(request, "rules/simulations", context, status=422)
    return redirect("simulation", simulation.pk)


@post(_MANAGE)
def simulation_draft(request: DeskRequest) -> HttpResponse:
    """The rule as it stands in its editor, to be tried before it is saved."""
    draft = RuleForm(request.POST)
    replaced = number(request.GET.get("rule"))
    if not draft.is_valid():
        return _back_to_editor(request, draft, replaced)
    return page(request, "rules/simulations", _choices(request, draft, replaced))


def _draft(request: DeskRequest) -> tuple[RuleForm | None, int | None]:
    if "draft" not in request.POST:
        return None, None
    return RuleForm(request.POST), number(request.POST.get("replaces"))


def _back_to_editor(request: DeskRequest, draft: RuleForm, replaced: int | None) -> HttpResponse:
    row = Rule.objects.filter(pk=replaced, is_deleted=False).first() if replaced else None
    return page(request, "rules/rule", editor_context(draft, row), status=422)


def _choices(
    request: DeskRequest, draft: RuleForm | None = None, replaced: int | None = None
) -> dict[str, Any]:
    posted = set(request.POST.getlist("rules")) if "days" in request.POST else None
    words = RuleWords([draft.definition]).sentence(draft.definition) if draft and draft.definition else None
    return {
        "lines": [line for line in lines() if draft is None or line.rule.pk != replaced],
        "chosen": posted,
        "days": DAYS,
        "days_chosen": number(request.POST.get("days")) or 7,
        "draft": draft,
        "draft_words": words,
        "replaced": replaced,
        # The editor's own controls, to bring the draft along and back.
        "carried": [
            (name, value)
            for name, values in (request.POST.lists() if draft else ())
            if name not in _OWN
            for value in values
        ],
        "earlier": Simulation.objects.select_related("started_by").order_by("-created_at")[:EARLIER],
        "error": "",
    }


@desk(_MANAGE)
def simulation(request: DeskRequest, simulation_id: int) -> HttpResponse:
    """How far it is, and then what would have been; the page asks for its part until it is over."""
    row = get_object_or_404(Simulation.objects.select_related("started_by"), pk=simulation_id)
    context = {"simulation": row, **(_result(request, row) if row.state == Simulation.State.DONE else {})}
    if request.htmx:
        return render(request, "desk/settings/rules/_simulation.html", context)
    return page(request, "rules/simulation", context)


def _result(request: DeskRequest, row: Simulation) -> dict[str, Any]:
    start = min(number(request.GET.get("from")) or 0, 1_000_000)
    everything = request.GET.get("all") == "yes"
    rows = row.tickets.filter(about_theirs(request.user)).select_related("ticket__status")
    rows = rows.order_by("-differs", "-ticket")
    if not everything:
        rows = rows.filter(differs=True)
    shown = list(rows[start : start + simulated.SHOWN + 1])
    return {
        "teams": simulated.bars(row.summary.get("by_team", []), _("No team")),
        "agents": simulated.bars(row.summary.get("by_agent", []), _("Nobody")),
        "fields": simulated.fields(row),
        "tickets": simulated.tickets(shown[: simulated.SHOWN]),
        "everything": everything,
        "start": start,
        "next": start + simulated.SHOWN if len(shown) > simulated.SHOWN else 0,
    }


@post(_MANAGE)
def simulation_cancel(request: DeskRequest, simulation_id: int) -> HttpResponse:
    row = get_object_or_404(Simulation, pk=simulation_id)
    if not simulate.cancel(row.pk):
        messages.error(request, _("It was over already."))
    return redirect("simulation", row.pk)
