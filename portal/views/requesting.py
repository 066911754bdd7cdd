"""Asking for something: choose a service, fill in its form, hear the number."""

from datetime import timedelta

from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from channels_in import web_forms
from channels_in.kinds.web_form import tokens, uploads
from channels_in.kinds.web_form.definition import Form, form_of, person_fields
from channels_in.kinds.web_form.taking import Given, Outcome, take
from channels_in.models import Inbound, Inbox, WebForm
from common.client import client_network
from portal import catalogue
from portal.asking import Sheet, empty_sheet, given_by, sheet_again
from portal.door import portal
from portal.expecting import expect, next_steps
from portal.request import PortalRequest
from tickets.models import Service

_BOTH = ("GET", "HEAD", "POST")
_SENT = "portal.sent"
SENT_FOR = timedelta(days=2)
_PREFILLED = 2_000  # characters of a value that an address brings along


@portal()
def new_request(request: PortalRequest) -> HttpResponse:
    """Choose a service; where there is none, the general form comes at once."""
    services = catalogue.services_of(request.place.brand)
    if not services:
        return redirect(request.place.to("portal_new_general"))
    return render(request, "portal/new.html", {"services": services})


@portal(methods=_BOTH)
def general(request: PortalRequest) -> HttpResponse:
    """What fits no service."""
    return _form_page(request, None)


@portal(methods=_BOTH)
def service(request: PortalRequest, service_id: int) -> HttpResponse:
    """The form of one service."""
    chosen = next((one for one in catalogue.services_of(request.place.brand) if one.pk == service_id), None)
    if chosen is None:
        raise Http404
    return _form_page(request, chosen)


def _form_page(request: PortalRequest, chosen: Service | None) -> HttpResponse:
    place = request.place
    form = form_of(chosen, place.brand)
    web_form = web_forms.form_of_brand(place.brand)
    if web_form is not None and not web_form.inbox.is_active:
        return render(request, "portal/form_closed.html", status=404)
    if request.method == "POST":
        return _sent(request, form)
    fields = form.fields if place.contact is not None else [*person_fields(), *form.fields]
    prefilled = {key: [value[:_PREFILLED] for value in values[:20]] for key, values in request.GET.lists()}
    sheet = empty_sheet(
        place.brand,
        form,
        client_network(request),
        prefilled,
        known=place.contact is not None,
        always=web_form is not None and web_form.challenge == WebForm.Challenge.ALWAYS,
        fields=fields,
    )
    return _drawn(request, sheet)


def _sent(request: PortalRequest, form: Form) -> HttpResponse:
    place = request.place
    given = given_by(
        request,
        brand=place.brand,
        web_form=web_forms.need_form_of_brand(place.brand),
        form=form,
        source="portal",
        language=place.language,
        contact=place.contact,
    )
    if given.token is None or given.token.is_old:
        return _drawn(request, sheet_again(given, None, words=stale_words()), status=422)
    outcome = take(given)
    if outcome.inbound is not None:
        uploads.let_go(given.uploads, given.token.key)
        return redirect(place.to("portal_sent", sent_token(outcome.inbound)))
    return _drawn(
        request, sheet_again(given, outcome, words=refused_words(outcome)), status=status_of(outcome)
    )


def _drawn(request: PortalRequest, sheet: Sheet, *, status: int = 200) -> HttpResponse:
    place = request.place
    context = {
        "sheet": sheet,
        "service": sheet.form.service,
        "expected": expect(place.brand, sheet.form, place.contact),
    }
    response = render(request, "portal/request_form.html", context, status=status)
    response["Cache-Control"] = "private, no-store"  # the token names this one form
    return response


@portal()
def sent(request: PortalRequest, token: str) -> HttpResponse:
    """It was received: its number, what happens next, and when. Reloading it sends nothing again."""
    inbound = read_sent(token)
    if inbound is None or inbound.inbox.brand_id != request.place.brand.pk:
        return redirect(request.place.to("portal_home"))
    return render(request, "portal/sent.html", sent_context(inbound))


# --- what the page in the portal and the frame on other sites share -----------------------------------------


def sent_token(inbound: Inbound) -> str:
    return signing.dumps(inbound.pk, salt=_SENT)


def read_sent(token: str) -> Inbound | None:
    try:
        pk = signing.loads(token, salt=_SENT, max_age=SENT_FOR)
    except signing.BadSignature:
        return None
    rows = Inbound.objects.filter(pk=pk, inbox__kind=Inbox.Kind.FORM)
    return rows.select_related("inbox__brand", "ticket__service").defer("raw").first()


def sent_context(inbound: Inbound) -> dict[str, object]:
    """What may be told to whoever has just sent it: nothing that they did not know."""
    ticket = inbound.ticket if inbound.status == Inbound.Status.DONE else None
    return {
        "inbound": inbound,
        "ticket": ticket,
        "held": inbound.cause == "unconfirmed",
        "claimed": inbound.verdict.get("state") == "claimed",
        "address": str(inbound.verdict.get("address") or ""),
        "steps": next_steps(ticket),
    }


def stale_words() -> str:
    return _("This form was open for too long. What you wrote is still here: send it again, please.")


def refused_words(outcome: Outcome) -> str:
    if not outcome.refused:
        return ""
    return _(
        "There were too many requests from here just now. What you wrote is still here: try again later."
    )


def status_of(outcome: Outcome) -> int:
    return 429 if outcome.refused else 422


def is_fresh(given: Given) -> bool:
    """Whether the form's token is ours and not too old."""
    token: tokens.FormToken | None = given.token
    return token is not None and not token.is_old
