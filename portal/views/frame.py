"""The parts of the frame: the brand's picture, the language, the theme."""

from pathlib import Path

from django.conf import settings
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme

from people.models import Contact
from portal.door import portal
from portal.request import PortalRequest
from tickets import files

THEMES = {"auto", "light", "dark"}
_YEAR = 365 * 24 * 3600


@portal()
def logo(request: PortalRequest, mark: str) -> HttpResponseBase:
    """The brand's picture; ``mark`` is the beginning of its hash, so that it may be kept for ever."""
    brand = request.place.brand
    if brand.logo_type not in files.SHOWN or not brand.logo_path.rpartition("/")[2].startswith(mark):
        raise Http404
    try:
        handle = (Path(settings.MEDIA_ROOT) / brand.logo_path).open("rb")
    except OSError as error:
        raise Http404 from error
    response = FileResponse(handle, content_type=brand.logo_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    return response


def back(request: PortalRequest) -> str:
    """Where a form of the frame leads: where it was, as long as that is in this portal."""
    following = request.POST.get("next", "")
    inside = following.startswith(f"{request.place.base}/") and url_has_allowed_host_and_scheme(
        following, {request.get_host()}, require_https=request.is_secure()
    )
    return following if inside else request.place.to("portal_home")


@portal(methods=("POST",))
def language(request: PortalRequest) -> HttpResponse:
    """Read on in another language; who is signed in gets our mails in it too."""
    wanted = request.POST.get("language", "")
    response = redirect(back(request))
    if wanted in request.place.languages:
        if request.place.contact is not None:
            Contact.objects.filter(pk=request.place.contact.pk).update(language=wanted)
        _keep(request, response, settings.LANGUAGE_COOKIE_NAME, wanted)
    return response


@portal(methods=("POST",))
def theme(request: PortalRequest) -> HttpResponse:
    """Light, dark, or as the system is."""
    wanted = request.POST.get("theme", "")
    response = redirect(back(request))
    if wanted in THEMES:
        _keep(request, response, "theme", wanted)
    return response


def _keep(request: PortalRequest, response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=_YEAR, samesite="Lax", secure=request.is_secure())
