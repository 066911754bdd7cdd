"""Writing to a ticket, and what can be done with one message afterwards."""

from dataclasses import replace
from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from channels_in import outgoing, replying, ways
from common.html import to_text
from common.text import number
from desk import forms, once, queued
from desk.answers import changed, gone, moving_on
from desk.door import find_message, find_outbound, find_ticket, post
from desk.feedback import invalid, toast
from desk.presentation import clean_rich
from desk.request import DeskRequest
from desk.ticket_page import ticket_context
from journal.actor import Actor
from people.access import Permission, may
from people.commands.contacts import resolve_contact
from people.models import User
from sla.commands import make_promise
from tickets import commands, drafts, files, signatures
from tickets.commands import macros
from tickets.content import Content, FileContent
from tickets.errors import Collision, TicketError
from tickets.macros.actions import OFF, SIGNATURE, Action, of_ticket
from tickets.models import LaterReply, Message, Ticket


@post(Permission.NOTE)
def messages(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Send what is in the composer: a reply to the customer, or a private note."""
    ticket = find_ticket(request, ticket_id)
    form = forms.ReplyForm(request.POST, request.FILES)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    data = form.cleaned_data
    if data["kind"] == "reply" and not may(request.user, Permission.REPLY):
        raise TicketError(_("You may write private notes here, not replies."))

    def act() -> str:
        if data["kind"] == "reply" and data["later"]:
            return f"later:{_schedule(request, ticket, data).pk}"
        return f"message:{_post(request, ticket, data).pk}"

    try:
        outcome, _made = once.once(request.user, request.POST.get("key", ""), act)
    except Collision as error:
        return _collision(request, ticket, error)
    what, _colon, key = outcome.partition(":")
    if what == "later":
        return _scheduled(request, ticket, LaterReply.objects.get(pk=key))
    message_id = int(key)
    if not request.htmx:
        return redirect(f"/tickets/{ticket.pk}/#message-{message_id}")
    answer = _sent(request, ticket, message_id, is_reply=data["kind"] == "reply")
    may_set = data["kind"] == "reply" or may(request.user, Permission.EDIT)
    status = data["status"] or macros.status_among(queued.actions(request.POST, request.user))
    return moving_on(request, answer, ticket, status if may_set else None)


@transaction.atomic
def _post(request: DeskRequest, ticket: Ticket, data: dict[str, Any]) -> Message:
    user = request.user
    content = _content(data)
    macros.refuse_gaps(content.text)
    actions = queued.actions(request.POST, user)
    ids = [*data["attachments"], *_uploads(ticket, user, data)]
    if data["kind"] == "note":
        message = commands.post_note(ticket.pk, user=user, content=content, attachment_ids=ids)
        if data["status"] is not None and may(user, Permission.EDIT):
            commands.set_status(ticket.pk, status=data["status"], actor=Actor.user(user))
            actions = macros.but_status(actions)
    else:
        written = _written(content, data, ids, actions)
        message = replying.reply(ticket, user, written)
        actions = []
        if data["promise"]:
            make_promise(ticket.pk, user=user, due_at=data["promise"], message=message)
    macros.carry_out(ticket.pk, actions=actions, user=user)
    macros.note_uses(queued.used(request.POST), user=user)
    drafts.drop_draft(ticket, user, kind=data["kind"])
    return message


def _written(
    content: Content, data: dict[str, Any], ids: list[int], actions: list[Action]
) -> replying.Written:
    return replying.Written(
        content=content,
        way=data["way"],
        attachment_ids=ids,
        status=data["status"],
        actions=actions,
        based_on=data["based_on"],
        force=data["force"],
    )


@transaction.atomic
def _schedule(request: DeskRequest, ticket: Ticket, data: dict[str, Any]) -> LaterReply:
    """Keep the reply for later. Its way is looked at now too: a closed one is better said at once."""
    user = request.user
    content = _content(data)
    macros.refuse_gaps(content.text)
    replying.open_way(ticket, data["way"])
    uploads = _uploads(ticket, user, data)
    later = commands.schedule_reply(
        ticket.pk,
        user=user,
        content=content,
        due_at=data["later"],
        unless_written=data["unless_written"],
        way=data["way"],
        attachment_ids=[*data["attachments"], *uploads],
        status=data["status"],
        actions=[{"do": one.do, "value": one.value} for one in queued.actions(request.POST, user)],
        based_on=data["based_on"],
        force=data["force"],
    )
    macros.note_uses(queued.used(request.POST), user=user)
    drafts.drop_draft(ticket, user, kind="reply")
    return later


def _uploads(ticket: Ticket, user: User, data: dict[str, Any]) -> list[int]:
    """What a browser without scripts sends along."""
    return [
        files.upload(ticket, user, FileContent(file.name, file.content_type or "", file.read())).pk
        for file in data["uploads"]
    ]


def _content(data: dict[str, Any]) -> Content:
    html = clean_rich(data["html"]) if data["html"].strip() else ""
    text = to_text(html) if html else data["text"].replace("\r\n", "\n").strip()
    content = Content(text=text, html=html if text else "")
    return replace(content, to=data["to"], cc=data["cc"]) if data["kind"] == "reply" else content


def _sent(request: DeskRequest, ticket: Ticket, message_id: int, *, is_reply: bool) -> HttpResponse:
    changed_too = bool(macros.but_status(of_ticket(queued.actions(request.POST, request.user))))
    if changed_too and not Ticket.objects.visible_to(request.user).filter(pk=ticket.pk).exists():
        return gone(request, _("Sent. The ticket has gone to another team; you no longer see it."))
    context = ticket_context(request, find_ticket(request, ticket.pk))
    html = render_to_string("desk/_ticket_update.html", {**context, "fresh_composer": True}, request)
    waiting = next(
        (part for part in context["talk"].messages if part.message.pk == message_id and part.can_undo), None
    )
    if is_reply and waiting is not None:
        undo = f"/messages/{message_id}/withdrawal/"
        if changed_too:
            words = _("Reply sent, and the ticket changed with it. Undo takes back only the reply.")
            html += toast(request, words, undo=undo, fields={"kept": "on"})
        else:
            html += toast(request, _("Reply sent."), undo=undo)
    elif is_reply and context["visitor"] is None:  # in a chat one sees it
        html += toast(request, _("Reply sent."))
    response = HttpResponse(html)
    response["X-Ticket"] = str(ticket.pk)
    trigger_client_event(response, "desk:changed", {"ticket": ticket.pk})
    return trigger_client_event(response, "composer:sent", {"message": message_id})


def _scheduled(request: DeskRequest, ticket: Ticket, later: LaterReply) -> HttpResponse:
    due = date_format(localtime(later.due_at), "SHORT_DATETIME_FORMAT")
    words = _("The reply leaves %(due)s.") % {"due": due}
    undo = f"/tickets/{ticket.pk}/later/{later.pk}/removal/"
    response = changed(request, ticket.pk, words, undo=undo, fresh_composer=True)
    return trigger_client_event(response, "composer:sent", {}) if request.htmx else response


def _collision(request: DeskRequest, ticket: Ticket, error: Collision) -> HttpResponse:
    """Show what came meanwhile, keep what was typed, and let the author decide."""
    context = ticket_context(request, find_ticket(request, ticket.pk))
    newer = [part for part in context["talk"].messages if part.message.pk in error.newer]
    if not request.htmx:
        text = request.POST.get("text", "")
        return render(request, "desk/ticket.html", {**context, "collision": newer, "typed": text}, status=409)
    context.update(live=True, collision=newer)
    return HttpResponse(render_to_string("desk/_ticket_update.html", context, request), status=422)


@post(Permission.REPLY)
def withdrawal(request: DeskRequest, message_id: int) -> HttpResponse:
    """Undo Send while the message is still here; what was written comes back as the draft."""
    message = find_message(request, message_id)
    if message.author_user_id != request.user.pk and not may(request.user, Permission.DELETE):
        raise TicketError(_("Only its author can take a reply back."))
    with transaction.atomic():
        Ticket.objects.lock(message.ticket_id)
        again = Message.objects.filter(pk=message.pk).exclude(withdrawn_at=None).exists()
        outgoing.withdraw(message.pk, actor=Actor.user(request.user))
        if message.side_thread_id is None and not again:
            attachments = list(message.attachments.values_list("pk", flat=True))
            message.attachments.update(message=None, uploaded_by=request.user)
            drafts.save_draft(
                message.ticket,
                request.user,
                kind="reply",
                html=message.html or escape(message.text).replace("\n", "<br>"),
                to=message.to,
                cc=message.cc,
                attachments=attachments,
                based_on=message.based_on,
                way=_way_of(message),
                actions=[] if signatures.is_signed(message) else [Action(SIGNATURE, OFF).as_row()],
            )
    words = _("Taken back. It is in your draft again.")
    if request.POST.get("kept"):
        words = _("Taken back. It is in your draft again; what else was set with it stays set.")
    return changed(request, message.ticket_id, words, fresh_composer=True)


def _way_of(message: Message) -> str:
    chosen = ways.chosen_thread(message.to)
    return f"thread:{chosen}" if chosen is not None else str(message.channel)


@post(Permission.REPLY)
def delivery(request: DeskRequest, message_id: int) -> HttpResponse:
    """Send again what failed or bounced."""
    message = find_message(request, message_id)
    outgoing.retry(find_outbound(message).pk, actor=Actor.user(request.user))
    return changed(request, message.ticket_id, _("Sending again."))


@post(Permission.EDIT)
def thanks_removal(request: DeskRequest, message_id: int) -> HttpResponse:
    """What was taken for a mere thank-you wants an answer after all."""
    message = find_message(request, message_id)
    commands.undo_thanks(message.pk, actor=Actor.user(request.user))
    return changed(request, message.ticket_id, _("Open again."))


@post(Permission.EDIT)
def split(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Take messages out into a ticket of their own."""
    ticket = find_ticket(request, ticket_id)
    ids = [key for value in request.POST.getlist("message") if (key := number(value)) is not None]
    new = commands.split(ticket.pk, message_ids=ids, actor=Actor.user(request.user))
    words = _("Moved to the new ticket #%(number)d.") % {"number": new.pk}
    # Merged back, they stand where they stood.
    undo = reverse("merge", args=[new.pk]) if may(request.user, Permission.MERGE) else ""
    return changed(request, ticket.pk, words, undo=undo, fields={"number": ticket.pk})


@post(Permission.REPLY)
def side_threads(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Write to somebody outside about the ticket; the customer never sees it."""
    ticket = find_ticket(request, ticket_id)
    form = forms.SideThreadForm(request.POST)
    if not form.is_valid():
        return invalid(request, form, ticket.pk)
    data = form.cleaned_data
    outcome, _made = once.once(
        request.user, request.POST.get("key", ""), lambda: _ask_outside(request, ticket, data)
    )
    words = _("Sent to %(who)s.") % {"who": data["to"]["address"]}
    message_id = outcome.partition(":")[2]
    return changed(request, ticket.pk, words, undo=f"/messages/{message_id}/withdrawal/")


@transaction.atomic
def _ask_outside(request: DeskRequest, ticket: Ticket, data: dict[str, Any]) -> str:
    contact = resolve_contact("email", data["to"]["address"], name=data["to"]["name"])
    thread = commands.open_side_thread(ticket.pk, contact=contact, subject=data["subject"], user=request.user)
    content = Content(text=data["text"], subject=data["subject"], to=[data["to"]])
    ids = [key for value in request.POST.getlist("file") if (key := number(value)) is not None]
    copies = _copies(ticket, ids)
    message = commands.post_reply(
        ticket.pk, user=request.user, content=replace(content, files=copies), side_thread=thread
    )
    return f"message:{message.pk}"


def _copies(ticket: Ticket, ids: list[int]) -> list[FileContent]:
    """Files of the conversation to send along: the same content, attached once more."""
    rows = ticket.attachments.filter(pk__in=ids, redacted_at=None).exclude(message=None)
    return [FileContent(row.name, row.content_type, files.path_of(row).read_bytes()) for row in rows]
