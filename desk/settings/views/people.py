"""Accounts and teams."""

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from desk.door import desk, post
from desk.feedback import refusal_beside
from desk.request import DeskRequest
from desk.seen import in_turn
from desk.settings.forms.people import TeamForm, UserForm
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission, may
from people.commands import teams as team_verbs
from people.commands import users as user_verbs
from people.inviting import invite
from people.models import Role, Team, User
from people.placing import find_role, is_stronger, permitted
from tickets import commands
from tickets.models import Category, Ticket

_MANAGE, _RULES = Permission.MANAGE_PEOPLE, Permission.MANAGE_RULES
_BOTH = ("GET", "HEAD", "POST")


@desk(_MANAGE)
def users(request: DeskRequest) -> HttpResponse:
    """The staff, who is active first."""
    rows = User.objects.exclude(role=Role.CUSTOMER).select_related("custom_role").prefetch_related("teams")
    rows = rows.order_by("-is_active", "name")
    return page(request, "users", {"users": rows})


@desk(_MANAGE, methods=_BOTH)
def new_user(request: DeskRequest) -> HttpResponse:
    """An account; its owner chooses a password by the link they are sent."""
    form = UserForm(request.POST or None, reader=request.user)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form):
            user = user_verbs.create_user(
                actor=Actor.user(request.user), teams=form.cleaned_data["teams"], **form.values
            )
            _send_link(request, user)
            return redirect("users")
    return page(request, "user", {"form": form, "account": None}, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
def user(request: DeskRequest, user_id: int) -> HttpResponse:
    """Edit one. Who is switched off hands back what they hold."""
    account = get_object_or_404(User.objects.exclude(role=Role.CUSTOMER), pk=user_id)
    form = UserForm(request.POST or None, reader=request.user, account=account)
    if request.method == "POST" and form.is_valid() and not _asks(request, account, form):
        with refusal_beside(form):
            number = _change(request, account, form)
            words = _("Saved.")
            if number:
                words += " " + ngettext(
                    "%(number)d open ticket went back to its queue.",
                    "%(number)d open tickets went back to their queues.",
                    number,
                ) % {"number": number}
            messages.success(request, words)
            reader = User.objects.get(pk=request.user.pk)
            return redirect("users" if may(reader, _MANAGE) else "home")
    context = {
        "form": form,
        "account": account,
        "held": _held(account).count(),
        "is_stronger": is_stronger(account, request.user),
    }
    return page(request, "user", context, status=422 if form.errors else 200)


def _asks(request: DeskRequest, account: User, form: UserForm) -> bool:
    """Whether somebody would take this very page from themselves, and has not said that they mean it."""
    if account.pk != request.user.pk or form.cleaned_data["sure"]:
        return False
    if _MANAGE in permitted(find_role(form.cleaned_data["role"])):
        return False
    form.add_error("sure", _("This is your own account: you would no longer get to this page yourself."))
    return True


@transaction.atomic
def _change(request: DeskRequest, account: User, form: UserForm) -> int:
    """Write it; returns how many tickets went back to their queues."""
    actor = Actor.user(request.user)
    changed = user_verbs.change_user(account.pk, actor=actor, teams=form.cleaned_data["teams"], **form.values)
    if changed.is_active:
        return 0
    held = list(_held(changed).order_by("pk").values_list("pk", flat=True))
    for ticket_id in held:
        commands.assign(ticket_id, to=None, actor=actor)
    return len(held)


def _held(account: User) -> "QuerySet[Ticket]":
    return Ticket.objects.filter(assignee=account, category__lt=Category.RESOLVED, is_hidden=False)


@post(_MANAGE)
def password_reset(request: DeskRequest, user_id: int) -> HttpResponse:
    """Send somebody a link to choose a new password."""
    account = get_object_or_404(User.objects.staff(), pk=user_id)
    _send_link(request, account)
    return redirect("user", account.pk)


def _send_link(request: DeskRequest, account: User) -> None:
    """Who has no password yet is invited, however often; whoever has one is told of a new one.

    The account exists whatever becomes of the mail, which can be sent again.
    """
    try:
        if account.has_usable_password():
            _send_reset(request, account)
        else:
            invite(account, by=request.user)
    except OSError as error:  # smtplib's errors are of this kind
        messages.error(request, _("The mail with the link could not be sent: %(error)s") % {"error": error})
        return
    user_verbs.note_password_reset(account.pk, actor=Actor.user(request.user))
    messages.success(
        request, _("%(address)s was sent a link to choose a password.") % {"address": account.email}
    )


def _send_reset(request: DeskRequest, account: User) -> None:
    form = ResetPasswordForm({"email": account.email})
    if form.is_valid():
        with translation.override(account.language):
            form.save(request)


@desk(_RULES)
def teams(request: DeskRequest) -> HttpResponse:
    """All teams, with how many are in each, and how tickets find people there."""
    active = Count("memberships", filter=Q(memberships__user__is_active=True))
    rows = Team.objects.annotate(size=active).select_related("calendar", "escalates_to", "hands_over_to")
    return page(request, "teams", {"teams": rows.order_by("-is_active", "name")})


@desk(_MANAGE, methods=_BOTH)
def new_team(request: DeskRequest) -> HttpResponse:
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form):
            team_verbs.create_team(actor=Actor.user(request.user), **form.cleaned_data)
            messages.success(request, _("The team is there."))
            return redirect("teams")
    return page(request, "team", {"form": form, "team": None}, status=422 if form.errors else 200)


@desk(_RULES, methods=_BOTH)
@in_turn
def team(request: DeskRequest, team_id: int) -> HttpResponse:
    """Edit one. Who is in it, and its name, are for administrators."""
    row = get_object_or_404(Team, pk=team_id)
    form = TeamForm(request.POST or None, team=row, may_staff=may(request.user, _MANAGE))
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form):
            actor = Actor.user(request.user)
            team_verbs.change_team(row.pk, actor=actor, **{**_staffing(row), **form.cleaned_data})
            messages.success(request, _("Saved."))
            return redirect("teams")
    return page(request, "team", {"form": form, "team": row}, status=422 if form.errors else 200)


def _staffing(row: Team) -> dict[str, Any]:
    """What a form of somebody who may not change it leaves as it is."""
    members = list(row.memberships.select_related("user"))
    return {
        "name": row.name,
        "is_active": row.is_active,
        "members": [one.user for one in members],
        "leads": [one.user for one in members if one.is_lead],
    }
