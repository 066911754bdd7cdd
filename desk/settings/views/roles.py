"""Roles: what people may do, and which tickets they see."""

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from desk.door import desk, post
from desk.feedback import refusal_beside, refusal_told
from desk.request import DeskRequest
from desk.seen import in_turn
from desk.settings.forms.role import NewRoleForm, RoleForm, brand_choices
from desk.settings.menu import page
from desk.settings.role_words import GROUPS, ICONS, REACHES, WORDS, permitted_words, reach_words
from journal.actor import Actor
from people.access import Permission, complete, may, permissions_of
from people.commands import roles as verbs
from people.models import Role, StaffRole, User
from people.placing import may_give, permitted, role_of

_MANAGE = Permission.MANAGE_PEOPLE
_BOTH = ("GET", "HEAD", "POST")
_NAMED = 30  # people of a role who are named; the rest are counted


@desk(_MANAGE)
def roles(request: DeskRequest) -> HttpResponse:
    """All roles with how many have each, and beside one another what they may."""
    rows = list(StaffRole.objects.all())
    sizes = _sizes()
    names = dict(brand_choices())
    shown = [
        {
            "row": row,
            "icon": ICONS[Role(row.kind)],
            "size": sizes.get(row.code, 0),
            "may": permitted_words(permitted(row)),
            "sees": reach_words(row.access, row.brand_ids, names),
            "permissions": set(permitted(row)),
            "reach": REACHES[row.access].name,
        }
        for row in rows
    ]
    context = {"roles": shown, "groups": GROUPS, "words": WORDS}
    return page(request, "roles/list", context)


def _sizes() -> dict[str, int]:
    """How many active people have each role, by its code, in one query."""
    people = User.objects.staff().values_list("role", "custom_role").annotate(size=Count("pk")).order_by()
    return {str(custom or kind): size for kind, custom, size in people}


@desk(_MANAGE, methods=_BOTH)
def new_role(request: DeskRequest) -> HttpResponse:
    """A copy of one that is there, to be changed on its own page."""
    offered = [row for row in StaffRole.objects.all() if may_give(request.user, row)]
    agent = next((row for row in offered if row.key == Role.AGENT), None)
    initial = {"like": request.GET.get("like") or (agent.pk if agent else None)}
    form = NewRoleForm(request.POST or None, roles=offered, initial=initial)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form):
            row = verbs.create_role(actor=Actor.user(request.user), **form.cleaned_data)
            messages.success(request, _("The role is there. Say what it may, then give it to people."))
            return redirect("role", row.pk)
    return page(request, "roles/new", {"form": form}, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
@in_turn
def role(request: DeskRequest, role_id: int) -> HttpResponse:
    """What one may and sees. Changing it changes everybody who has it. ``?asks``: whether to remove it or to
    put it back, before that is done."""
    row = get_object_or_404(StaffRole, pk=role_id)
    form = RoleForm(request.POST if request.method == "POST" else None, role=row)
    if request.method == "POST" and form.is_valid() and not _asks(request, row, form):
        with refusal_beside(form):
            verbs.change_role(row.pk, actor=Actor.user(request.user), **form.values)
            messages.success(request, _("Saved. It holds for everybody who has the role, at once."))
            return _after(request)
    return _page(request, row, form)


def _asks(request: DeskRequest, row: StaffRole, form: RoleForm) -> bool:
    """Whether somebody would take this very page from themselves, and has not said that they mean it."""
    mine = role_of(request.user).pk == row.pk and request.user.role != Role.ADMINISTRATOR
    if not mine or _MANAGE in form.cleaned_data["permissions"] or form.cleaned_data["sure"]:
        return False
    form.add_error("sure", _("This is your own role: you would no longer get to this page yourself."))
    return True


def _after(request: DeskRequest) -> HttpResponse:
    """Back to the list, for whoever still may see it."""
    reader = User.objects.get(pk=request.user.pk)
    return redirect("roles" if may(reader, _MANAGE) else "home")


def _page(request: DeskRequest, row: StaffRole, form: RoleForm) -> HttpResponse:
    people = verbs.people_with(row)
    active = people.filter(is_active=True)
    context: dict[str, Any] = {
        "form": form,
        "role": row,
        "kind_icon": ICONS[Role(row.kind)],
        "editable": row.kind != Role.ADMINISTRATOR and may_give(request.user, row),
        "groups": GROUPS,
        "words": WORDS,
        "reaches": REACHES,
        "own": set(permissions_of(request.user)),
        "came_with": set(complete(permitted(StaffRole(kind=row.kind)))),
        "people": list(active.order_by("name", "pk")[:_NAMED]),
        "size": active.count(),
        "left": people.filter(is_active=False).count(),
        "asks": request.GET.get("asks", ""),
    }
    failed = form.is_bound and bool(form.errors)
    return page(request, "roles/role", context, status=422 if failed else 200)


@post(_MANAGE)
def role_reset(request: DeskRequest, role_id: int) -> HttpResponse:
    """Put a built-in role back to how it came."""
    row = get_object_or_404(StaffRole, pk=role_id)
    with refusal_told(request):
        verbs.reset_role(row.pk, actor=Actor.user(request.user))
        messages.success(request, _("The role is as it came."))
        return _after(request)
    return redirect("role", row.pk)


@post(_MANAGE)
def role_removal(request: DeskRequest, role_id: int) -> HttpResponse:
    """Remove one of the company's own that nobody has."""
    row = get_object_or_404(StaffRole, pk=role_id)
    with refusal_told(request):
        verbs.remove_role(row.pk, actor=Actor.user(request.user))
        messages.success(request, _("The role is gone."))
        return redirect("roles")
    return redirect("role", row.pk)
