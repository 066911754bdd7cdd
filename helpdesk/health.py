"""``/healthz``: the process is alive. ``/readyz``: database, broker, sweeps and mailboxes are well."""

import time
from datetime import timedelta

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse

from channels_in.models import Inbound, Inbox
from common import clock
from journal import drain, tasks

MAX_SILENCE = 30.0  # seconds without a sweep
MAX_LAG = 60.0  # seconds a delivery may be late before the sweeps count as dead


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when everything works, else 503; each part says what it found."""
    checks = {"database": _database(), "broker": _broker()}
    if checks["database"] == "ok":
        checks |= {"journal": _journal(), "intake": _intake(), "mailboxes": _mailboxes()}
    ready = all(words == "ok" for words in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return f"unreachable: {type(error).__name__}"
    return "ok"


def _broker() -> str:
    client = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=0.5, socket_connect_timeout=0.5)
    try:
        client.ping()
    except (redis.RedisError, OSError) as error:
        return f"unreachable: {type(error).__name__}"
    finally:
        client.close()
    return "ok"


def _journal() -> str:
    lag = drain.lag()
    if lag > MAX_LAG:
        return f"deliveries are {lag:.0f} s late: is a worker running?"
    swept_at = cache.get(tasks.SWEPT_AT)
    if swept_at is None or time.time() - swept_at > MAX_SILENCE:
        return "nobody sweeps: are scheduler and worker running?"
    return "ok"


def _intake() -> str:
    oldest = (
        Inbound.objects.filter(status=Inbound.Status.PENDING)
        .order_by("id")
        .values_list("received_at", flat=True)
    ).first()
    late = (clock.now() - oldest).total_seconds() if oldest else 0
    return f"the oldest message has waited {late:.0f} s" if late > MAX_LAG else "ok"


def _mailboxes() -> str:
    silent = clock.now() - timedelta(minutes=5)
    dead = [
        inbox.name
        for inbox in Inbox.objects.filter(is_active=True, fetch=Inbox.Fetch.IMAP)
        if inbox.failing_since is not None and (inbox.answered_at or inbox.created_at) < silent
    ]
    return f"not answering: {', '.join(dead)}" if dead else "ok"
