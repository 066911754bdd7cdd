"""Rules: list and order, the editor and its live parts, versions."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from common.text import number, one_line
from desk import seen
from desk.door import desk, post
from desk.feedback import toast
from desk.request import DeskRequest
from desk.settings import rule_choices
from desk.settings.action_rows import languages
from desk.settings.conditions import ConditionForm
from desk.settings.forms.rule import RuleForm
from desk.settings.history import with_before
from desk.settings.menu import page
from desk.settings.naming import replaced
from desk.settings.rule_list import DAYS, lines
from desk.settings.rule_words import RuleWords
from journal.actor import Actor
from people.access import Permission
from routing import commands as verbs
from routing.actions import ACTIONS, PARTS
from routing.definitions import SINCE, TARGETS, TRIGGERS, DefinitionError
from routing.models import Rule, RuleVersion
from routing.preview import preview
from routing.texts import filled
from tickets.models import Ticket

_MANAGE = Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")
VERSIONS = 50


def _rules() -> QuerySet[Rule]:
    return Rule.objects.filter(is_deleted=False)


@desk(_MANAGE)
def rules(request: DeskRequest) -> HttpResponse:
    """All rules, in the order they are asked."""
    deleted = None
    if (gone := number(request.GET.get("deleted"))) is not None:
        deleted = Rule.objects.filter(pk=gone, is_deleted=True).first()
    return page(request, "rules/list", {"lines": lines(), "days": DAYS, "deleted": deleted})


@desk(_MANAGE, methods=_BOTH)
def new_rule(request: DeskRequest) -> HttpResponse:
    return _editor(request, None)


@desk(_MANAGE, methods=_BOTH)
@seen.in_turn
def rule(request: DeskRequest, rule_id: int) -> HttpResponse:
    return _editor(request, get_object_or_404(_rules(), pk=rule_id))


def _editor(request: DeskRequest, row: Rule | None) -> HttpResponse:
    """Edit, or save a new version. A button inside the form only changes the form."""
    if request.method != "POST":
        form = RuleForm(name=row.name, definition=row.current.definition) if row else RuleForm()
        return page(request, "rules/rule", editor_context(form, row))
    form = RuleForm(request.POST)
    if form.edited:
        return page(request, "rules/rule", editor_context(form, row))
    if form.is_valid() and form.begins_from(_state(row)):
        try:
            saved = verbs.save_rule(
                row.pk if row else None,
                name=form.name,
                definition=form.definition,
                actor=Actor.user(request.user),
                note=form.note,
            )
        except DefinitionError as error:
            form.refuse(error)
        else:
            if row is None:
                messages.success(request, _("The rule is there, switched off: try it, then switch it on."))
            else:
                messages.success(request, _("Saved."))
            return redirect("rule", saved.pk)
    return page(request, "rules/rule", editor_context(form, row), status=422)


def _state(row: Rule | None) -> str:
    """What its editor begins from: a name of its own makes no version."""
    return seen.digest(row.name, row.current.number) if row is not None else ""


def editor_context(form: RuleForm, row: Rule | None) -> dict[str, Any]:
    """What the editor's templates need."""
    versions: list[dict[str, Any]] = []
    if row is not None:
        versions = _versions(row)
    return {
        "form": form,
        "rule": row,
        "seen": form.seen or _state(row),
        "versions": versions,
        "replaced": replaced(row.current.definition["actions"]) if row is not None else [],
        "triggers": TRIGGERS.items(),
        "since": SINCE.items(),
        "targets": TARGETS.items(),
        "actions": [(kind.do, kind.label) for kind in ACTIONS.values()],
        "parts": PARTS.items(),
        "choices": rule_choices,
        "languages_of": languages,
    }


def _versions(row: Rule) -> list[dict[str, Any]]:
    """The newest versions with what each changed, newest first."""
    found = list(row.versions.select_related("author").order_by("-number")[: VERSIONS + 1])
    words = RuleWords(version.definition for version in found)
    lines_: list[dict[str, Any]] = []
    for version, before in with_before(found, VERSIONS):
        changes = words.difference(before.definition, version.definition) if before else []
        lines_.append({"version": version, "changes": changes, "words": words.sentence(version.definition)})
    return lines_


@post(_MANAGE)
def rule_trigger(request: DeskRequest) -> HttpResponse:
    """The first part of the editor for another trigger."""
    return render(request, "desk/settings/rules/_trigger.html", editor_context(RuleForm(request.POST), None))


