"""Celery's side of the channels. Tasks carry ids; a sweep finds whatever a lost task has left."""

from celery import shared_task

from channels_in import budget, draining, sender
from channels_in.kinds.chat import following, sessions, uploads, verbs
from channels_in.kinds.email import watch
from common import clock


@shared_task(name="channels_in.tasks.drain_inbox")
def drain_inbox(inbox_id: int) -> None:
    """A mail has come in."""
    draining.drain_pending(inbox_id)


@shared_task(name="channels_in.tasks.sweep_inbound")
def sweep_inbound() -> None:
    draining.sweep_inbound()
    budget.forget_old()


@shared_task(name="channels_in.tasks.sweep_outbound")
def sweep_outbound() -> None:
    """Every second. While another run is at it this one costs a query and leaves its inboxes alone."""
    sender.send_due()


@shared_task(name="channels_in.tasks.check_mailboxes")
def check_mailboxes() -> None:
    watch.check_mailboxes()


@shared_task(name="channels_in.tasks.sweep_chats")
def sweep_chats() -> None:
    """Chats nobody has taken in time, and what must follow a visitor who has gone."""
    verbs.return_untaken()
    following.follow_due()


@shared_task(name="channels_in.tasks.forget_chats")
def forget_chats() -> None:
    uploads.forget_old(clock.now())
    sessions.forget_stale(clock.now())
