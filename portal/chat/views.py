"""Requests of the loader and the frame. No cookies anywhere: a session is proved by its token."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    JsonResponse,
)
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import quote_etag
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from channels_in.kinds.chat import lines, origins, sessions, tokens, triggers, uploads
from channels_in.kinds.chat.sessions import Visit
from channels_in.models import ChatSession, ChatWidget
from common import rates
from common.client import client_address, client_network
from common.crypto import SecretUnreadableError
from common.rates import Rate
from portal.chat import pack, words
from portal.colours import palette
from tickets import files
from tickets.errors import TicketError

LARGEST_BODY = 16_384  # bytes of JSON
NEW_SESSIONS = (Rate(20, 60), Rate(200, 3600))  # of one network: an office behind one address has many people
COMING_BACK = (Rate(120, 60),)
FILES = (Rate(20, 60), Rate(200, 3600))  # of one session
FILE_POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)

View = Callable[..., HttpResponseBase]


def _widget(key: str) -> ChatWidget:
    found = ChatWidget.objects.filter(key=key, inbox__is_active=True).select_related("inbox__brand")
    if (widget := found.first()) is None:
        raise Http404
    return widget


def _own_origin(request: HttpRequest) -> str:
    return f"{request.scheme}://{request.get_host()}"


def _is_allowed(request: HttpRequest, widget: ChatWidget, origin: str) -> bool:
    return origin == _own_origin(request) or origins.allows(widget.sites, origin)


def of_sites(view: View) -> View:
    """Let the widget's sites, and nobody else's, read the answer (CORS); answers their preflight too."""

    @wraps(view)
    def inner(request: HttpRequest, key: str) -> HttpResponseBase:
        widget = _widget(key)
        origin = request.headers.get("Origin", "")
        if origin and not _is_allowed(request, widget, origin):
            return JsonResponse({"error": "site"}, status=403)
        response = HttpResponse(status=204) if request.method == "OPTIONS" else view(request, widget)
        patch_vary_headers(response, ("Origin",))
        if origin:
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Methods"] = "GET, POST"
            response["Access-Control-Allow-Headers"] = "Content-Type"
            response["Access-Control-Max-Age"] = "600"
        return response

    return inner


def _language(request: HttpRequest, widget: ChatWidget) -> str:
    """What the site asks for, else the browser's, else the brand's: of those we speak."""
    known = dict(settings.LANGUAGES)
    asked = request.GET.get("lang", "")[:2].lower()
    if asked in known:
        return asked
    if request.headers.get("Accept-Language"):
        return translation.get_language_from_request(request)
    return widget.inbox.brand.language if widget.inbox.brand.language in known else "en"


@require_safe
def loader(request: HttpRequest) -> HttpResponseBase:
    """The script that sites load: always at this address, so that they never change their pages."""
    answer = _packed(request, pack.loader(), "text/javascript", "public, max-age=600")
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@require_safe
def script(request: HttpRequest) -> HttpResponseBase:
    """The window's script; its address carries its version."""
    return _packed(request, pack.app(), "text/javascript", "public, max-age=31536000, immutable")


@require_safe
def style(request: HttpRequest) -> HttpResponseBase:
    return _packed(request, pack.style(), "text/css", "public, max-age=31536000, immutable")


def _packed(request: HttpRequest, packed: pack.Packed, kind: str, kept: str) -> HttpResponse:
    """Compressed already, whatever stands before us."""
    etag = quote_etag(packed.version)
    answer: HttpResponse
    if request.headers.get("If-None-Match", "").removeprefix("W/") == etag:
        answer = HttpResponseNotModified()
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        answer = HttpResponse(packed.compressed, content_type=f"{kind}; charset=utf-8")
        answer["Content-Encoding"] = "gzip"
    else:
        answer = HttpResponse(packed.text, content_type=f"{kind}; charset=utf-8")
    answer["ETag"] = etag
    answer["Cache-Control"] = kept
    patch_vary_headers(answer, ("Accept-Encoding",))
    return answer


