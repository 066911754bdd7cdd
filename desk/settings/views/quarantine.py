"""Mail that was set aside, and senders whose mail is not wanted."""

from email import message_from_bytes
from email.policy import default
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name, validate_email
from django.db.models.functions import Substr
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from channels_in import blocking, quarantine
from channels_in.explain import explain
from channels_in.kinds.telegram.parsing import parse as parse_update
from channels_in.kinds.web_form.submission import peek
from channels_in.models import BlockedSender, Inbound, Inbox
from common.text import number, one_line
from desk.door import desk, find_ticket, post
from desk.request import DeskRequest
from desk.settings.causes import explain_cause
from desk.settings.menu import page
from journal.actor import Actor
from people.access import Permission
from tickets.errors import TicketError
from tickets.models import Ticket

_MANAGE = Permission.MANAGE_INBOXES
PAGE = 50
_SHOWN = 60_000  # bytes of the source that the page shows; the rest is in the download
_HEAD = 32_000  # bytes read of each mail for the list
_STATUSES = {"quarantined": Inbound.Status.QUARANTINED, "discarded": Inbound.Status.DISCARDED}


@desk(_MANAGE)
def mails(request: DeskRequest) -> HttpResponse:
    """Newest first, a page at a time; ``before`` is the last key of the page before."""
    shown = request.GET.get("status", "quarantined")
    if shown not in _STATUSES:
        raise Http404
    rows = Inbound.objects.filter(status=_STATUSES[shown]).select_related("inbox").order_by("-id")
    if (before := number(request.GET.get("before"))) is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.annotate(head=Substr("raw", 1, _HEAD)).defer("raw")[: PAGE + 1])
    context = {
        "mails": [
            {"row": row, **_headers(row, bytes(row.head)), "cause": explain_cause(row.cause)}
            for row in found[:PAGE]
        ],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "shown": shown,
    }
    return page(request, "quarantine", context)


@desk(_MANAGE)
def mail(request: DeskRequest, inbound_id: int) -> HttpResponse:
    """One mail: why it is here, its source as text, and what can be done with it."""
    row = _find(inbound_id)
    if "download" in request.GET:
        by_mail = row.inbox.kind == Inbox.Kind.EMAIL
        kind = "message/rfc822" if by_mail else "application/octet-stream"
        response = HttpResponse(bytes(row.raw), content_type=kind)
        name = f"mail-{row.pk}.eml" if by_mail else f"message-{row.pk}.txt"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["X-Content-Type-Options"] = "nosniff"
        return response
    return _mail_page(request, row)


def _mail_page(
    request: DeskRequest, row: Inbound, *, error: str = "", number: str = "", status: int = 200
) -> HttpResponse:
    raw = bytes(row.raw)
    context: dict[str, Any] = {
        "row": row,
        **_headers(row, raw[:_HEAD]),
        "cause": explain_cause(row.cause),
        "steps": explain(row.trace),
        "source": raw[:_SHOWN].decode("utf-8", "replace").replace("\x00", "␀"),
        "cut": max(0, len(raw) - _SHOWN),
        "error": error,
        "number": number,
        "is_aside": row.status in quarantine.ASIDE,
    }
    return page(request, "quarantined", context, status=status)


@post(_MANAGE)
def processing(request: DeskRequest, inbound_id: int) -> HttpResponse:
    """Process it again, after the cause was mended."""
    row = quarantine.reprocess(_find(inbound_id).pk, actor=Actor.user(request.user))
    if row.status == Inbound.Status.DONE and row.ticket_id:
        messages.success(request, _("It is in ticket #%(number)d now.") % {"number": row.ticket_id})
        return redirect("quarantine")
    if row.status == Inbound.Status.QUARANTINED:
        messages.error(request, _("It failed again: %(cause)s") % {"cause": explain_cause(row.cause)})
        return redirect("quarantined", row.pk)
    messages.success(request, _("Processed: %(status)s.") % {"status": row.get_status_display()})
    return redirect("quarantine")


