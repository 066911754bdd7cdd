"""Telling people what happened, and what was refused, in words."""

from collections.abc import Callable
from types import TracebackType
from typing import Any

from django.contrib import messages
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from calendars.errors import CalendarError
from desk.request import DeskRequest
from people.errors import PeopleError
from tickets.errors import TicketError

Refusal = TicketError | PeopleError | CalendarError


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


class Refusals:
    """A block in which a verb may refuse: that is said, and the view goes on behind the block."""

    def __init__(self, say: Callable[[Refusal], None]) -> None:
        self._say = say

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Refusal):
            self._say(error)
            return True
        return False


def refusal_told(request: DeskRequest) -> Refusals:
    """What is refused in the block is said on the page that comes next."""
    return Refusals(lambda error: messages.error(request, error.message))


def refusal_beside(form: BaseForm, **places: str) -> Refusals:
    """What is refused in the block stands beside the input it is about, else above the form.

    ``places``: what the form calls an input that the verb has another name for.
    """

    def say(error: Refusal) -> None:
        field = getattr(error, "field", "")
        place = places.get(field, field)
        form.add_error(place if place in form.fields else None, error.message)

    return Refusals(say)


def invalid(request: DeskRequest, form: BaseForm, ticket_id: int | None = None) -> HttpResponse:
    """A form that does not validate, for the small forms that have no page of their own."""
    words = " ".join(str(error) for errors in form.errors.values() for error in errors)
    return refused(request, TicketError(words), ticket_id)
