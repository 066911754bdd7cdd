"""Telegram bots: list, connect, edit, try."""

from contextlib import suppress
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from channels_in.kinds.telegram import bots as verbs
from channels_in.kinds.telegram import connecting, deep_link, health
from channels_in.kinds.telegram.api import ApiError, Unreachable
from channels_in.kinds.telegram.checking import describe
from channels_in.models import Inbox, TelegramBot
from channels_in.registry import channel
from common.crypto import SecretUnreadableError
from desk.door import desk, post
from desk.request import DeskRequest
from desk.settings.forms.telegram import BotForm
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from tickets.errors import Invalid
from tickets.models import Brand

_MANAGE = Permission.MANAGE_INBOXES
_BOTH = ("GET", "HEAD", "POST")


@desk(_MANAGE)
def bots(request: DeskRequest) -> HttpResponse:
    """All of them, in use first, each with how it is."""
    rows = _rows().order_by("-is_active", "name")
    return page(
        request,
        "telegram_bots",
        {"bots": rows, "has_brand": Brand.objects.filter(is_active=True).exists()},
    )


@desk(_MANAGE, methods=_BOTH)
def new_bot(request: DeskRequest) -> HttpResponse:
    """Connect a bot: its token is tried before anything is kept."""
    form = BotForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and form.me is None:
        form.add_error("is_active", _("A new bot begins in use, so that its token can be tried."))
    elif request.method == "POST" and form.is_valid() and form.me is not None:
        try:
            row = verbs.create_bot(me=form.me, actor=Actor.user(request.user), **form.values)
        except Invalid as error:
            form.add_error("token", error.message)
        else:
            _connect(request, row)
            return redirect("telegram_bot", row.pk)
    return page(request, "telegram_bot", {"form": form, "inbox": None}, status=422 if form.errors else 200)


@desk(_MANAGE, methods=_BOTH)
def bot(request: DeskRequest, inbox_id: int) -> HttpResponse:
    """Edit one; saving tells Telegram anew how updates come to us."""
    row = _find(inbox_id)
    form = BotForm(request.POST or None, inbox=row)
    if request.method == "POST" and form.is_valid():
        try:
            row = verbs.change_bot(row.pk, actor=Actor.user(request.user), me=form.me, **form.values)
        except Invalid as error:
            form.add_error("token", error.message)
        else:
            _connect(request, _find(inbox_id))
            return redirect("telegram_bots")
    context: dict[str, Any] = {
        "form": form,
        "inbox": row,
        "problems": None,
        "address": deep_link.address(row.telegram),
    }
    return page(request, "telegram_bot", context, status=422 if form.errors else 200)


@post(_MANAGE)
def bot_check(request: DeskRequest, inbox_id: int) -> HttpResponse:
    """Ask Telegram, and say in words what is wrong."""
    row = _find(inbox_id)
    context: dict[str, Any] = {"inbox": row, "problems": channel(row.kind).check(row)}
    if request.htmx:
        return render(request, "desk/settings/_telegram_check.html", context)
    address = deep_link.address(row.telegram)
    return page(request, "telegram_bot", {**context, "form": BotForm(inbox=row), "address": address})


@desk(_MANAGE, methods=_BOTH)
def bot_deletion(request: DeskRequest, inbox_id: int) -> HttpResponse:
    """Asked first: what remains, and what does not."""
    row = _find(inbox_id)
    if request.method == "POST":
        with suppress(TelegramBot.DoesNotExist):  # somebody else has deleted it meanwhile
            _let_go(request, row)
            verbs.delete_bot(row.pk, actor=Actor.user(request.user))
        messages.success(request, _("The bot @%(name)s is deleted.") % {"name": row.telegram.username})
        return redirect("telegram_bots")
    return page(request, "telegram_deletion", {"inbox": row, "held": verbs.held(row.pk)})


def _let_go(request: DeskRequest, row: Inbox) -> None:
    """Tell Telegram. If it cannot be told it calls in vain, and its updates wait there for a day."""
    try:
        connecting.disconnect(row.telegram)
    except ApiError as error:
        _untold(request, describe(error).words)
    except (Unreachable, SecretUnreadableError) as error:
        _untold(request, str(error))


def _untold(request: DeskRequest, words: str) -> None:
    messages.warning(request, _("Telegram could not be told: %(words)s") % {"words": words})


def _connect(request: DeskRequest, row: Inbox) -> None:
    """Tell Telegram. What fails is said, kept with the bot, and tried again by itself."""
    telling = connecting.connect if row.is_active else connecting.disconnect
    try:
        telling(row.telegram)
    except ApiError as error:
        _complain(request, row, describe(error).words)
    except Unreachable as error:
        _complain(request, row, error.words)
    else:
        if row.is_active:
            health.answered(row.pk)
            messages.success(request, _("The bot @%(name)s is connected.") % {"name": row.telegram.username})
        else:
            messages.success(request, _("The bot is switched off."))


def _complain(request: DeskRequest, row: Inbox, words: str) -> None:
    if row.is_active:
        health.failing(row.pk, words)
    messages.warning(request, _("Saved, but Telegram could not be told: %(words)s") % {"words": words})


def _rows() -> Any:
    """Without those whose bot is deleted: they only hold what came by it."""
    bots = Inbox.objects.filter(kind=Inbox.Kind.TELEGRAM, telegram__isnull=False)
    return bots.select_related("brand", "team", "telegram")


def _find(inbox_id: int) -> Inbox:
    return get_object_or_404(_rows(), pk=inbox_id)
