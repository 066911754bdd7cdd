"""What is being written: the draft on the server, and files on their way into it."""

import json
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from common.text import number, storable
from desk import queued
from desk.conversation import File
from desk.door import desk, find_ticket, post
from desk.feedback import refused
from desk.presentation import clean_rich
from desk.request import DeskRequest
from people.access import Permission
from tickets import drafts, files
from tickets.content import FileContent
from tickets.errors import TicketError
from tickets.models import Attachment, Ticket

MOST_FILES = 100


@post(Permission.NOTE)
@transaction.atomic
def draft(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Keep what has been typed so far; nothing typed means no draft. Answers which version it is now.

    Refused with 409, and nothing changed, if another ``window`` of theirs has written since the version
    ``seen``; with ``over`` the author has been told, and means it.
    """
    ticket = find_ticket(request, ticket_id)
    kind = "note" if request.POST.get("kind") == "note" else "reply"
    html = clean_rich(request.POST.get("html", ""))
    parts = request.POST.get("attachments", "").split(",")[:MOST_FILES]
    uploads = [key for part in parts if (key := number(part.strip())) is not None]
    window = storable(request.POST.get("window", ""))
    if window and not request.POST.get("over"):
        seen = parse_datetime(request.POST.get("seen", "")[:40])
        if drafts.is_elsewhere(ticket, request.user, kind=kind, window=window, seen=seen):
            return HttpResponse(status=409)
    if not html.strip() and not uploads:
        drafts.drop_draft(ticket, request.user, kind=kind)
        return HttpResponse(status=204)
    saved = drafts.save_draft(
        ticket,
        request.user,
        kind=kind,
        html=html,
        to=_people(request.POST.get("to", "")),
        cc=_people(request.POST.get("cc", "")),
        attachments=uploads,
        based_on=number(request.POST.get("based_on")),
        way=storable(request.POST.get("way", "")),
        actions=[one.as_row() for one in queued.drafted(request.POST.get("actions", ""))],
        window=window,
    )
    return HttpResponse(status=204, headers={"X-Draft": saved.updated_at.isoformat()})


def _people(text: str) -> list[dict[str, str]]:
    """Chips as the page has them: a JSON list of {name, address}; half-typed ones are no reason to fail."""
    try:
        rows: Any = json.loads(text or "[]")
    except (ValueError, RecursionError):
        return []
    if not isinstance(rows, list):
        return []
    return [
        {
            "name": storable(str(row.get("name", "")))[:200],
            "address": storable(str(row.get("address", "")))[:320],
        }
        for row in rows[:100]
        if isinstance(row, dict)
    ]


@post(Permission.NOTE)
def attachments(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Store a file for the message being written; answers its chip."""
    ticket = find_ticket(request, ticket_id)
    upload = request.FILES.get("file")
    if upload is None:
        return refused(request, TicketError(_("Choose a file.")), ticket.pk)
    if (upload.size or 0) > settings.MAX_UPLOAD_BYTES:
        limit = settings.MAX_UPLOAD_BYTES // 1024 // 1024
        return refused(request, TicketError(_("A file may have %(limit)d MB.") % {"limit": limit}), ticket.pk)
    content = FileContent(upload.name or "", upload.content_type or "", upload.read())
    row = files.upload(ticket, request.user, content)
    return render(request, "desk/_upload.html", {"file": File(row, request.user)})


@post(Permission.NOTE)
def attachment_removal(request: DeskRequest, attachment_id: int) -> HttpResponse:
    """Take a file out of the message being written."""
    row = get_object_or_404(Attachment, pk=attachment_id, message=None, uploaded_by=request.user)
    row.delete()
    return HttpResponse(status=204)


@desk()
def attachment(request: DeskRequest, attachment_id: int) -> HttpResponse:
    """A file of a ticket one may see: a fresh signed address, for pages that have been open for long."""
    row = get_object_or_404(Attachment, pk=attachment_id, redacted_at=None)
    if row.message_id is None and row.uploaded_by_id != request.user.pk:
        return HttpResponse(status=404)
    if row.ticket_id is not None and not Ticket.objects.shown_to(request.user, row.ticket_id):
        raise Http404
    return redirect(files.signed_url(row, request.user, download="download" in request.GET))
