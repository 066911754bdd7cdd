"""SLA policies: list and order, edit, clone, switch, and what a request now would be due."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from calendars.models import Calendar
from common.text import number
from desk.door import desk, post
from desk.request import DeskRequest
from desk.seen import in_turn
from desk.settings import policy_words
from desk.settings.conditions import ConditionForm
from desk.settings.forms.policy import PRIORITIES, PolicyForm
from desk.settings.history import authors_of, with_before
from desk.settings.menu import page
from desk.settings.rule_words import RuleWords
from journal.actor import Actor
from people.access import Permission
from sla import commands
from sla.errors import BadPolicy
from sla.models import Policy, PolicyVersion

_MANAGE = Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")
_SHOWN = 50  # versions of a history


@desk(_MANAGE)
def policies(request: DeskRequest) -> HttpResponse:
    """In the order in which they are tried."""
    newest = (
        PolicyVersion.objects.order_by("policy_id", "-number")
        .distinct("policy_id")
        .select_related("calendar")
    )
    current = {version.policy_id: version for version in newest}
    rows = [(policy, current[policy.pk]) for policy in Policy.objects.order_by("position", "pk")]
    words = RuleWords(trees=[version.conditions for _policy, version in rows])
    lines = [
        {
            "policy": policy,
            "version": version,
            "conditions": words.conditions(version.conditions),
            "summary": policy_words.summary(version),
        }
        for policy, version in rows
    ]
    has_calendar = Calendar.objects.filter(is_active=True).exists()
    return page(request, "policies", {"lines": lines, "has_calendar": has_calendar})


@desk(_MANAGE, methods=_BOTH)
def new_policy(request: DeskRequest) -> HttpResponse:
    return _edit(request, None)


@desk(_MANAGE, methods=_BOTH)
@in_turn
def policy(request: DeskRequest, policy_id: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Policy, pk=policy_id))


def _edit(request: DeskRequest, row: Policy | None) -> HttpResponse:
    """The editor: shown, tried, or saved as a new version."""
    version = row.current if row else None
    data: QueryDict | None = request.POST if request.method == "POST" else None
    form = PolicyForm(data, name=row.name if row else "", version=version)
    conditions = ConditionForm(data, tree=version.conditions if version else {}, prefix="sla")
    failed = False
    if data is not None and not conditions.edited:
        failed = not (form.is_valid() & conditions.is_valid()) or not _save(request, row, form, conditions)
        if not failed:
            messages.success(request, _("Saved. Open tickets are being counted again."))
            return redirect("sla_policies")
    context = {
        "policy": row,
        "form": form,
        "conditions": conditions,
        "priorities": PRIORITIES,
        "failed": failed,
        "history": _history(row),
        "due": policy_words.due_now(version.targets, version.calendar) if version and data is None else [],
    }
    return page(request, "policy", context, status=422 if failed else 200)


def _save(request: DeskRequest, row: Policy | None, form: PolicyForm, conditions: ConditionForm) -> bool:
    data = form.cleaned_data
    try:
        commands.save_policy(
            row.pk if row else None,
            name=data["name"],
            conditions=conditions.tree,
            calendar=data["calendar"],
            targets=form.targets,
            note=data["note"],
            actor=Actor.user(request.user),
        )
    except BadPolicy as error:
        if error.field == "conditions":
            conditions.fail(error.message)
        else:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    return True


def _history(row: Policy | None) -> list[dict[str, Any]]:
    """What each version changed, newest first."""
    if row is None:
        return []
    versions = list(row.versions.order_by("-number")[: _SHOWN + 1])
    calendars = policy_words.calendar_names(versions)
    words = RuleWords(trees=[version.conditions for version in versions], whole=True)
    authors = authors_of(versions)
    return [
        {
            "version": version,
            "author": authors.get(version.author_id or 0, ""),
            "changes": policy_words.differences(before, version, words, calendars) if before else [],
        }
        for version, before in with_before(versions, _SHOWN)
    ]


@post(_MANAGE)
def policy_draft(request: DeskRequest) -> HttpResponse:
    """When a request now would be due by the form as it is being typed. Writes nothing."""
    form = PolicyForm(request.POST)
    form.is_valid()  # what is wrong so far is left out
    due = policy_words.due_now(form.targets, form.cleaned_data.get("calendar"))
    return render(request, "desk/settings/_policy_due.html", {"due": due, "form": form})


@post(_MANAGE)
def policy_order(request: DeskRequest) -> HttpResponse:
    """The order as it was dragged: ``row`` for each, from the top."""
    ids = [key for value in request.POST.getlist("row") if (key := number(value)) is not None]
    commands.order_policies(_complete(ids), actor=Actor.user(request.user))
    return HttpResponse(status=204) if request.htmx else redirect("sla_policies")


@post(_MANAGE)
def policy_move(request: DeskRequest, policy_id: int) -> HttpResponse:
    """One step up or down: for the keyboard, and without JavaScript."""
    get_object_or_404(Policy, pk=policy_id)
    order = _complete([])
    at = order.index(policy_id)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
        commands.order_policies(order, actor=Actor.user(request.user))
    return redirect("sla_policies")


def _complete(ids: list[int]) -> list[int]:
    """Those that exist, in this order, and behind them the ones not named."""
    known = list(Policy.objects.order_by("position", "pk").values_list("pk", flat=True))
    named = [pk for pk in dict.fromkeys(ids) if pk in set(known)]
    return named + [pk for pk in known if pk not in set(named)]


@post(_MANAGE)
def policy_switch(request: DeskRequest, policy_id: int) -> HttpResponse:
    """On or off: ``on`` says which."""
    row = get_object_or_404(Policy, pk=policy_id)
    on = request.POST.get("on") == "yes"
    commands.switch_policy(row.pk, is_active=on, actor=Actor.user(request.user))
    words = _("“%(name)s” applies from now on.") if on else _("“%(name)s” is switched off.")
    messages.success(request, words % {"name": row.name})
    return redirect("sla_policies")


@post(_MANAGE)
def policy_copy(request: DeskRequest, policy_id: int) -> HttpResponse:
    """A copy to change, switched off until it is wanted."""
    row = get_object_or_404(Policy, pk=policy_id)
    copy = commands.clone_policy(row.pk, actor=Actor.user(request.user))
    messages.success(request, _("This is the copy. It is switched off until you switch it on."))
    return redirect("sla_policy", copy.pk)
