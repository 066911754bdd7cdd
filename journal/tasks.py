"""Celery's side of the journal."""

import time

import structlog
from celery import shared_task
from django.core.cache import cache
from django.db import close_old_connections

from common.queue import together
from journal import drain

log = structlog.get_logger(__name__)

SWEPT_AT = "journal:swept_at"  # when the last sweep ended, for /readyz


@shared_task(name="journal.tasks.drain_stream")
def drain_stream(stream_type: str, stream_id: int) -> None:
    drain.drain(stream_type, stream_id)


@shared_task(name="journal.tasks.drain_streams")
def drain_streams(streams: list[tuple[str, int]]) -> None:
    """Several that were asked for at about the same time. One that cannot be drained is the sweep's."""
    for stream_type, stream_id in streams:
        try:
            drain.drain(stream_type, stream_id)
        except Exception:
            log.exception("journal.not_drained", stream=f"{stream_type}:{stream_id}")
            close_old_connections()  # the others need one that lives


together("journal.tasks.drain_stream", drain_streams)


@shared_task(name="journal.tasks.sweep")
def sweep() -> None:
    """Settle what is due, and leave word that somebody does."""
    drain.sweep()
    cache.set(SWEPT_AT, time.time(), 3600)