@post(_MANAGE)
def attachment(request: DeskRequest, inbound_id: int) -> HttpResponse:
    """Put it into a ticket by hand."""
    row = _find(inbound_id)
    written = request.POST.get("ticket", "").strip().lstrip("#")
    key = number(written)
    ticket = Ticket.objects.visible_to(request.user).filter(pk=key).first() if key is not None else None
    if ticket is None:
        return _mail_page(request, row, error=_("There is no such ticket."), number=written[:20], status=422)
    try:
        quarantine.attach(row.pk, ticket.pk, actor=Actor.user(request.user))
    except TicketError as error:
        return _mail_page(request, row, error=error.message, number=written, status=422)
    messages.success(request, _("It is in ticket #%(number)d now.") % {"number": ticket.pk})
    return redirect("quarantine")


@post(_MANAGE)
def discarding(request: DeskRequest, inbound_id: int) -> HttpResponse:
    """Throw it out. It is kept, and can still be processed from the discarded ones."""
    quarantine.discard(_find(inbound_id).pk, actor=Actor.user(request.user))
    messages.success(request, _("Discarded. You find it under “Discarded” while you may want it back."))
    return redirect("quarantine")


@desk(_MANAGE, methods=("GET", "HEAD", "POST"))
def blocked_senders(request: DeskRequest) -> HttpResponse:
    """Whose mail makes no tickets; a POST blocks an address, or a domain with or without its @."""
    error, pattern = "", request.POST.get("pattern", "").strip().lower()[:320]
    if request.method == "POST":
        wanted = _pattern(pattern)
        if wanted:
            blocking.block(wanted, user=request.user, reason=request.POST.get("reason", "").strip())
            messages.success(request, _("%(pattern)s is blocked.") % {"pattern": wanted})
            return redirect("blocked_senders")
        error = _("Write an address, or a domain such as @example.org.")
    rows = BlockedSender.objects.select_related("blocked_by")[:500]
    context = {"rows": rows, "error": error, "pattern": pattern}
    return page(request, "blocked", context, status=422 if error else 200)


@post(_MANAGE)
def blocked_sender_removal(request: DeskRequest, block_id: int) -> HttpResponse:
    """Take mail from them again."""
    row = get_object_or_404(BlockedSender, pk=block_id)
    blocking.unblock(row.pattern, actor=Actor.user(request.user))
    messages.success(request, _("Mail from %(pattern)s makes tickets again.") % {"pattern": row.pattern})
    return redirect("blocked_senders")


@post(_MANAGE)
def requester_block(request: DeskRequest, ticket_id: int) -> HttpResponse:
    """Block whoever a ticket is from. The ticket itself stays as it is."""
    ticket = find_ticket(request, ticket_id)
    address = ticket.requester.address
    if not address:
        messages.error(request, _("The customer has no e-mail address."))
    else:
        reason = _("From ticket #%(number)d") % {"number": ticket.pk}
        blocking.block(address, user=request.user, reason=reason)
        messages.success(request, _("%(pattern)s is blocked.") % {"pattern": address})
    return redirect("ticket", ticket.pk)


def _pattern(text: str) -> str:
    """``name@domain`` or ``@domain``; empty if it is neither."""
    try:
        if "@" in text.lstrip("@"):
            validate_email(text)
            return text
        domain = text.removeprefix("@")
        validate_domain_name(domain)
        return f"@{domain}"
    except ValidationError:
        return ""


def _find(inbound_id: int) -> Inbound:
    return get_object_or_404(Inbound.objects.select_related("inbox", "ticket"), pk=inbound_id)


def _headers(row: Inbound, head: bytes) -> dict[str, str]:
    """Subject and sender, as far as they can be read."""
    if row.inbox.kind == Inbox.Kind.FORM:
        form = peek(head)
        return {"subject": form["subject"], "sender": f"{form['name']} <{form['email']}>".strip()}
    if row.inbox.kind == Inbox.Kind.TELEGRAM:
        update = parse_update(head)
        return {"subject": one_line(update.text, 200), "sender": update.sender.name if update.sender else ""}
    try:
        parsed = message_from_bytes(
            head.split(b"\r\n\r\n", 1)[0].split(b"\n\n", 1)[0] + b"\n\n", policy=default
        )
        return {"subject": str(parsed.get("Subject", "")), "sender": str(parsed.get("From", ""))}
    except Exception:  # whatever is wrong with it, the list has to show it
        return {"subject": "", "sender": ""}
