"""Celery's side of the journal."""

import time

from celery import shared_task
from django.core.cache import cache

from journal import drain

SWEPT_AT = "journal:swept_at"  # when the last sweep ended, for /readyz


@shared_task(name="journal.tasks.drain_stream")
def drain_stream(stream_type: str, stream_id: int) -> None:
    drain.drain(stream_type, stream_id)


@shared_task(name="journal.tasks.sweep")
def sweep() -> None:
    """Settle what is due, and leave word that somebody does."""
    drain.sweep()
    cache.set(SWEPT_AT, time.time(), 3600)
