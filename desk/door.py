"""Who gets in: every view of the desk is wrapped by one of these."""

import errno
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, cast

import structlog
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django_htmx.http import HttpResponseClientRedirect

from channels_in.models import Outbound
from common.pages import page_behind
from desk.feedback import refused
from desk.request import DeskRequest
from people.access import Permission, may
from people.errors import PeopleError
from people.models import User
from tickets import counting
from tickets.errors import NoRoom, TicketError
from tickets.models import Message, Ticket
from tickets.readers import ForReader

log = structlog.get_logger(__name__)

P = ParamSpec("P")


View = Callable[Concatenate[DeskRequest, P], HttpResponseBase]


class Wrapper(Protocol):
    """A decorator that keeps the view's own arguments."""

    def __call__(self, view: View[P], /) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]: ...


RELATED = (
    "requester__survivor",
    "organization",
    "team",
    "assignee",
    "status",
    "brand",
    "topic",
    "problem__owner",
)


def desk(permission: Permission = Permission.READ, *, methods: tuple[str, ...] = ("GET", "HEAD")) -> Wrapper:
    """Signed in, at the desk, with ``permission``. A refusal of a verb becomes words on the screen."""

    def wrap(view: View[P], /) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        @wraps(view)
        def inner(plain: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            request = cast(DeskRequest, plain)
            if not plain.user.is_authenticated:
                return _sign_in(request)
            answer = serve(request, *args, **kwargs)
            # What is on the desk changes all the time: "back" shows it as it is, and nothing once signed out.
            answer.headers.setdefault("Cache-Control", "private, no-store")
            return answer

        def serve(request: DeskRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not may(request.user, Permission.READ):
                raise PermissionDenied
            if request.method not in methods:
                return _not_like_that(request, methods)
            if not may(request.user, permission):
                raise PermissionDenied
            try:
                return _numbers_over(request, view(request, *args, **kwargs))
            except (TicketError, PeopleError) as error:
                return _refused(request, error, kwargs)
            except OSError as error:
                if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                    raise
                log.error("desk.disk_full", exc_info=error)
                return _no_room(request, NoRoom())

        return cast(Callable[Concatenate[HttpRequest, P], HttpResponseBase], inner)

    return wrap


def _numbers_over(request: DeskRequest, answer: HttpResponseBase) -> HttpResponseBase:
    """After an act: what the reader knew of numbers is over. To read or to type is none."""
    is_act = 300 <= answer.status_code < 400 or "desk:changed" in answer.get("HX-Trigger", "")
    if request.method == "POST" and is_act:
        counting.forget(request.user)
    return answer


def _refused(
    request: DeskRequest, error: TicketError | PeopleError, kwargs: Mapping[str, object]
) -> HttpResponse:
    ticket_id = kwargs.get("ticket_id")
    return refused(request, error, ticket_id if isinstance(ticket_id, int) else None)


def _not_like_that(request: DeskRequest, methods: tuple[str, ...]) -> HttpResponse:
    """A form's address that somebody has typed, or come back to."""
    words = "" if request.htmx else render_to_string("405.html", {}, request)
    return HttpResponseNotAllowed(methods, words)


def _no_room(request: DeskRequest, error: NoRoom) -> HttpResponse:
    if request.htmx:
        return refused(request, error)
    return render(request, "507.html", {"words": error.message}, status=507)


def post(permission: Permission = Permission.EDIT) -> Wrapper:
    """As ``desk``, for forms: POST only."""
    return desk(permission, methods=("POST",))


def _sign_in(request: DeskRequest) -> HttpResponse:
    if request.htmx:
        # Our script keeps the page, which may have something typed in it, and says so (lib/signed-out.js).
        answer = HttpResponseClientRedirect(redirect_to_login(request.htmx.current_url_abs_path or "/").url)
        answer["X-Signed-Out"] = "yes"
        return answer
    return redirect_to_login(page_behind(request))


_BY_NUMBER: ForReader[Ticket] = ForReader(
    lambda reader, number: (
        Ticket.objects.visible_to(reader).select_related(*RELATED).filter(pk=number).order_by()
    ),
    number=int,
)


def find_ticket(request: DeskRequest, ticket_id: int) -> Ticket:
    """The ticket, if this person may see it; otherwise it does not exist."""
    ticket = _BY_NUMBER.first(request.user, number=ticket_id)
    if ticket is None:
        raise Http404
    return ticket


def about_theirs(user: User, ticket: str = "ticket") -> Q:
    """For pages that name tickets beside other things: rows about those that ``user`` may see.

    ``ticket``: the way from a row to its ticket. A role may arrange the work or connect channels without
    seeing every ticket.
    """
    return Q() if user.sees_all else Q(**{f"{ticket}__in": Ticket.objects.visible_to(user)})


def find_message(request: DeskRequest, message_id: int) -> Message:
    """A message of a ticket this person may see, or of one that was merged into such a ticket."""
    message = Message.objects.select_related("ticket").filter(pk=message_id).first()
    if message is None:
        raise Http404
    if not Ticket.objects.shown_to(request.user, message.ticket_id):
        raise Http404
    return message


def find_outbound(message: Message) -> Outbound:
    """The way out of one of our messages."""
    outbound = Outbound.objects.filter(message=message).first()
    if outbound is None:
        raise Http404
    return outbound