@post(_MANAGE)
def rule_actions(request: DeskRequest) -> HttpResponse:
    """The actions of the editor, after one of their buttons."""
    context = editor_context(RuleForm(request.POST), None)
    return render(request, "desk/settings/rules/_actions_only.html", context)


@post(_MANAGE)
def rule_order(request: DeskRequest) -> HttpResponse:
    """The order as it was dragged: ``row`` for each, from the top."""
    ids = [key for value in request.POST.getlist("row") if (key := number(value)) is not None]
    verbs.order_rules(ids, actor=Actor.user(request.user))
    return HttpResponse(status=204) if request.htmx else redirect("rules")


@post(_MANAGE)
def rule_move(request: DeskRequest, rule_id: int) -> HttpResponse:
    """One step up or down: for the keyboard, and without JavaScript."""
    get_object_or_404(_rules(), pk=rule_id)
    order = list(_rules().order_by("position", "pk").values_list("pk", flat=True))
    at = order.index(rule_id)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
        verbs.order_rules(order, actor=Actor.user(request.user))
    return redirect("rules")


@post(_MANAGE)
def rule_switch(request: DeskRequest, rule_id: int) -> HttpResponse:
    """Put it in force or out of it; back to where it was asked for."""
    row = get_object_or_404(_rules(), pk=rule_id)
    back = "rule" if request.POST.get("back") == "rule" else ""
    refusal = ""
    try:
        verbs.switch_rule(row.pk, is_enabled=request.POST.get("on") == "yes", actor=Actor.user(request.user))
    except DefinitionError as error:  # what it names is gone
        refusal = error.message
    row.refresh_from_db()
    if request.htmx:
        html = render_to_string("desk/settings/rules/_switch.html", {"rule": row, "back": back}, request)
        told = toast(request, refusal, tone="error") if refusal else ""
        return HttpResponse(html + told, status=422 if refusal else 200)
    if refusal:
        messages.error(request, refusal)
    return redirect("rule", row.pk) if back else redirect("rules")


@post(_MANAGE)
def rule_copy(request: DeskRequest, rule_id: int) -> HttpResponse:
    """A second one that says the same, switched off and last in order."""
    row = get_object_or_404(_rules(), pk=rule_id)
    name = one_line(_("%(name)s (copy)") % {"name": one_line(row.name, 105)}, 120)
    copy = verbs.save_rule(None, name=name, definition=row.current.definition, actor=Actor.user(request.user))
    messages.success(request, _("This is the copy. It is switched off."))
    return redirect("rule", copy.pk)


@post(_MANAGE)
def rule_removal(request: DeskRequest, rule_id: int) -> HttpResponse:
    """Delete it; the list offers the way back."""
    row = get_object_or_404(_rules(), pk=rule_id)
    verbs.delete_rule(row.pk, actor=Actor.user(request.user))
    return redirect(f"{reverse('rules')}?deleted={row.pk}")


@post(_MANAGE)
def rule_removal_undo(request: DeskRequest, rule_id: int) -> HttpResponse:
    row = get_object_or_404(Rule, pk=rule_id)
    verbs.undelete_rule(row.pk, actor=Actor.user(request.user))
    messages.success(request, _("The rule is back, switched off."))
    return redirect("rules")


@post(_MANAGE)
def rule_version(request: DeskRequest, rule_id: int, number: int) -> HttpResponse:
    """Let it say again what it said in that version."""
    row = get_object_or_404(_rules(), pk=rule_id)
    get_object_or_404(RuleVersion, rule=row, number=number)
    verbs.restore_version(row.pk, number=number, actor=Actor.user(request.user))
    messages.success(request, _("The rule is as it was in version %(number)d.") % {"number": number})
    return redirect("rule", row.pk)


@post(_MANAGE)
def rule_matches(request: DeskRequest) -> HttpResponse:
    """How many open tickets meet the conditions that are being edited, and the first of them."""
    form = ConditionForm(request.POST)
    found = preview(form.tree, request.user) if form.is_valid() else None
    return render(request, "desk/settings/rules/_matches.html", {"found": found})


@post(_MANAGE)
def rule_text(request: DeskRequest) -> HttpResponse:
    """A text with its variables filled in, of the newest ticket this person sees."""
    name = request.GET.get("name", "")
    ticket = Ticket.objects.visible_to(request.user).select_related("requester", "assignee", "brand")
    newest = ticket.order_by("-pk").first()
    text, missing = filled(request.POST.get(name, "")[:10_000], newest) if newest else ("", [])
    context = {"text": text, "missing": missing, "ticket": newest}
    return render(request, "desk/settings/rules/_text.html", context)
