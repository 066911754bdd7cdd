"""Mail inboxes: list, create, edit, try."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from channels_in import inboxes as verbs
from channels_in.models import Inbox
from channels_in.registry import channel
from desk.door import desk, post
from desk.request import DeskRequest
from desk.settings.forms.inbox import InboxForm
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from tickets.errors import Invalid
from tickets.models import Brand

_MANAGE = Permission.MANAGE_INBOXES
_BOTH = ("GET", "HEAD", "POST")


@desk(_MANAGE)
def inboxes(request: DeskRequest) -> HttpResponse:
    """All of them, in use first, each with how it is."""
    rows = Inbox.objects.filter(kind="email").select_related("brand", "team").order_by("-is_active", "name")
    return page(
        request, "inboxes", {"inboxes": rows, "has_brand": Brand.objects.filter(is_active=True).exists()}
    )


@desk(_MANAGE, methods=_BOTH)
def new_inbox(request: DeskRequest) -> HttpResponse:
    """Connect a mailbox."""
    form = InboxForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            inbox = verbs.create_inbox(actor=Actor.user(request.user), **form.values)
        except Invalid as error:
            form.add_error("address", error.message)
        else:
            messages.success(request, _("The inbox is connected."))
            return _after(request, inbox)
    return page(request, "inbox", {"form": form, "inbox": None}, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
def inbox(request: DeskRequest, inbox_id: int) -> HttpResponse:
    """Edit one. With ``?try`` the page tries its servers by itself."""
    row = _find(inbox_id)
    form = InboxForm(request.POST or None, inbox=row)
    if request.method == "POST" and form.is_valid():
        try:
            verbs.change_inbox(row.pk, actor=Actor.user(request.user), **form.values)
        except Invalid as error:
            form.add_error("address", error.message)
        else:
            messages.success(request, _("Saved."))
            return _after(request, row)
    context: dict[str, Any] = {"form": form, "inbox": row, "try_now": "try" in request.GET, "problems": None}
    return page(request, "inbox", context, status=422 if form.errors else 200)


@post(_MANAGE)
def inbox_check(request: DeskRequest, inbox_id: int) -> HttpResponse:
    """Sign in at both servers for real, and say in words what is wrong. Half a minute at most."""
    row = _find(inbox_id)
    problems = channel(row.kind).check(row)
    context: dict[str, Any] = {"inbox": row, "problems": problems, "try_now": False}
    if request.htmx:
        return render(request, "desk/settings/_check.html", context)
    return page(request, "inbox", {**context, "form": InboxForm(inbox=row)})


def _find(inbox_id: int) -> Inbox:
    return get_object_or_404(Inbox.objects.select_related("brand", "team"), pk=inbox_id, kind="email")


def _after(request: DeskRequest, row: Inbox) -> HttpResponse:
    if request.POST.get("then") == "try":
        return redirect(f"{reverse('inbox', args=[row.pk])}?try=1")
    return redirect("inboxes")
