"""Acting on several tickets at once: those ticked, or all of a view. Every act is a bulk job."""

from typing import Any
from urllib.parse import parse_qs

from django.core.exceptions import PermissionDenied
from django.forms import Form
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from common import clock
from common.text import number, one_line, storable
from desk import forms
from desk.answers import told
from desk.door import desk, post
from desk.feedback import invalid
from desk.request import DeskRequest
from desk.views import bulk
from people.access import Permission, may
from people.models import Team, User
from tickets import chips, counting, listing
from tickets.bulk import starting
from tickets.commands.hiding import LONGEST_SNOOZE
from tickets.commands.tags import check_addable
from tickets.errors import TicketError
from tickets.models import BulkJob, Priority, Tag, Ticket, View

MOST = 200  # ticked one by one
TAGS_OFFERED = 200
MENUS = ("assignee", "status", "priority", "tag", "more")

Act = BulkJob.Act


def _begin(request: DeskRequest, act: str, value: Any = None) -> HttpResponse:
    """Begin a job on what is selected; what one may not see is not there."""
    if request.POST.get("all"):
        view = _own_view(request, request.POST.get("view"))
        filters = chips.parse(parse_qs(request.POST.get("filters", "")))
        if filters.ignored:
            # Without one of them it would be more than what was looked at.
            raise TicketError(_("These filters mean nothing any more. Load the list anew."))
        tree = filters.over(view.conditions)
        return bulk.begun(request, starting.of_view(request.user, act, value, view=view, conditions=tree))
    wanted = {key for each in request.POST.getlist("ticket") if (key := number(each)) is not None}
    visible = Ticket.objects.visible_to(request.user).filter(pk__in=sorted(wanted)[:MOST])
    numbers = list(visible.order_by("pk").values_list("pk", flat=True))
    if not numbers:
        return told(request, _("Select tickets first."), tone="error")
    return bulk.begun(request, starting.of_tickets(request.user, act, value, numbers=numbers))


def _own_view(request: DeskRequest, key: str | None) -> View:
    wanted = number(key)
    for view in listing.known_views(request.user):
        if view.pk == wanted:
            return view
    raise Http404


def _chosen(request: DeskRequest, form: Form, field: str, act: str) -> HttpResponse:
    """``_begin`` with what a form has chosen: the key of a row, or a plain value."""
    if not form.is_valid():
        return invalid(request, form)
    chosen = form.cleaned_data[field]
    return _begin(request, act, getattr(chosen, "pk", chosen))


@post(Permission.ASSIGN)
def assignment(request: DeskRequest) -> HttpResponse:
    return _chosen(request, forms.AssigneeForm(request.POST), "assignee", Act.ASSIGN)


@post(Permission.ASSIGN)
def team(request: DeskRequest) -> HttpResponse:
    return _chosen(request, forms.TeamForm(request.POST), "team", Act.TEAM)


@post()
def status(request: DeskRequest) -> HttpResponse:
    return _chosen(request, forms.StatusForm(request.POST), "status", Act.STATUS)


@post()
def priority(request: DeskRequest) -> HttpResponse:
    return _chosen(request, forms.PriorityForm(request.POST), "priority", Act.PRIORITY)


@post()
def tags(request: DeskRequest) -> HttpResponse:
    return _tag(request, Act.ADD_TAG)


@post()
def tag_removal(request: DeskRequest) -> HttpResponse:
    return _tag(request, Act.REMOVE_TAG)


def _tag(request: DeskRequest, act: str) -> HttpResponse:
    """Refused here, once, what every single ticket would refuse."""
    form = forms.TagForm(request.POST)
    if not form.is_valid():
        return invalid(request, form)
    name = one_line(storable(form.cleaned_data["name"]), 60)
    if not name:
        raise TicketError(_("A tag needs a name."))
    if act == Act.ADD_TAG:
        check_addable(name)
    return _begin(request, act, name)


@post()
def snooze(request: DeskRequest) -> HttpResponse:
    """Refused here, once, what every single ticket would refuse."""
    data = request.POST.copy()
    if data.get("until") == "own":
        data["until"] = data.get("until_own", "")
    form = forms.SnoozeForm(data)
    if not form.is_valid():
        return invalid(request, form)
    until = form.cleaned_data["until"]
    if until <= clock.now():
        raise TicketError(_("Choose a time that is still to come."))
    if until > clock.now() + LONGEST_SNOOZE:
        raise TicketError(_("Choose a day and a time."))
    return _begin(request, Act.SNOOZE, until.isoformat())


@post()
def spam(request: DeskRequest) -> HttpResponse:
    return _begin(request, Act.SPAM)


@post(Permission.READ)
def following(request: DeskRequest) -> HttpResponse:
    return _begin(request, Act.FOLLOW)


@desk()
def menu(request: DeskRequest, noun: str) -> HttpResponse:
    """The choices of an act, fetched when its menu opens."""
    if noun not in MENUS:
        raise Http404
    if not may(request.user, Permission.ASSIGN if noun == "assignee" else Permission.EDIT):
        raise PermissionDenied
    context: dict[str, Any] = {"noun": noun}
    match noun:
        case "assignee":
            people = list(User.objects.staff().order_by("name"))
            people.sort(key=lambda person: (person.pk != request.user.pk, not person.is_available))
            context |= {"people": people, "teams": list(Team.objects.filter(is_active=True))}
        case "status":
            context["statuses"] = listing.statuses()
        case "priority":
            context["priorities"] = list(reversed(Priority.choices))
        case "tag":
            context["tags"] = list(Tag.objects.all()[:TAGS_OFFERED])
    return render(request, "desk/bulk/_menu.html", context)


@desk()
def whole(request: DeskRequest) -> HttpResponse:
    """The offer to choose all of a view, as it is filtered, once everything on the page is ticked."""
    view = _own_view(request, request.GET.get("view"))
    view.conditions = chips.parse(dict(request.GET.lists())).over(view.conditions)
    # One that takes too long to count is said to be large.
    count = counting.counts(request.user, [view], passing=True).get(view.pk, counting.COUNT_LIMIT)
    known = count < counting.COUNT_LIMIT
    context = {
        "shown": min(number(request.GET.get("shown")) or 0, MOST),
        "count": count,
        "words": number_format(count, force_grouping=True) if known else f"{counting.COUNT_LIMIT - 1}+",
    }
    return render(request, "desk/bulk/_whole.html", context)
