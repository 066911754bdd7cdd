"""Forms on other sites: in a frame that a script tag opens, or posted by plain HTML. Without cookies.

What stands for the cookie against forged requests is the form's own signed, short-lived token; which sites
may hold the frame, and be returned to, the administrator says.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from channels_in.kinds.web_form import confirming, tokens, uploads
from channels_in.kinds.web_form.definition import Form, form_of, person_fields
from channels_in.kinds.web_form.taking import Given, take
from channels_in.models import Inbound, WebForm
from common.client import client_network
from common.middleware import ContentSecurityPolicy
from portal import catalogue, languages
from portal.asking import Sheet, empty_sheet, given_by, sheet_again
from portal.expecting import expect
from portal.place import Place
from portal.request import PortalRequest
from portal.views.requesting import (
    is_fresh,
    read_sent,
    refused_words,
    sent_context,
    sent_token,
    stale_words,
    status_of,
)
from tickets.models import Brand, Service
from tickets.portal_links import base_url

P = ParamSpec("P")
GENERAL = "general"
_LOADER = Path(settings.BASE_DIR) / "static/js/embed.js"
_PREFILLED = 2_000


def bare(
    view: Callable[Concatenate[PortalRequest, WebForm, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """A page in the brand's look without its navigation, which sites named by the administrator may frame."""

    @wraps(view)
    def inner(plain: HttpRequest, key: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        request = cast(PortalRequest, plain)
        rows = WebForm.objects.filter(key=key, inbox__is_active=True, inbox__brand__is_active=True)
        web_form = rows.select_related("inbox__brand", "inbox__team").first()
        if web_form is None:
            raise Http404
        _stand(request, web_form.inbox.brand)
        zone = languages.zone_of(web_form.inbox.brand, None)
        with translation.override(request.place.language), timezone.override(zone):
            response = view(request, web_form, *args, **kwargs)
        response.headers.setdefault("Content-Language", request.place.language)
        sites = web_form.sites if web_form.embeds else []
        ancestors = " ".join(["'self'", *sites])
        policy = ContentSecurityPolicy.POLICY.format(nonce=request.csp_nonce)
        response["Content-Security-Policy"] = policy.replace(
            "frame-ancestors 'none'", f"frame-ancestors {ancestors}"
        )
        response["Cache-Control"] = "private, no-store"
        return response

    # No cookie is read here, so none can be abused: the form's own signed token stands for it.
    return csrf_exempt(xframe_options_exempt(inner))


def _stand(request: PortalRequest, brand: Brand, wanted: str = "") -> None:
    wanted = request.GET.get("lang", "") or wanted
    language = wanted if wanted in brand.languages else languages.choose(request, brand, None)
    base = f"/portal/{brand.slug}" if brand.portal_is_on and not brand.portal_host else base_url(brand)
    request.place = Place(brand, base, language)


def _service(web_form: WebForm, name: str) -> Service | None:
    """A public service of the brand by its number; None for the general form."""
    if name == GENERAL:
        return None
    services = catalogue.services_of(web_form.inbox.brand)
    chosen = next((one for one in services if str(one.pk) == name), None)
    if chosen is None:
        raise Http404
    return chosen


@require_safe
def loader(request: HttpRequest) -> HttpResponse:
    """The script that other sites name in a tag; the same for all."""
    response = HttpResponse(_LOADER.read_bytes(), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "public, max-age=3600"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@bare
def frame(request: PortalRequest, web_form: WebForm, service: str) -> HttpResponse:
    """The form by itself: in a frame, or where a plain post was not right yet."""
    if not (web_form.embeds or web_form.plain_posts):
        raise Http404
    form = form_of(_service(web_form, service), web_form.inbox.brand)
    if request.method == "POST":
        return _sent(request, web_form, form)
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    prefilled = {key: [value[:_PREFILLED] for value in values[:20]] for key, values in request.GET.lists()}
    sheet = empty_sheet(
        request.place.brand,
        form,
        client_network(request),
        prefilled,
        known=False,
        always=web_form.challenge == WebForm.Challenge.ALWAYS,
        fields=[*person_fields(), *form.fields],
    )
    return _drawn(request, web_form, sheet)


def _sent(request: PortalRequest, web_form: WebForm, form: Form) -> HttpResponse:
    given = _given(request, web_form, form, "frame")
    if not is_fresh(given):
        return _drawn(request, web_form, sheet_again(given, None, words=stale_words()), status=422)
    return _taken(request, web_form, given)


def _given(request: PortalRequest, web_form: WebForm, form: Form, source: str) -> Given:
    place = request.place
    return given_by(
        request, brand=place.brand, web_form=web_form, form=form, source=source, language=place.language
    )


def _taken(request: PortalRequest, web_form: WebForm, given: Given, *, following: str = "") -> HttpResponse:
    outcome = take(given)
    if outcome.inbound is None:
        sheet = sheet_again(given, outcome, words=refused_words(outcome))
        return _drawn(request, web_form, sheet, status=status_of(outcome))
    if given.token is not None:
        uploads.let_go(given.uploads, given.token.key)
    query = f"?lang={request.place.language}"
    thanks = reverse("form_sent", args=[web_form.key, sent_token(outcome.inbound)]) + query
    # A form that waits for its confirmation must say so, wherever the site would lead.
    return redirect(thanks if outcome.held or not following else following)


def _drawn(request: PortalRequest, web_form: WebForm, sheet: Sheet, *, status: int = 200) -> HttpResponse:
    service = sheet.form.service
    address = reverse("form_frame", args=[web_form.key, service.pk if service else GENERAL])
    context: dict[str, Any] = {
        "sheet": sheet,
        "service": service,
        "action": f"{address}?lang={request.place.language}",
        "expected": expect(request.place.brand, sheet.form, None),
    }
    return render(request, "portal/frame.html", context, status=status)


@bare
def plain_post(request: PortalRequest, web_form: WebForm, service: str) -> HttpResponse:
    """What a plain HTML form of an allowed site posts. Its ``next`` is gone to, if that is on such a site."""
    if not web_form.plain_posts:
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    origin = _origin(request)
    if origin and origin not in web_form.sites:
        return render(request, "portal/form_refused.html", {"origin": origin}, status=403)
    given = _given(request, web_form, form_of(_service(web_form, service), request.place.brand), "plain")
    given.strange_origin = not origin
    return _taken(request, web_form, given, following=_following(request, web_form))


def _origin(request: PortalRequest) -> str:
    """The site that the post comes from, as its browser says; empty where it keeps that to itself."""
    said = request.headers.get("Origin", "")
    if not said or said == "null":
        said = request.headers.get("Referer", "")
    parts = urlsplit(said)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else ""


def _following(request: PortalRequest, web_form: WebForm) -> str:
    wanted = request.POST.get("next", "")[:2000]
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return ""
    return wanted if f"{parts.scheme}://{parts.netloc}".lower() in web_form.sites else ""


@bare
def sent(request: PortalRequest, web_form: WebForm, token: str) -> HttpResponse:
    """It was received: number, what happens next, and when."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    inbound = read_sent(token)
    if inbound is None or inbound.inbox_id != web_form.inbox_id:
        raise Http404
    return render(request, "portal/frame_sent.html", sent_context(inbound))


@require_safe
@xframe_options_exempt
def preview(request: HttpRequest, token: str) -> HttpResponse:
    """The form as customers will see it, for the settings page alone; nothing can be sent from it."""
    found = tokens.read_preview(token)
    brand = Brand.objects.filter(pk=found[0]).first() if found is not None else None
    service = Service.objects.filter(pk=found[1]).first() if found is not None else None
    if brand is None or service is None:
        raise Http404
    asking = cast(PortalRequest, request)
    language = translation.get_language() or ""
    _stand(asking, brand, language)
    form = form_of(service, brand)
    with translation.override(asking.place.language), timezone.override(languages.zone_of(brand, None)):
        fields = [*person_fields(), *form.fields]
        sheet = empty_sheet(brand, form, "preview", {}, known=True, always=False, fields=fields)
        context = {"sheet": sheet, "service": service, "action": "", "expected": expect(brand, form, None)}
        response = render(request, "portal/frame.html", {**context, "is_preview": True})
    response["Content-Security-Policy"] = ContentSecurityPolicy.POLICY.format(nonce=asking.csp_nonce).replace(
        "frame-ancestors 'none'", "frame-ancestors 'self'"
    )
    response["Cache-Control"] = "private, no-store"
    return response


def confirmation(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a mail. Opening it changes nothing (mail scanners open links): a button does."""
    if request.method not in {"GET", "HEAD", "POST"}:
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    inbound = confirming.opened(token)
    if inbound is None:
        return render(request, "portal/confirmation_over.html", status=404)
    asking = cast(PortalRequest, request)
    brand = inbound.inbox.brand
    _stand(asking, brand)
    with translation.override(asking.place.language), timezone.override(languages.zone_of(brand, None)):
        if request.method == "POST":
            confirming.confirm(inbound.pk)
            return redirect("form_confirmation", token)
        return render(request, "portal/confirmation.html", _about(inbound))


def _about(inbound: Inbound) -> dict[str, Any]:
    context = sent_context(inbound)
    context["confirmed"] = inbound.verdict.get("state") == "passed"
    return context
