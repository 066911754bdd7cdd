"""Signing in by a code that comes by mail, and out."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common.client import client_network
from portal import codes, sessions
from portal.door import portal
from portal.forms import AddressForm, CodeForm
from portal.request import PortalRequest

HANDLE = "portal_code"  # the cookie that ties a code to the browser that asked for it
_BOTH = ("GET", "HEAD", "POST")


def following(request: PortalRequest) -> str:
    """Where signing in leads: the page that asked for it, if it is one of this portal."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    inside = wanted.startswith(f"{request.place.base}/") and url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if inside and len(wanted) <= 1000 else request.place.to("portal_home")


@portal(methods=_BOTH)
def sign_in(request: PortalRequest) -> HttpResponse:
    """Ask for a code. The answer is the same whether we know the address or not."""
    if request.place.session is not None and request.method != "POST":
        return redirect(following(request))
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            address = codes.normal(form.cleaned_data["address"])
            handle = codes.ask(
                brand=request.place.brand,
                address=address,
                client=client_network(request),
                language=request.place.language,
            )
        except ValidationError as error:
            form.add_error("address", error)
        except codes.TooOften as error:
            form.add_error("address", _too_often(error))
            return _asking(request, form, status=429)
        else:
            query = urlencode({"next": following(request)})
            response = redirect(f"{request.place.to('portal_code')}?{query}")
            response.set_cookie(
                HANDLE,
                handle,
                max_age=int(codes.LIFE.total_seconds()),
                path=request.place.to("portal_sign_in"),
                httponly=True,
                samesite="Lax",
                secure=settings.SESSION_COOKIE_SECURE,
            )
            return response
    return _asking(request, form, status=422 if form.errors else 200)


def _asking(request: PortalRequest, form: AddressForm, *, status: int) -> HttpResponse:
    return render(request, "portal/sign_in.html", {"form": form, "next": following(request)}, status=status)


def _too_often(error: codes.TooOften) -> str:
    minutes = max(1, round(error.wait.total_seconds() / 60))
    if error.wait.total_seconds() <= 60:
        return _("A code is on its way already. You can ask for another one in a minute.")
    return ngettext(
        "Too many codes were asked for. Try again in %(minutes)d minute.",
        "Too many codes were asked for. Try again in %(minutes)d minutes.",
        minutes,
    ) % {"minutes": minutes}


@portal(methods=_BOTH)
def code(request: PortalRequest) -> HttpResponse:
    """Enter the code; a right one signs in this browser, at this brand."""
    handle = request.COOKIES.get(HANDLE, "")
    asked = codes.find(handle, request.place.brand)
    if asked is None:
        messages.error(request, _("The code has ended. Ask for a new one."))
        return redirect(f"{request.place.to('portal_sign_in')}?{urlencode({'next': following(request)})}")
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome = codes.prove(handle, request.place.brand, form.cleaned_data["code"])
        if not isinstance(outcome, codes.Wrong):
            return _signed_in(request, outcome)
        form.add_error("code", _wrong(outcome))
    context: dict[str, Any] = {"form": form, "address": asked.address, "next": following(request)}
    return render(request, "portal/code.html", context, status=422 if form.errors else 200)


def _wrong(outcome: codes.Wrong) -> str:
    if not outcome.left:
        return _("This code cannot be used any more. Ask for a new one.")
    return ngettext(
        "This is not the code. %(left)d try is left.",
        "This is not the code. %(left)d tries are left.",
        outcome.left,
    ) % {"left": outcome.left}


def _signed_in(request: PortalRequest, contact: Any) -> HttpResponse:
    _session, token = sessions.begin(request, request.place.brand, contact)
    response = redirect(following(request))
    sessions.give_cookie(response, token, request.place.base)
    response.delete_cookie(HANDLE, path=request.place.to("portal_sign_in"))
    return response


@portal(methods=("POST",))
def sign_out(request: PortalRequest) -> HttpResponse:
    """End this browser's session."""
    if request.place.session is not None:
        sessions.end(request.place.session)
    response = redirect(request.place.to("portal_home"))
    sessions.take_cookie(response, request.place.base)
    return response
