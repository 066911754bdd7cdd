"""The page of one ticket, and the new one."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from channels_in.kinds.chat import verbs as chat
from common.text import number
from desk import once
from desk.door import desk, find_ticket, post
from desk.filling import fill_in
from desk.forms import NewTicketForm
from desk.request import DeskRequest
from desk.ticket_page import ticket_context
from journal.actor import Actor
from notifications.reading import mark_ticket_read
from people.access import Permission, may
from people.commands.contacts import resolve_contact
from tickets import commands, files
from tickets.commands.base import survivor_id
from tickets.content import Content, FileContent
from tickets.models import Channel, Ticket


@desk()
def ticket(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """One ticket: the whole page, or beside a list only its own part. A merged one leads to the survivor."""
    found = find_ticket(request, ticket_id)
    if found.merged_into_id is not None and "stay" not in request.GET:
        return redirect("ticket", survivor_id(found.pk))
    context = ticket_context(request, found)
    fill_in(context["composer"], request.GET.get("macro", ""), found, request.user)
    if request.htmx and not request.htmx.history_restore_request:
        return render(request, "desk/_ticket.html", context)
    return render(request, "desk/ticket.html", context)


@desk()
def conversation(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """What may have changed while the ticket is open: conversation, heading and side panel."""
    context = ticket_context(request, find_ticket(request, ticket_id))
    return render(request, "desk/_ticket_update.html", {**context, "live": True})


@post(Permission.READ)
def reading(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """The reader has seen the conversation up to a message."""
    found = find_ticket(request, ticket_id)
    upto = number(request.POST.get("message"))
    if upto is not None and found.last_message_id:
        commands.mark_read(found.pk, user=request.user, message_id=min(upto, found.last_message_id))
        mark_ticket_read(request.user, found.pk)
        if found.channel == Channel.CHAT:
            chat.seen(found.pk)
    elif not request.POST.get("message"):
        commands.mark_unread(found.pk, user=request.user)
    return HttpResponse(status=204)


@desk(Permission.REPLY, methods=("GET", "HEAD", "POST"))
def new_ticket(request: DeskRequest) -> HttpResponse:
    """Open a ticket on behalf of a customer; the first message is ours, or what the customer said."""
    if request.method != "POST":
        form = NewTicketForm(user=request.user, initial=_initial(request))
        return render(request, "desk/new_ticket.html", {"form": form, "key": once.new_key()})
    form = NewTicketForm(request.POST, request.FILES, user=request.user)
    if not form.is_valid():
        status = 422 if request.htmx else 400
        context = {"form": form, "key": request.POST.get("key", "") or once.new_key()}
        return render(request, "desk/new_ticket.html", context, status=status)
    outcome, _made = once.once(
        request.user, request.POST.get("key", ""), lambda: _open(request, form.cleaned_data)
    )
    opened = int(outcome.partition(":")[2])
    if not Ticket.objects.visible_to(request.user).filter(pk=opened).exists():
        # For another team, and nobody of one's own: it is there, but not for its author to see.
        words = _("Moved to %(team)s") % {"team": form.cleaned_data.get("team") or _("no team")}
        messages.success(request, _("%(what)s. You no longer see this ticket.") % {"what": words})
        return redirect("home")
    return redirect("ticket", opened)


def _initial(request: DeskRequest) -> dict[str, str]:
    address = request.GET.get("to", "")
    return {"requester": address} if address else {}


@transaction.atomic
def _open(request: DeskRequest, data: dict[str, Any]) -> str:
    actor = Actor.user(request.user)
    address, name = data["requester"]
    contact = resolve_contact("email", address, name=name)
    speaks = data["speaker"] == "us"
    opened: Ticket = commands.open_ticket(
        brand=data["brand"],
        channel=Channel.DESK if speaks else data["channel"],
        direction="out" if speaks else "in",
        requester=contact,
        subject=data["subject"],
        team=data.get("team"),
        assignee=data["assignee"] if may(request.user, Permission.ASSIGN) else request.user,
        priority=data["priority"],
        actor=actor,
    )
    uploads = [
        files.upload(
            opened, request.user, FileContent(file.name or "", file.content_type or "", file.read())
        ).pk
        for file in data["uploads"]
    ]
    if speaks:
        content = Content(text=data["text"], to=[{"name": contact.name, "address": address}])
        commands.post_reply(opened.pk, user=request.user, content=content, attachment_ids=uploads)
    else:
        content = Content(text=data["text"], sender={"name": contact.name, "address": address})
        message = commands.receive_message(
            opened.pk, content=content, contact=contact, actor=actor, channel=data["channel"]
        )
        files.take(message, request.user, uploads)
    for tag in data["tags"]:
        commands.add_tag(opened.pk, name=tag, actor=actor)
    return f"ticket:{opened.pk}"
