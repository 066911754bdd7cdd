"""Celery's side of notifications. Everything is found by these sweeps; nothing depends on being asked."""

from celery import shared_task

from notifications import keeping, mailing
from notifications.webhooks import sender


@shared_task(name="notifications.tasks.send_mails")
def send_mails() -> None:
    """Every few seconds. While another run is at it this one costs a query."""
    mailing.send_due()


@shared_task(name="notifications.tasks.call_webhooks")
def call_webhooks() -> None:
    """Every second; a run beside another one does nothing."""
    sender.send_due()


@shared_task(name="notifications.tasks.forget_old")
def forget_old() -> None:
    keeping.forget_old()
