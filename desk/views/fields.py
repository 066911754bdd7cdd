"""The properties of a ticket: one noun, one form, one verb each. GET of a noun gives its menu."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from desk import forms
from desk.answers import changed, gone, moving_on
from desk.door import desk, find_ticket, post
from desk.feedback import invalid
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission
from people.models import Team, User
from tickets import commands, listing
from tickets.models import Category, Priority, Status, Tag, Topic
from tickets.status import may_go

GET_POST = ("GET", "HEAD", "POST")
TAGS_OFFERED = 60


@desk(Permission.ASSIGN, methods=GET_POST)
def assignment(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Who works on it."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        people = list(User.objects.staff().order_by("name"))
        people.sort(key=lambda person: (person.pk != request.user.pk, not person.is_available))
        return _menu(request, "assignee", {"ticket": ticket, "people": people})
    form = forms.AssigneeForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    to: User | None = form.cleaned_data["assignee"]
    before = ticket.assignee_id
    commands.assign(ticket.pk, to=to, actor=Actor.user(request.user))
    words = _("Assigned to %(name)s") % {"name": to} if to else _("Back in the queue")
    return changed(request, ticket.pk, words, undo=request.path, fields={"assignee": before or ""})


@desk(Permission.ASSIGN, methods=GET_POST)
def team(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Which team's queue it is in."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        return _menu(request, "team", {"ticket": ticket, "teams": list(Team.objects.filter(is_active=True))})
    form = forms.TeamForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    to: Team | None = form.cleaned_data["team"]
    commands.set_team(ticket.pk, team=to, actor=Actor.user(request.user))
    # Another team's ticket may be out of sight now; the answer then says so instead of failing.
    in_sight = type(ticket).objects.visible_to(request.user).filter(pk=ticket.pk).exists()
    words = _("Moved to %(team)s") % {"team": to} if to else _("In no team now")
    if not in_sight:
        return _out_of_sight(request, words)
    return changed(request, ticket.pk, words, undo=request.path, fields={"team": ticket.team_id or ""})


@desk(Permission.EDIT, methods=GET_POST)
def status(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Where it stands."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        rows = [
            row for row in listing.statuses() if may_go(Category(ticket.category), Category(row.category))
        ]
        return _menu(request, "status", {"ticket": ticket, "statuses": rows})
    form = forms.StatusForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    chosen: Status = form.cleaned_data["status"]
    actor = Actor.user(request.user)
    if "back" in request.POST:
        commands.undo_status(ticket.pk, to=chosen, actor=actor)
    else:
        commands.set_status(ticket.pk, status=chosen, actor=actor)
    words = _("Status: %(status)s") % {"status": chosen.label}
    was = Category(ticket.category)
    undo = request.path if was == Category.NEW or may_go(Category(chosen.category), was) else ""
    fields = {"status": ticket.status_id, "back": "on"}
    answer = changed(request, ticket.pk, words, undo=undo, fields=fields)
    return moving_on(request, answer, ticket, chosen)


@desk(Permission.EDIT, methods=GET_POST)
def priority(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """How urgent it is."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        return _menu(request, "priority", {"ticket": ticket, "priorities": list(reversed(Priority.choices))})
    form = forms.PriorityForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    value = form.cleaned_data["priority"]
    commands.set_priority(ticket.pk, priority=value, actor=Actor.user(request.user))
    words = _("Priority: %(priority)s") % {"priority": Priority(value).label}
    return changed(request, ticket.pk, words, undo=request.path, fields={"priority": ticket.priority})


@desk(Permission.EDIT, methods=GET_POST)
def topic(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """What it is about."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        rows = [
            row
            for row in Topic.objects.all()
            if row.brand_id in {None, ticket.brand_id} and (row.is_active or row.pk == ticket.topic_id)
        ]
        return _menu(request, "topic", {"ticket": ticket, "topics": rows})
    form = forms.TopicForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    commands.set_topic(ticket.pk, topic=form.cleaned_data["topic"], actor=Actor.user(request.user))
    return changed(request, ticket.pk)


@desk(Permission.EDIT, methods=GET_POST)
def subject(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Its title."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        return render(request, "desk/_subject_form.html", {"ticket": ticket})
    form = forms.SubjectForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    commands.set_subject(ticket.pk, subject=form.cleaned_data["subject"], actor=Actor.user(request.user))
    return changed(request, ticket.pk)


@desk(Permission.EDIT, methods=GET_POST)
def tags(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Add a tag, an existing or a new one."""
    ticket = find_ticket(request, ticket_id)
    if request.method != "POST":
        has = set(ticket.tags.values_list("pk", flat=True))
        return _menu(
            request, "tag", {"ticket": ticket, "tags": list(Tag.objects.all()[:TAGS_OFFERED]), "has": has}
        )
    form = forms.TagForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    commands.add_tag(ticket.pk, name=form.cleaned_data["name"], actor=Actor.user(request.user))
    return changed(request, ticket.pk)


@post()
def tag_removal(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Take a tag off."""
    ticket = find_ticket(request, ticket_id)
    form = forms.TagForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    commands.remove_tag(ticket.pk, name=form.cleaned_data["name"], actor=Actor.user(request.user))
    return changed(request, ticket.pk)


def _menu(request: DeskRequest, noun: str, context: dict[str, Any]) -> HttpResponse:
    """The choices of a noun, fetched when its menu opens, so that a page does not carry them all."""
    template = "desk/_menu.html" if request.htmx else "desk/menu_page.html"
    return render(request, template, {"noun": noun, **context})


def _out_of_sight(request: DeskRequest, words: str) -> HttpResponse:
    note = _("%(what)s. You no longer see this ticket.") % {"what": words}
    return gone(request, note)
