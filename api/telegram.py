"""Telegram's webhook: check its secret, keep the update, answer at once."""

import json

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.csrf import csrf_exempt

from channels_in.kinds.telegram import arriving
from channels_in.kinds.telegram.channel import WrongSecret
from channels_in.models import Inbound, Inbox
from channels_in.registry import channel
from common.crypto import SecretUnreadableError


@csrf_exempt  # the secret in the header is the proof; there is no session
def webhook(request: HttpRequest, path_key: str) -> HttpResponse:
    """204 for what is kept. A stranger learns nothing, not even whether there is such a bot.

    What cannot be Telegram's is refused (400, 413), and never stored.
    """
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    inbox = (
        Inbox.objects.select_related("telegram").filter(telegram__path_key=path_key, is_active=True).first()
    )
    if inbox is None:
        return HttpResponse(status=404)
    try:
        channel(inbox.kind).verify(request, inbox)
    except (WrongSecret, SecretUnreadableError):
        return HttpResponse(status=404)
    try:
        body = request.body if _length(request) <= arriving.MAX_BYTES else None
    except RequestDataTooBig:
        body = None
    if body is None:
        return HttpResponse(status=413)
    try:
        arriving.store(inbox, json.loads(body), via=Inbound.Via.WEBHOOK)
    except (ValueError, RecursionError, arriving.NotAnUpdate):
        return HttpResponse(status=400)
    return HttpResponse(status=204)


def _length(request: HttpRequest) -> int:
    """What the caller announces; more than that never reaches us."""
    try:
        return int(request.headers.get("Content-Length") or 0)
    except ValueError:
        return settings.MAX_BODY_BYTES