@csrf_exempt  # only for the preflight: nothing is changed here
@of_sites
def config(request: HttpRequest, widget: ChatWidget) -> HttpResponseBase:
    """What the loader needs to draw its button."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponse(status=405)
    language = _language(request, widget)
    colours = palette(widget.colour or widget.inbox.brand.colour)
    with translation.override(language):
        data = {
            "language": language,
            "side": widget.side,
            "colour": colours.light,
            "ink": colours.on_light,
            "words": words.of_button(widget, language),
            "unasked": triggers.public(widget.triggers, language, widget.inbox.brand.language),
        }
    answer = JsonResponse(data)
    answer["Cache-Control"] = "public, max-age=60"
    return answer


@require_safe
@xframe_options_exempt
def frame(request: HttpRequest, key: str) -> HttpResponseBase:
    """The window itself, in an iframe of its own."""
    widget = _widget(key)
    language = _language(request, widget)
    with translation.override(language):
        settings_of = {
            "key": widget.key,
            "language": language,
            "sites": widget.sites,
            "theme": widget.theme,
            "words": words.of_frame(widget, language),
            "asks": words.asked(widget),
            "blocked": widget.blocked_types,
            "colours": palette(widget.colour or widget.inbox.brand.colour).__dict__,
        }
        answer = render(
            request,
            "chat/frame.html",
            {
                "settings": settings_of,
                "language": language,
                "script": f"{reverse('chat_script')}?v={pack.app().version}",
                "style": f"{reverse('chat_style')}?v={pack.style().version}",
            },
        )
    answer["Content-Security-Policy"] = FRAME_POLICY.format(
        ancestors=" ".join(["'self'", *map(str, widget.sites)])
    )
    answer["Cache-Control"] = "no-cache"
    answer["Referrer-Policy"] = "origin"
    return answer


@csrf_exempt  # no cookie is read: the session's token is the proof, and the site's origin is looked at
@of_sites
def session(request: HttpRequest, widget: ChatWidget) -> HttpResponseBase:
    """Begin a session, or come back to the one there is; with a token of the site become its customer.

    Takes {token, identity, origin, referrer, language}, gives {token, session}. A refused identity is said
    (``identity``: the reason), and the visitor stays whoever they were.
    """
    if request.method != "POST":
        return HttpResponse(status=405)
    data = _json(request)
    if data is None:
        return JsonResponse({"error": "malformed"}, status=400)
    network = client_network(request)
    found = _known(data.get("token"), widget)
    if not rates.take("chat-session", network, *(COMING_BACK if found else NEW_SESSIONS)):
        return JsonResponse({"error": "too-fast"}, status=429)
    visit = _visit(request, widget, data)
    if sessions.is_banned(visit.address, found):
        return JsonResponse({"error": "banned"}, status=403)
    refused = ""
    if found is None:
        found = sessions.begin(widget, visit)
    else:
        sessions.come_back(found, visit)
    identity = data.get("identity")
    if isinstance(identity, str) and identity:
        try:
            found = sessions.identify(found, identity)
        except tokens.IdentityRefused as error:
            refused = error.code
        except SecretUnreadableError:
            refused = "no-secret"
    elif found.is_known and identity == "":
        # The site says that its customer has signed out: the next person here is somebody else.
        found = sessions.begin(widget, visit)
    answer = {"token": tokens.session_token(found.key), "session": found.key}
    if refused:
        answer["identity"] = refused
    response = JsonResponse(answer)
    response["Cache-Control"] = "no-store"
    return response


def _visit(request: HttpRequest, widget: ChatWidget, data: dict[str, Any]) -> Visit:
    origin = _text(data.get("origin"), 255)
    address = client_address(request)
    language = _text(data.get("language"), 2).lower()
    return Visit(
        origin=origin if _is_allowed(request, widget, origin) else "",
        referrer=_text(data.get("referrer"), 1000),
        browser=request.headers.get("User-Agent", ""),
        address=address if address != "unknown" else None,
        language=language if language in dict(settings.LANGUAGES) else _language(request, widget),
    )


def _known(token: object, widget: ChatWidget) -> ChatSession | None:
    key = tokens.session_key(token)
    found = sessions.find(key) if key else None
    return found if found is not None and found.widget_id == widget.pk else None


def _text(value: object, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""


def _json(request: HttpRequest) -> dict[str, Any] | None:
    if len(request.body) > LARGEST_BODY:
        return None
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _bearer(request: HttpRequest) -> ChatSession | None:
    """The session whose token stands in Authorization; nobody who is kept out."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    key = tokens.session_key(token.strip()) if scheme.lower() == "bearer" else None
    found = sessions.find(key) if key else None
    if found is None or not found.widget.is_active:
        return None
    return None if sessions.is_banned(found.address, found) else found


@csrf_exempt  # the token in Authorization is the proof; no cookie is read
@require_POST
def upload(request: HttpRequest) -> HttpResponseBase:
    """Take one file in; it is sent with the message that names its key."""
    found = _bearer(request)
    if found is None:
        return JsonResponse({"error": "session"}, status=401)
    given = request.FILES.get("file")
    with translation.override(found.language or "en"):
        if given is None:
            return JsonResponse({"error": "no-file"}, status=400)
        if not rates.take("chat-files", found.key, *FILES):
            return JsonResponse({"error": "too-fast"}, status=429)
        if given.size is None or given.size > uploads.LARGEST:
            return JsonResponse({"error": "too-large", "words": uploads.too_large()}, status=413)
        try:
            kept = uploads.keep(found, given.name or "", given.content_type or "", given.read())
        except TicketError as error:
            return JsonResponse({"error": error.code, "words": error.message}, status=422)
    return JsonResponse({"key": kept.key, "name": kept.name, "size": kept.size})


@require_safe
def file(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """A file of a message, by an address that is good for five minutes; what it is of is looked at again."""
    opened = tokens.open_file_token(token)
    found = ChatSession.objects.filter(pk=opened[1], banned_at=None).first() if opened else None
    attachment = lines.file_for(opened[0], found) if opened and found else None
    if attachment is None:
        raise Http404
    try:
        handle = files.path_of(attachment).open("rb")
    except OSError as error:
        raise Http404 from error
    shown = attachment.content_type in files.SHOWN
    response = FileResponse(handle)
    response["Content-Type"] = attachment.content_type if shown else "application/octet-stream"
    response["Content-Length"] = str(attachment.size)
    how = "inline" if shown else "attachment"
    response["Content-Disposition"] = f"{how}; filename*=UTF-8''{quote(attachment.name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = FILE_POLICY
    response["Cache-Control"] = "private, max-age=300"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@csrf_exempt  # the token in Authorization is the proof; no cookie is read
@require_POST
def file_address(request: HttpRequest, number: int) -> HttpResponseBase:
    """A new address for a file whose old one has run out."""
    found = _bearer(request)
    attachment = lines.file_for(number, found) if found else None
    if found is None or attachment is None:
        return JsonResponse({"error": "file"}, status=404)
    return JsonResponse({"url": lines.file_url(attachment, found)})
