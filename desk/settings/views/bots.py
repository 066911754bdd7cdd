"""Bots: list, editor, trying a draft, versions."""

import json
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, QuerySet
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from channels_in.bots import commands as verbs
from channels_in.bots import editing
from channels_in.bots.editing import NEW
from channels_in.bots.flow import PHRASES, shaped, step_of
from channels_in.bots.starter import example
from channels_in.models import BotFlow, BotFlowVersion
from common.text import number
from desk.door import desk, post
from desk.feedback import toast
from desk.request import DeskRequest
from desk.settings import bot_try, bot_words
from desk.settings.bot_page import editor, versions_of
from desk.settings.forms import bot_step as forms
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from tickets.errors import Invalid

_MANAGE = Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")


def _flows() -> QuerySet[BotFlow]:
    return BotFlow.objects.filter(is_deleted=False)


def _find(bot_id: int) -> BotFlow:
    return get_object_or_404(_flows().select_related("drafted_by"), pk=bot_id)


@desk(_MANAGE)
def bots(request: DeskRequest) -> HttpResponse:
    """All of them, with what is published and who uses it."""
    rows = _flows().annotate(number=Max("versions__number"), uses=Count("chat_widgets", distinct=True))
    deleted = None
    if (gone := number(request.GET.get("deleted"))) is not None:
        deleted = BotFlow.objects.filter(pk=gone, is_deleted=True).first()
    context = {"rows": [(row, len(shaped(row.draft)["steps"])) for row in rows], "deleted": deleted}
    return page(request, "bots/list", context)


@desk(_MANAGE, methods=_BOTH)
def new_bot(request: DeskRequest) -> HttpResponse:
    """A name, and what to begin with."""
    error = ""
    if request.method == "POST":
        start = {} if request.POST.get("start") == "empty" else example()
        try:
            flow = verbs.make_flow(
                name=request.POST.get("name", ""), definition=start, actor=Actor.user(request.user)
            )
        except Invalid as refusal:
            error = refusal.message
        else:
            return redirect("bot", flow.pk)
    context = {"error": error, "name": request.POST.get("name", "")[:120]}
    return page(request, "bots/new", context, status=422 if error else 200)


@desk(_MANAGE)
def bot(request: DeskRequest, bot_id: int) -> HttpResponse:
    """The editor. Whatever is changed in it is in the draft at once."""
    flow = _find(bot_id)
    context = editor(flow, open_ids=request.GET.getlist("open"))
    return page(
        request,
        "bots/bot",
        {**context, "trial": bot_try.fresh(context["draft"]), "versions": versions_of(flow)},
    )


def _edited(
    request: DeskRequest, flow: BotFlow, *, show: str = "", is_new_shape: bool = True
) -> HttpResponse:
    """The editor's parts after a change. ``show``: the step to be open.

    Where no card has other controls than before, only what tells of the steps is drawn: whoever types keeps
    their place.
    """
    open_ids = [*request.POST.getlist("open"), show]
    if not request.htmx:
        return redirect(f"{reverse('bot', args=[flow.pk])}?open={show}#step-{show}")
    context = editor(flow, open_ids=open_ids)
    parts = ["_state", "_faults", *([] if is_new_shape else ["_heads"])]
    html = "".join(
        render_to_string(f"desk/settings/bots/{part}.html", {**context, "oob": True}, request)
        for part in parts
    )
    if not is_new_shape:
        return HttpResponse(html)
    steps = render_to_string("desk/settings/bots/_steps.html", {**context, "show": show}, request)
    answer = HttpResponse(steps + html)
    answer["HX-Retarget"], answer["HX-Reswap"] = "#bot-steps", "outerHTML"
    return answer


@post(_MANAGE)
def bot_name(request: DeskRequest, bot_id: int) -> HttpResponse:
    flow = _find(bot_id)
    try:
        flow = verbs.rename_flow(flow.pk, name=request.POST.get("name", ""), actor=Actor.user(request.user))
    except Invalid as error:
        return _refusal(request, flow, error)
    return _edited(request, flow, is_new_shape=False)


@post(_MANAGE)
def bot_steps(request: DeskRequest, bot_id: int) -> HttpResponse:
    """One more step."""
    kind, after = request.POST.get("kind", ""), request.POST.get("after", "")
    before = {one["id"] for one in shaped(_find(bot_id).draft)["steps"]}
    flow = _edit(request, bot_id, partial(editing.add_step, kind=kind, after=after))
    added = [one["id"] for one in flow.draft["steps"] if one["id"] not in before]
    return _edited(request, flow, show=added[0] if added else "")


@post(_MANAGE)
def bot_step(request: DeskRequest, bot_id: int, step_id: str) -> HttpResponse:
    """The step as its card has it now. The card is drawn anew only if it has other controls than before."""
    flow = _find(bot_id)
    old = step_of(shaped(flow.draft), step_id)
    if old is None:
        return _edited(request, flow)
    raw = forms.read(request.POST, old)
    flow = _edit(request, bot_id, partial(editing.change_step, step_id=step_id, raw=raw))
    new = step_of(flow.draft, step_id) or old
    leads_to_new = any(
        value.startswith(NEW) for value in request.POST.dict().values() if isinstance(value, str)
    )
    has_new_shape = leads_to_new or "do" in request.POST or _controls(old) != _controls(new)
    return _edited(request, flow, show=step_id, is_new_shape=has_new_shape)


