"""Telling people what happened, and what was refused, in words."""

from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from desk.request import DeskRequest
from people.errors import PeopleError
from tickets.errors import TicketError


def toast(
    request: DeskRequest, words: str, *, tone: str = "success", undo: str = "", fields: Any = None
) -> SafeString:
    """A passing message as an out-of-band fragment; ``undo`` is where its button posts ``fields``."""
    context = {"words": words, "tone": tone, "undo": undo, "fields": fields or {}}
    return render_to_string("desk/_toast.html", context, request)


def refused(
    request: DeskRequest, error: TicketError | PeopleError, ticket_id: int | None = None
) -> HttpResponse:
    """A verb's refusal, in its own words. Nothing was changed."""
    if not request.htmx:
        messages.error(request, error.message)
        if isinstance(error, PeopleError) and not ticket_id:
            return redirect("customers")
        return redirect("ticket", ticket_id) if ticket_id else redirect("home")
    return HttpResponse(toast(request, error.message, tone="error"), status=422)


def invalid(request: DeskRequest, form: BaseForm, ticket_id: int | None = None) -> HttpResponse:
    """A form that does not validate, for the small forms that have no page of their own."""
    words = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return refused(request, TicketError(words), ticket_id)
