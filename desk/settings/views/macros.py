"""Macros: one's own, and for who manages rules the shared ones. Find, make, change, switch off, delete."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from common.text import fold, number, storable
from desk.door import desk, post
from desk.presentation import clean_rich
from desk.request import DeskRequest
from desk.seen import in_turn
from desk.settings.forms.macro import LANGUAGES, MacroForm
from desk.settings.menu import page
from desk.settings.naming import replaced
from journal.actor import Actor
from people.access import Permission, may
from tickets.commands import macros as verbs
from tickets.errors import Invalid
from tickets.macros import variables
from tickets.macros.finding import available_to, matches
from tickets.macros.values import sample
from tickets.models import Brand, Macro

_WRITE = Permission.NOTE  # whoever writes to tickets has macros of their own
_BOTH = ("GET", "HEAD", "POST")
_LONGEST = 60


@dataclass(frozen=True)
class Group:
    """A part of the list. ``key``: of its order's form, empty where it is not this person's to change."""

    title: str
    words: str
    key: str
    rows: list[Macro]


def _shares(request: DeskRequest) -> bool:
    return may(request.user, Permission.MANAGE_RULES)


def _mine(request: DeskRequest) -> QuerySet[Macro]:
    """Those this person may change."""
    own = Q(owner=request.user)
    return Macro.objects.filter(own | Q(owner=None) if _shares(request) else own)


def _find(request: DeskRequest, macro_id: int) -> Macro:
    row = _mine(request).select_related("team", "brand").filter(pk=macro_id).first()
    if row is None:
        raise Http404
    return row


@desk(_WRITE)
def macros(request: DeskRequest) -> HttpResponse:
    """One's own, then what everybody or a team has; filtered by ``q``."""
    words = storable(request.GET.get("q", ""))[:_LONGEST].strip()
    wanted = fold(words).split()
    shares = _shares(request)
    every = _mine(request) if shares else available_to(request.user)
    rows = [
        row for row in every.defer("texts", "actions").select_related("team", "brand") if matches(row, wanted)
    ]
    own = [row for row in rows if row.owner_id]
    shared = [row for row in rows if row.owner_id is None]
    if not shares:  # what is switched off stays in sight of its owner
        off = _mine(request).filter(is_active=False).defer("texts", "actions").select_related("team", "brand")
        own += [row for row in off if matches(row, wanted)]
        own.sort(key=lambda row: (row.position, row.pk))
    groups = [
        Group(_("Mine"), _("Only you have these."), "own", own),
        Group(_("Shared"), _("Teams and everybody have these."), "shared" if shares else "", shared),
    ]
    context = {"groups": [one for one in groups if one.rows], "words": words, "shares": shares}
    return page(request, "macros/list", context)


@desk(_WRITE, methods=_BOTH)
def new_macro(request: DeskRequest) -> HttpResponse:
    """A new one; ``copy`` names one to begin with, which stays as it is."""
    copy = number(request.GET.get("copy"))
    every = _mine(request) | available_to(request.user)
    copy_of = every.filter(pk=copy).first() if copy is not None else None
    return _edit(request, None, copy_of)


@desk(_WRITE, methods=_BOTH)
@in_turn
def macro(request: DeskRequest, macro_id: int) -> HttpResponse:
    return _edit(request, _find(request, macro_id))


