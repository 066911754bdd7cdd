"""Celery's side of the portal. Everything is found by these sweeps; nothing depends on being asked."""

from celery import shared_task

from portal import codes, letters, sessions


@shared_task(name="portal.tasks.send_codes")
def send_codes() -> None:
    """At once when somebody asks for a code, and every two seconds."""
    letters.send_due()


@shared_task(name="portal.tasks.forget_old")
def forget_old() -> None:
    codes.forget_old()
    sessions.forget_old()
