"""What every request passes."""

import secrets
import uuid
from collections.abc import Callable
from time import perf_counter

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

log = structlog.get_logger("request")

_SECRET_PARTS = ("token", "key")  # of addresses: signed files, password resets

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RequestLog:
    """One structured line a request, and its id in every other line and in the answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request_id = uuid.uuid4().hex[:12]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = perf_counter()
        response = self.get_response(request)
        seconds = perf_counter() - began
        response["X-Request-Id"] = request_id
        response["Server-Timing"] = f"app;dur={seconds * 1000:.1f}"
        if not request.path.startswith("/static/"):
            user = getattr(request, "_cached_user", None)  # not request.user: it would cost a query
            log.info(
                "request",
                method=request.method,
                path=_without_secrets(request),
                status=response.status_code,
                ms=round(seconds * 1000, 1),
                user_id=user.pk if user is not None else None,
            )
        return response

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: dict[str, object]
    ) -> None:
        """What the address is about stands in every line."""
        about = {name: kwargs[name] for name in ("ticket_id", "message_id") if name in kwargs}
        structlog.contextvars.bind_contextvars(**about)


def _without_secrets(request: HttpRequest) -> str:
    """The path as a log may have it: who reads it must not be able to open files, or choose passwords."""
    path, match = request.path, request.resolver_match
    for name in _SECRET_PARTS:
        secret = match.kwargs.get(name) if match is not None else None
        if secret:
            path = path.replace(str(secret), "…")
    return path


class CompleteBody:
    """Refuse a body shorter than its Content-Length: servers pass on an upload that was cut short.

    And one longer than any form of ours, before a byte of it is read.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        stream = request.META.get("wsgi.input")
        if request.method in {"POST", "PUT", "PATCH"} and stream is not None:
            length = request.META.get("CONTENT_LENGTH") or "0"
            expected = int(length) if length.isascii() and length.isdigit() else 0
            if expected > settings.MAX_BODY_BYTES:
                return HttpResponse(
                    "This is more than one message may hold. Nothing was changed.", status=413
                )
            counted = _Counted(request._stream)
            request._stream = counted  # type: ignore[assignment]  # all that Django calls of a stream
            request.body_is_complete = lambda: counted.drained(expected)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        complete = getattr(request, "body_is_complete", None)
        if complete is None or not request.META.get("CONTENT_LENGTH"):
            return None
        # Reading to the end now makes the count known before any view acts.
        if request.content_type in {"multipart/form-data", "application/x-www-form-urlencoded"}:
            _ = request.POST
        else:
            _ = request.body
        if complete():
            return None
        return HttpResponse(
            "The upload was cut short. Nothing was changed; please send it again.", status=400
        )


class _Counted:
    """A stream that counts what was read."""

    def __init__(self, stream: object) -> None:
        self.stream = stream
        self.count = 0

    def read(self, *args: int) -> bytes:
        data: bytes = self.stream.read(*args)  # type: ignore[attr-defined]
        self.count += len(data)
        return data

    def readline(self, *args: int) -> bytes:
        data: bytes = self.stream.readline(*args)  # type: ignore[attr-defined]
        self.count += len(data)
        return data

    def close(self) -> None:
        """Django closes what it has read; ``drained`` still has to look, and the stream is the server's."""

    def drained(self, expected: int) -> bool:
        while self.count < expected and self.read(64 * 1024):
            pass
        return self.count >= expected


class ContentSecurityPolicy:
    """A strict policy on every page. A view that serves foreign HTML sets its own, sandboxed one."""

    POLICY = (
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; "
        "frame-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.csp_nonce = secrets.token_urlsafe(12)  # type: ignore[attr-defined]  # templates read it
        response = self.get_response(request)
        if "Content-Security-Policy" not in response:
            response["Content-Security-Policy"] = self.POLICY.format(nonce=request.csp_nonce)  # type: ignore[attr-defined]
        return response
