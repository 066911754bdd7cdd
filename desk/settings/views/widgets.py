"""Chats on sites: list, make one, its settings, its secret."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from channels_in.kinds.chat import widgets as verbs
from channels_in.kinds.chat.reception import receptions
from channels_in.models import ChatWidget
from common import clock
from desk.door import desk, post
from desk.request import DeskRequest
from desk.settings.forms.widget import NewWidgetForm, WidgetForm
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from tickets.models import Brand

_MANAGE = Permission.MANAGE_INBOXES
_BOTH = ("GET", "HEAD", "POST")


def _rows() -> QuerySet[ChatWidget]:
    return ChatWidget.objects.select_related("inbox__brand", "inbox__team", "bot", "calendar")


@desk(_MANAGE)
def chats(request: DeskRequest) -> HttpResponse:
    """All of them, in use first, each with whether somebody is there."""
    rows = list(_rows().order_by("-inbox__is_active", "inbox__name"))
    open_ = receptions([row for row in rows if row.is_active], clock.now())
    lines = [(row, open_.get(row.pk)) for row in rows]
    has_brand = Brand.objects.filter(is_active=True).exists()
    return page(request, "chat/list", {"lines": lines, "has_brand": has_brand})


@desk(_MANAGE, methods=_BOTH)
def new_chat(request: DeskRequest) -> HttpResponse:
    form = NewWidgetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        widget = verbs.create_widget(actor=Actor.user(request.user), **form.cleaned_data)
        messages.success(
            request, _("The chat is there. Say which sites may show it, and put its script there.")
        )
        return redirect("chat_settings", widget.pk)
    return page(request, "chat/new", {"form": form}, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
def chat(request: DeskRequest, widget_id: int) -> HttpResponse:
    """Edit one. ``?asks=secret``: whether to make another secret, before that is done."""
    widget = get_object_or_404(_rows(), pk=widget_id)
    form = WidgetForm(request.POST if request.method == "POST" else None, widget=widget)
    if request.method == "POST" and form.is_valid():
        verbs.change_widget(widget.pk, actor=Actor.user(request.user), **form.values)
        messages.success(request, _("Saved."))
        return redirect("chat_settings", widget.pk)
    return _page(request, widget, form, status=422 if form.errors else 200)


@post(_MANAGE)
def chat_secret(request: DeskRequest, widget_id: int) -> HttpResponse:
    """A new secret, shown on the page that answers and never again."""
    widget = get_object_or_404(_rows(), pk=widget_id)
    secret = verbs.rotate_secret(widget.pk, actor=Actor.user(request.user))
    answer = _page(request, widget, WidgetForm(widget=widget), secret=secret)
    answer["Cache-Control"] = "no-store"
    return answer


def _page(
    request: DeskRequest, widget: ChatWidget, form: WidgetForm, *, secret: str = "", status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "widget": widget,
        "form": form,
        "secret": secret,
        "asks": request.GET.get("asks", ""),
        "script": script_tag(request, widget),
        "standard": _standard(),
        "empty": {"on": True, "contains": "", "seconds": 30, "returning": False, "texts": {}},
    }
    return page(request, "chat/widget", context, status=status)


def script_tag(request: HttpRequest, widget: ChatWidget) -> str:
    """What a site puts before ``</body>``."""
    address = request.build_absolute_uri(reverse("chat_loader"))
    return f'<script src="{address}" data-key="{widget.key}" async></script>'


def _standard() -> dict[str, dict[str, str]]:
    """What the product says where the administrator says nothing, for the preview."""
    found = {}
    for code in ("en", "ru"):
        with override(code):
            found[code] = {
                "greeting": _("Hello! How can we help?"),
                "away": _("Nobody is here right now. Leave a message, and we will answer by mail."),
                "write": _("Your message"),
                "soon": _("We usually answer within a few minutes."),
            }
    return found
