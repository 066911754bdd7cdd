"""The post office page: what has left, newest first, and playing the customer."""

import smtplib
from email.message import EmailMessage
from urllib.parse import quote

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from common.html import sanitise
from desk.door import desk
from desk.request import DeskRequest
from helpdesk.demo import post_office
from helpdesk.demo.forms import AnswerForm, LetterForm
from helpdesk.demo.post_office import Kept
from people.access import Permission

SHOWN = 100
HEADERS = (
    "From",
    "To",
    "Cc",
    "Reply-To",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Auto-Submitted",
)
_HEAD = (
    "<!doctype html><meta charset=utf-8><title>-</title>"
    "<style>body{margin:18px 20px;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}</style>"
)
_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:; "
    "style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)


@desk(Permission.READ, methods=("GET", "HEAD", "POST"))
def mails(request: DeskRequest) -> HttpResponse:
    """The list, and a form to write in as somebody new."""
    form = LetterForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        mail = post_office.letter(
            name=data["name"],
            sender=data["sender"],
            to=data["to"],
            subject=data["subject"],
            text=data["text"],
            files=form.files_given,
        )
        if _send(request, mail, data["sender"]):
            return redirect("post_office")
    context = {"mails": post_office.latest(SHOWN), "kept": None, "form": form}
    if request.htmx:
        return render(request, "demo/_mails.html", {**context, "name": request.GET.get("open", "")})
    return render(
        request, "demo/post_office.html", {**context, "name": ""}, status=422 if form.errors else 200
    )


@desk(Permission.READ, methods=("GET", "HEAD", "POST"))
def mail(request: DeskRequest, name: str) -> HttpResponse:
    """One mail, and a form to answer it as one of its recipients."""
    kept = _find(name)
    form = AnswerForm(request.POST or None, request.FILES or None, recipients=kept.recipients)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        written = post_office.answer(kept, sender=data["sender"], text=data["text"], files=form.files_given)
        if _send(request, written, data["sender"]):
            return redirect("post_office_mail", name)
    headers = [(header, kept.header(header)) for header in HEADERS if kept.header(header)]
    context = {
        "mails": post_office.latest(SHOWN),
        "kept": kept,
        "name": name,
        "form": form,
        "headers": headers,
        "text": kept.body("plain"),
        "has_html": bool(kept.body("html")),
        "files": [(file[0], file[1], len(file[2])) for file in kept.files],
    }
    return render(request, "demo/post_office.html", context, status=422 if form.errors else 200)


@xframe_options_sameorigin
@desk()
def body(request: DeskRequest, name: str) -> HttpResponse:
    """The HTML part for its sandboxed frame."""
    response = HttpResponse(_HEAD + sanitise(_find(name).body("html")))
    response["Content-Security-Policy"] = _POLICY
    response["Referrer-Policy"] = "no-referrer"
    return response


@desk()
def file(request: DeskRequest, name: str, number: int) -> HttpResponse:
    """An attachment, as a download; ``number`` 0 is the whole mail."""
    kept = _find(name)
    found = [(f"{name}.eml", "", kept.mail.as_bytes()), *kept.files]
    if number >= len(found):
        raise Http404
    title, _kind, data = found[number]
    response = HttpResponse(data, content_type="application/octet-stream")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(title, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _find(name: str) -> Kept:
    kept = post_office.read(name)
    if kept is None:
        raise Http404
    return kept


def _send(request: DeskRequest, mail: EmailMessage, sender: str) -> bool:
    """Hand the mail to the listener, over SMTP like everybody else; says how it went."""
    to = [post_office.getaddresses([str(mail["To"])])[0][1]]
    try:
        with smtplib.SMTP(settings.MAIL_LISTEN_HOST, settings.MAIL_SMTP_PORT, timeout=10) as server:
            server.send_message(mail, from_addr=sender, to_addrs=to)
    except (OSError, smtplib.SMTPException) as error:
        messages.error(request, _("The mail listener did not take it: %(error)s") % {"error": error})
        return False
    messages.success(request, _("Sent to %(address)s.") % {"address": to[0]})
    return True
