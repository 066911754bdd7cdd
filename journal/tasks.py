"""Celery's side of the journal."""

from celery import shared_task

from journal import drain


@shared_task(name="journal.tasks.drain_stream")
def drain_stream(stream_type: str, stream_id: int) -> None:
    drain.drain(stream_type, stream_id)


@shared_task(name="journal.tasks.sweep")
def sweep() -> None:
    drain.sweep()