def _controls(step: Any) -> Any:
    """What decides which controls a card has."""
    rows = [row.get("fact") for row in step.get("branches", [])]
    ops = [row.get("op") for row in step.get("branches", [])]
    return step.get("type"), step.get("asks"), len(step.get("choices", [])), rows, ops


@post(_MANAGE)
def bot_step_place(request: DeskRequest, bot_id: int, step_id: str) -> HttpResponse:
    """One up or down in the list."""
    by = -1 if request.POST.get("to") == "up" else 1
    return _edited(request, _edit(request, bot_id, partial(editing.move_step, step_id=step_id, by=by)))


@post(_MANAGE)
def bot_start(request: DeskRequest, bot_id: int, step_id: str) -> HttpResponse:
    return _edited(request, _edit(request, bot_id, partial(editing.begin_with, step_id=step_id)))


@post(_MANAGE)
def bot_step_removal(request: DeskRequest, bot_id: int, step_id: str) -> HttpResponse:
    """Take it out; the toast brings the draft back as it was."""
    before = shaped(_find(bot_id).draft)
    answer = _edited(request, _edit(request, bot_id, partial(editing.remove_step, step_id=step_id)))
    if request.htmx:
        undo = {"draft": json.dumps(before, ensure_ascii=False)}
        answer.content += toast(
            request, _("The step was deleted."), undo=reverse("bot_draft", args=[bot_id]), fields=undo
        ).encode()
    return answer


@post(_MANAGE)
def bot_draft(request: DeskRequest, bot_id: int) -> HttpResponse:
    """Take a deletion back: the whole draft as it was before."""
    try:
        before = shaped(json.loads(request.POST.get("draft", "")))
    except (ValueError, RecursionError):
        before = None
    if not before or not before["steps"]:
        return HttpResponseBadRequest()
    return _edited(request, _edit(request, bot_id, lambda draft: before))


@post(_MANAGE)
def bot_sentences(request: DeskRequest, bot_id: int) -> HttpResponse:
    """The sentences that are said anywhere, and whether there is always a button for a person."""
    own = {name: forms.texts(request.POST, f"{name}.") for name in bot_words.PHRASES}
    person_button = "person_button" in request.POST

    def change(draft: dict[str, Any]) -> dict[str, Any]:
        kept = {name: texts for name, texts in draft["phrases"].items() if name in PHRASES}
        return shaped({**draft, "phrases": {**kept, **own}, "person_button": person_button})

    return _edited(request, _edit(request, bot_id, change), is_new_shape=False)


def _edit(request: DeskRequest, bot_id: int, edit: Any) -> BotFlow:
    return verbs.edit_draft(_find(bot_id).pk, edit=edit, actor=Actor.user(request.user))


@post(_MANAGE)
def bot_trial(request: DeskRequest, bot_id: int) -> HttpResponse:
    """The next turn of a conversation with the draft as it is now."""
    flow = _find(bot_id)
    trial = bot_try.go_on(shaped(flow.draft), request.POST)
    if request.htmx:
        context = {"bot": flow, "trial": trial, "languages": verbs.LANGUAGES}
        return render(request, "desk/settings/bots/_trial.html", context)
    return page(request, "bots/bot", {**editor(flow), "trial": trial, "versions": versions_of(flow)})


@post(_MANAGE)
def bot_publication(request: DeskRequest, bot_id: int) -> HttpResponse:
    """Let visitors meet the draft."""
    flow = _find(bot_id)
    try:
        version = verbs.publish(flow.pk, actor=Actor.user(request.user), note=request.POST.get("note", ""))
    except Invalid as error:
        return _refusal(request, flow, error)
    messages.success(
        request,
        _("Published: conversations that begin now follow version %(number)d.") % {"number": version.number},
    )
    return redirect("bot", flow.pk)


@post(_MANAGE)
def bot_version(request: DeskRequest, bot_id: int, number: int) -> HttpResponse:
    """Make an older version the draft again."""
    flow = _find(bot_id)
    get_object_or_404(BotFlowVersion, flow=flow, number=number)
    verbs.restore_version(flow.pk, number=number, actor=Actor.user(request.user))
    messages.success(
        request, _("Version %(number)d is the draft now: try it, then publish it.") % {"number": number}
    )
    return redirect("bot", flow.pk)


@post(_MANAGE)
def bot_removal(request: DeskRequest, bot_id: int) -> HttpResponse:
    """Delete it; the list offers the way back."""
    flow = _find(bot_id)
    verbs.delete_flow(flow.pk, actor=Actor.user(request.user))
    return redirect(f"{reverse('bots')}?deleted={flow.pk}")


@post(_MANAGE)
def bot_removal_undo(request: DeskRequest, bot_id: int) -> HttpResponse:
    flow = get_object_or_404(BotFlow, pk=bot_id)
    verbs.undelete_flow(flow.pk, actor=Actor.user(request.user))
    messages.success(request, _("The bot is back."))
    return redirect("bots")


def _refusal(request: DeskRequest, flow: BotFlow, error: Invalid) -> HttpResponse:
    if request.htmx:
        return HttpResponse(toast(request, error.message, tone="error"), status=422)
    messages.error(request, error.message)
    return redirect("bot", flow.pk)
