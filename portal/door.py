"""Who gets in: every view of the portal is wrapped by ``portal``.

It finds the brand (by the host, or by the name in the address), the language, and the customer by the
portal's own session. A session of the desk is nothing here.
"""

import errno
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, cast

import structlog
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode

from portal import languages, sessions
from portal.place import Place
from portal.request import PortalRequest
from tickets.errors import NoRoom, TicketError
from tickets.models import Brand

log = structlog.get_logger(__name__)

P = ParamSpec("P")
View = Callable[Concatenate[PortalRequest, P], HttpResponseBase]
Wrapped = Callable[..., HttpResponseBase]
PART = "X-Part"  # what our scripts send: they want a fragment, never a page to sign in on


class Wrapper(Protocol):
    """A decorator that keeps the view's own arguments, and takes the brand's name from the address."""

    def __call__(self, view: View[P], /) -> Wrapped: ...


def portal(*, methods: tuple[str, ...] = ("GET", "HEAD"), signed_in: bool = False) -> Wrapper:
    """A page of a brand's portal; with ``signed_in`` only for customers, who are led to the sign-in.

    ``request.place`` says where they are. A refusal of a verb becomes a page that says why.
    """

    def wrap(view: View[P], /) -> Wrapped:
        @wraps(view)
        def inner(plain: HttpRequest, /, *args: object, slug: str = "", **kwargs: object) -> HttpResponseBase:
            request = cast(PortalRequest, plain)
            brand, base = _brand(request, slug)
            session = sessions.find(request, brand)
            language = languages.choose(request, brand, session.contact.person if session else None)
            request.place = Place(brand, base, language, session)
            zone = languages.zone_of(brand, session.contact.person if session else None)
            with translation.override(language), timezone.override(zone):
                response = _answer(view, request, methods, signed_in, args, kwargs)
            response.headers.setdefault("Content-Language", language)
            patch_vary_headers(response, ("Cookie", "Accept-Language"))
            if session is not None:
                response.headers.setdefault("Cache-Control", "private, no-store")
            return response

        return inner

    return wrap


def _brand(request: HttpRequest, slug: str) -> tuple[Brand, str]:
    """The brand whose portal this is, and what its addresses begin with."""
    hosted = getattr(request, "portal_brand_id", None)
    brands = Brand.objects.filter(is_active=True, portal_is_on=True)
    brand = brands.filter(pk=hosted).first() if hosted is not None else brands.filter(slug=slug).first()
    if brand is None:
        raise Http404
    return brand, "" if hosted is not None else f"/portal/{brand.slug}"


def _answer(
    view: Callable[..., HttpResponseBase],
    request: PortalRequest,
    methods: tuple[str, ...],
    signed_in: bool,
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> HttpResponseBase:
    if request.method not in methods:
        return HttpResponseNotAllowed(methods)
    if signed_in and request.place.session is None:
        return _sign_in(request)
    try:
        return view(request, *args, **kwargs)
    except TicketError as error:
        return refused(request, error.message)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        log.error("portal.disk_full", exc_info=error)
        return refused(request, NoRoom().message, status=507)


def _sign_in(request: PortalRequest) -> HttpResponse:
    if request.headers.get(PART):
        return HttpResponse(status=401)
    back = request.get_full_path() if request.method in {"GET", "HEAD"} else ""
    query = f"?{urlencode({'next': back})}" if back else ""
    return redirect(request.place.to("portal_sign_in") + query)


def refused(request: PortalRequest, words: str, *, status: int = 422) -> HttpResponse:
    """A page that says why something was not done; nothing was changed."""
    return render(request, "portal/refused.html", {"words": words}, status=status)


def not_found(request: PortalRequest) -> HttpResponse:
    """A request that is not there, or not this customer's: the same page for both."""
    return render(request, "portal/not_found.html", status=404)
