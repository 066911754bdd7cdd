"""What lies behind a message: its HTML in a frame, why it is here, the raw source, blacking out."""

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from channels_in import explain
from channels_in.models import Inbound
from channels_in.redaction import redact_raw
from common.html import frame_policy, replace_cids, restore_remote
from desk.answers import changed
from desk.door import desk, find_message, post
from desk.request import DeskRequest
from journal.actor import Actor
from people.access import Permission
from tickets import commands, files
from tickets.models import Attachment, Message


@xframe_options_sameorigin
@desk()
def body(request: DeskRequest, message_id: int) -> HttpResponse:
    """The HTML of a mail, visible or folded part, for its sandboxed frame."""
    message = find_message(request, message_id)
    html = message.quoted_html if request.GET.get("part") == "quoted" else message.html
    show_remote = "images" in request.GET
    html = _with_pictures(html, message, request)
    if show_remote:
        html = restore_remote(html)
    response = render(request, "message_body.html", {"html": html})
    response["Content-Security-Policy"] = frame_policy(images=show_remote)
    response["Referrer-Policy"] = "no-referrer"
    patch_cache_control(response, private=True, max_age=60)
    return response


def _with_pictures(html: str, message: Message, request: DeskRequest) -> str:
    """Inline pictures point to their signed files."""
    if "cid:" not in html:
        return html
    urls = {
        row.content_id.strip("<>"): files.signed_url(row, request.user)
        for row in message.attachments.exclude(content_id="").filter(redacted_at=None)
        if row.content_type in files.SHOWN
    }
    return replace_cids(html, urls.get)


@desk()
def trace(request: DeskRequest, message_id: int) -> HttpResponse:
    """Why a message landed where it did, decision by decision."""
    message = find_message(request, message_id)
    inbound = Inbound.objects.filter(message=message).defer("raw").select_related("inbox").first()
    steps = explain.explain(inbound.trace) if inbound is not None else []
    return render(request, "desk/_trace.html", {"message": message, "inbound": inbound, "steps": steps})


@desk()
def source(request: DeskRequest, message_id: int) -> HttpResponse:
    """The raw mail as it came, as a download: nothing of it is interpreted."""
    message = find_message(request, message_id)
    inbound = Inbound.objects.filter(message=message).only("raw", "via").first()
    if inbound is None:
        raise Http404
    by_mail = inbound.via != Inbound.Via.WEB
    kind, ending = ("message/rfc822", "eml") if by_mail else ("application/octet-stream", "txt")
    response = HttpResponse(bytes(inbound.raw), content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="message-{message.pk}.{ending}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


@post(Permission.EDIT)
def redaction(request: DeskRequest, message_id: int) -> HttpResponse:
    """Black out a text everywhere in a message, its raw source included. For good."""
    message = find_message(request, message_id)
    text = request.POST.get("text", "")
    with transaction.atomic():
        commands.redact(message.pk, text=text, actor=Actor.user(request.user))
        redact_raw(message.pk, text=text.strip())
    return changed(request, message.ticket_id, _("Blacked out for good."))


@post(Permission.EDIT)
def attachment_redaction(request: DeskRequest, attachment_id: int) -> HttpResponse:
    """Erase a file of a message for good."""
    row = Attachment.objects.filter(pk=attachment_id).exclude(message=None).first()
    if row is None or row.message_id is None:
        raise Http404
    message = find_message(request, row.message_id)
    commands.redact_attachment(row.pk, actor=Actor.user(request.user))
    return changed(request, message.ticket_id, _("The file is erased."))
