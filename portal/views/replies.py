"""What a customer does on the page of their request: write, say that it is solved, or that it is not."""

import secrets

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from channels_in import intake
from channels_in.kinds.web_form.replies import Reply, encode
from channels_in.models import Inbound
from channels_in.threading import refusal_of
from channels_in.web_forms import need_form_of_brand
from common import clock, rates
from portal.door import not_found, portal, refused
from portal.forms import ReplyForm
from portal.request import PortalRequest
from portal.views.requests import request_context
from tickets import commands
from tickets.models import Ticket

_OFTEN = (rates.Rate(10, 60), rates.Rate(100, 3600))
_POST = ("POST",)


@portal(methods=_POST, signed_in=True)
def replies(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """Add a message with files; the same form sent twice is one message, and none is lost."""
    ticket = Ticket.objects.survivor_for(request.place.customer, ticket_id)
    if ticket is None:
        return not_found(request)
    form = ReplyForm(request.POST, request.FILES)
    if form.is_valid() and not rates.take("portal/reply", str(request.place.customer.contact.pk), *_OFTEN):
        form.add_error(None, _("This is a lot at once. Wait a minute, and send it again."))
    if not form.is_valid():
        context = {**request_context(request, ticket), "form": form}
        return render(request, "portal/request.html", context, status=422)
    return _written(request, ticket, form, unsolved=False)


def _written(request: PortalRequest, ticket: Ticket, form: ReplyForm, *, unsolved: bool) -> HttpResponse:
    """Kept first, then worked off at once; what cannot be worked off now waits for the next sweep."""
    contact = request.place.customer.contact
    reply = Reply(ticket.pk, contact.pk, form.cleaned_data["text"], unsolved, form.contents())
    key = form.cleaned_data["key"] or secrets.token_urlsafe(12)
    inbox = need_form_of_brand(request.place.brand).inbox
    inbound, _new = intake.keep(
        inbox, encode(reply), external_id=f"reply:{contact.pk}:{key}", via=Inbound.Via.WEB
    )
    settled = intake.process(inbound.pk)
    if settled.message_id is None or settled.ticket_id is None:
        messages.success(request, _("We have your message. It will be here in a while."))
        return redirect(request.place.to("portal_request", ticket.pk))
    home = request.place.to("portal_request", settled.ticket_id)
    return redirect(f"{home}#message-{settled.message_id}")


@portal(methods=_POST, signed_in=True)
def solution(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """Solved, thank you."""
    ticket = Ticket.objects.survivor_for(request.place.customer, ticket_id)
    if ticket is None:
        return not_found(request)
    commands.confirm_solved(ticket.pk, contact=request.place.customer.contact)
    messages.success(request, _("Thank you for telling us. We have marked it as solved."))
    return redirect(request.place.to("portal_request", ticket.pk))


@portal(methods=_POST, signed_in=True)
def solution_removal(request: PortalRequest, ticket_id: int) -> HttpResponse:
    """This did not help, with words about it or without."""
    ticket = Ticket.objects.survivor_for(request.place.customer, ticket_id)
    if ticket is None:
        return not_found(request)
    if refusal_of(ticket, clock.now()):
        return refused(
            request, _("This was solved too long ago to be opened again. Please begin a new request.")
        )
    form = ReplyForm(request.POST, request.FILES, may_be_empty=True)
    if not form.is_valid():
        context = {**request_context(request, ticket), "form": form}
        return render(request, "portal/request.html", context, status=422)
    messages.success(request, _("We are sorry. The request is open again."))
    if form.cleaned_data["text"] or form.cleaned_data["uploads"]:
        return _written(request, ticket, form, unsolved=True)
    commands.say_unsolved(ticket.pk, contact=request.place.customer.contact)
    return redirect(request.place.to("portal_request", ticket.pk))