def _edit(request: DeskRequest, row: Macro | None, copy_of: Macro | None = None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    form = MacroForm(data, user=request.user, shares=_shares(request), row=row, copy_of=copy_of)
    if data is not None and "preview" in data:
        shown = {"previews": _previews(request, form)}
        if request.htmx:
            return render(request, "desk/settings/macros/_macro_preview.html", shown)
        return _form_page(request, form, row, **shown)
    if data is not None and form.is_valid():
        actor = Actor.user(request.user)
        try:
            if row is None:
                verbs.create_macro(actor=actor, **form.values())
            else:
                verbs.change_macro(row.pk, actor=actor, **form.values())
        except Invalid as error:
            field = f"text_{LANGUAGES[0][0]}" if error.field == "text" else error.field
            form.add_error(field if field in form.fields else None, error.message)
        else:
            messages.success(request, _("Saved.") if row else _("The macro can be used now."))
            return redirect("macros")
    return _form_page(request, form, row)


def _form_page(request: DeskRequest, form: MacroForm, row: Macro | None, **more: Any) -> HttpResponse:
    folders = _mine(request).exclude(folder="").order_by("folder").values_list("folder", flat=True)
    context = {
        "form": form,
        "row": row,
        "replaced": replaced(row.actions) if row is not None else [],
        "variables": list(variables.VARIABLES.values()),
        "folders": list(folders.distinct()[:100]),
        "previews": None,
        **more,
    }
    refused = form.is_bound and form.errors and more.get("previews") is None
    return page(request, "macros/macro", context, status=422 if refused else 200)


def _previews(request: DeskRequest, form: MacroForm) -> list[dict[str, Any]]:
    """Each text as a made-up customer would get it, or what is wrong with it."""
    brand = Brand.objects.filter(is_active=True).order_by("pk")
    chosen = number(str(form.data.get("brand", "")))
    named = (brand.filter(pk=chosen).first() if chosen else None) or brand.first()
    found = []
    for code, name in LANGUAGES:
        html, trouble = form.html(code), ""
        if not html:
            continue
        try:
            verbs.check_text(html, "text")
        except Invalid as error:
            html, trouble = "", error.message
        values = sample(code, writer=request.user, brand=named.name if named else "")
        shown = clean_rich(variables.fill(html, values).html)
        found.append({"code": code, "language": name, "html": shown, "trouble": trouble})
    return found


@post(_WRITE)
def macro_switch(request: DeskRequest, macro_id: int) -> HttpResponse:
    """Off, or on again: ``to`` says which."""
    row = _find(request, macro_id)
    on = request.POST.get("to") == "on"
    verbs.switch_macro(row.pk, is_active=on, actor=Actor.user(request.user))
    words = (
        _("The macro “%(name)s” is in use again.")
        if on
        else _("The macro “%(name)s” is switched off. Nobody is offered it.")
    )
    messages.success(request, words % {"name": row.name})
    return redirect("macros")


@desk(_WRITE, methods=_BOTH)
def macro_removal(request: DeskRequest, macro_id: int) -> HttpResponse:
    """Away for good: asked first, with who else has it."""
    row = _find(request, macro_id)
    if request.method == "POST":
        verbs.delete_macro(row.pk, actor=Actor.user(request.user))
        messages.success(request, _("The macro “%(name)s” is deleted.") % {"name": row.name})
        return redirect("macros")
    return page(request, "macros/removal", {"row": row})


@post(_WRITE)
def macro_order(request: DeskRequest) -> HttpResponse:
    """The order as it was dragged: ``row`` for each, from the top. Others' are passed over."""
    ids = [key for text in request.POST.getlist("row")[:1000] if (key := number(text)) is not None]
    own = set(_mine(request).filter(pk__in=ids).values_list("pk", flat=True))
    verbs.order_macros([pk for pk in ids if pk in own], actor=Actor.user(request.user))
    return HttpResponse(status=204) if request.htmx else redirect("macros")


@post(_WRITE)
def macro_move(request: DeskRequest, macro_id: int) -> HttpResponse:
    """One step up or down within its part of the list: for the keyboard, and without JavaScript."""
    row = _find(request, macro_id)
    part = _mine(request).filter(owner=row.owner_id)
    order = list(part.values_list("pk", flat=True))
    at = order.index(row.pk)
    to = at - 1 if request.POST.get("to") == "up" else at + 1
    if 0 <= to < len(order):
        order[at], order[to] = order[to], order[at]
        verbs.order_macros(order, actor=Actor.user(request.user))
    return redirect("macros")
