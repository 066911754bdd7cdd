"""Webhooks: list, create, edit, try, and what became of every call."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from common.crypto import SecretUnreadableError, decrypt, encrypt
from common.queue import ask
from common.text import number
from desk.door import about_theirs, desk, post
from desk.feedback import refusal_beside
from desk.request import DeskRequest
from desk.settings.forms.webhook import WebhookForm
from desk.settings.menu import page
from journal.actor import Actor
from notifications import mailing, tasks
from notifications.models import Webhook, WebhookCall
from notifications.webhooks import commands
from notifications.webhooks.words import explain
from people.access import Permission
from people.models import User

_MANAGE = Permission.MANAGE_WEBHOOKS
_BOTH = ("GET", "HEAD", "POST")
_PAGE = 30
_SHOWN_ONCE = "webhook_secret"


@dataclass(frozen=True)
class ShownTry:
    at: datetime | None
    words: str
    detail: str
    ms: int


@dataclass(frozen=True)
class ShownCall:
    """One call with its tries, the last one first."""

    row: WebhookCall
    tries: list[ShownTry]

    @property
    def is_under_way(self) -> bool:
        return self.row.state in {WebhookCall.State.WAITING, WebhookCall.State.SENDING}


@desk(_MANAGE)
def webhooks(request: DeskRequest) -> HttpResponse:
    """All of them, in use first, each with how its calls went."""
    failed = Count("calls", filter=Q(calls__state=WebhookCall.State.FAILED))
    rows = Webhook.objects.select_related("brand").annotate(failed=failed, last=Max("calls__created_at"))
    return page(request, "webhooks", {"webhooks": rows.order_by("-is_active", "name")})


@desk(_MANAGE, methods=_BOTH)
def new_webhook(request: DeskRequest) -> HttpResponse:
    """Its secret is made here, and shown on the page that follows, once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form):
            hook, secret = commands.create_webhook(actor=Actor.user(request.user), **form.cleaned_data)
            _show_once(request, hook.pk, secret)
            return redirect("webhook", hook.pk)
    context = {"form": form, "webhook": None, "secret": ""}
    return page(request, "webhook", context, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
def webhook(request: DeskRequest, webhook_id: int) -> HttpResponse:
    """Edit one, and see its calls. ``?asks=secret``: whether to make another secret, before that is done."""
    hook = get_object_or_404(Webhook, pk=webhook_id)
    form = WebhookForm(request.POST or None, webhook=hook)
    if request.method == "POST" and form.is_valid():
        with refusal_beside(form):
            commands.change_webhook(hook.pk, actor=Actor.user(request.user), **form.cleaned_data)
            messages.success(request, _("Saved."))
            return redirect("webhook", hook.pk)
    context = {
        "form": form,
        "webhook": hook,
        "secret": _shown_once(request, hook.pk),
        "asks": request.GET.get("asks", ""),
        **_calls(request, hook),
    }
    answer = page(request, "webhook", context, status=422 if form.errors else 200)
    if context["secret"]:
        answer["Cache-Control"] = "no-store"
    return answer


@desk(_MANAGE)
def webhook_calls(request: DeskRequest, webhook_id: int) -> HttpResponse:
    """The calls alone: again while some are on their way, or the next part of the list."""
    hook = get_object_or_404(Webhook, pk=webhook_id)
    return render(request, "desk/settings/_webhook_calls.html", {"webhook": hook, **_calls(request, hook)})


@post(_MANAGE)
def webhook_test(request: DeskRequest, webhook_id: int) -> HttpResponse:
    """Call it with nothing to tell; what came of it appears in the list below."""
    hook = get_object_or_404(Webhook, pk=webhook_id)
    commands.send_test(hook.pk)
    return _on_its_way(request, hook, _("A test is on its way."))


@post(_MANAGE)
def webhook_secret(request: DeskRequest, webhook_id: int) -> HttpResponse:
    """Another secret; the old one signs nothing any more."""
    hook = get_object_or_404(Webhook, pk=webhook_id)
    _show_once(request, hook.pk, commands.renew_secret(hook.pk, actor=Actor.user(request.user)))
    return redirect("webhook", hook.pk)


@post(_MANAGE)
def webhook_call_retry(request: DeskRequest, webhook_id: int, call_id: int) -> HttpResponse:
    """Send again what has ended, with the same key."""
    rows = WebhookCall.objects.filter(_theirs(request.user)).select_related("webhook")
    call = get_object_or_404(rows, pk=call_id, webhook_id=webhook_id)
    commands.send_again(call.pk)
    return _on_its_way(request, call.webhook, _("It is sent again."))


@post(Permission.MANAGE_INBOXES)
def notice_mail_retry(request: DeskRequest, mail_id: int) -> HttpResponse:
    """A mail that told of notices and failed tries again."""
    if not mailing.send_again(mail_id):
        raise Http404
    messages.success(request, _("It is sent again."))
    return redirect("mail_health")


def _on_its_way(request: DeskRequest, hook: Webhook, words: str) -> HttpResponse:
    ask(tasks.call_webhooks)
    if request.htmx:
        context = {"webhook": hook, **_calls(request, hook)}
        return render(request, "desk/settings/_webhook_calls.html", context)
    messages.success(request, words)
    return redirect("webhook", hook.pk)


def _calls(request: DeskRequest, hook: Webhook) -> dict[str, Any]:
    """A page of calls, newest first, and where the next one begins."""
    calls = WebhookCall.objects.filter(_theirs(request.user), webhook=hook)
    rows = calls.select_related("ticket").order_by("-pk")
    before = number(request.GET.get("before"))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows[: _PAGE + 1])
    shown = [ShownCall(row, _tries(row)) for row in found[:_PAGE]]
    return {
        "calls": shown,
        "next_before": found[_PAGE - 1].pk if len(found) > _PAGE else 0,
        "under_way": before is None and any(call.is_under_way for call in shown),
    }


def _theirs(user: User) -> Q:
    """Calls about tickets that ``user`` may see, and those about none."""
    return Q() if user.sees_all else Q(ticket=None) | about_theirs(user)


def _tries(row: WebhookCall) -> list[ShownTry]:
    return [
        ShownTry(parse_datetime(line["at"]), explain(line), line.get("detail", ""), line.get("ms", 0))
        for line in reversed(row.tries)
    ]


def _show_once(request: DeskRequest, webhook_id: int, secret: str) -> None:
    """Until the next page, in the session, which the database keeps: encrypted."""
    request.session[_SHOWN_ONCE] = [webhook_id, encrypt(secret)]


def _shown_once(request: DeskRequest, webhook_id: int) -> str:
    kept = request.session.get(_SHOWN_ONCE)
    if not kept or kept[0] != webhook_id:
        return ""
    del request.session[_SHOWN_ONCE]
    try:
        return decrypt(kept[1])
    except SecretUnreadableError:
        return ""
