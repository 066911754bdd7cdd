"""Celery's side of the channels. Tasks carry ids; a sweep finds whatever a lost task has left."""

from celery import shared_task

from channels_in import budget, draining, later, sender
from channels_in.broadcasts import sending
from channels_in.kinds.chat import falling_silent, following, sessions, uploads, verbs
from channels_in.kinds.email import watch
from channels_in.kinds.telegram import checking, deep_link, fetching, speaking
from channels_in.kinds.web_form import confirming
from common import clock
from common.queue import ask


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
    checking.look_at_webhooks()
    watch.check_mailboxes()


@shared_task(name="channels_in.tasks.sweep_chats")
def sweep_chats() -> None:
    """Chats nobody has taken in time, what must follow a visitor who has gone, and talks that are over."""
    verbs.return_untaken()
    following.follow_due()
    falling_silent.end_quiet()


@shared_task(name="channels_in.tasks.forget_chats")
def forget_chats() -> None:
    uploads.forget_old(clock.now())
    sessions.forget_stale(clock.now())


@shared_task(name="channels_in.tasks.speak")
def speak() -> None:
    """A bot has something to say by itself."""
    speaking.speak_due()


@shared_task(name="channels_in.tasks.fetch_files")
def fetch_files(inbound_id: int) -> None:
    """An update has files."""
    fetching.fetch(inbound_id)


@shared_task(name="channels_in.tasks.sweep_telegram")
def sweep_telegram() -> None:
    """What lost tasks have left: said here, fetched by tasks of their own."""
    speaking.speak_due()
    for inbound_id in fetching.waiting():
        ask(fetch_files, inbound_id)


@shared_task(name="channels_in.tasks.forget_links")
def forget_links() -> None:
    deep_link.forget_old()


@shared_task(name="channels_in.tasks.send_confirmations")
def send_confirmations() -> None:
    """At once when a form waits for its address to be confirmed, and every few seconds."""
    confirming.send_due()


@shared_task(name="channels_in.tasks.send_broadcasts")
def send_broadcasts() -> None:
    """At once when one begins, and every few seconds; a run beside another one does nothing."""
    sending.send_due()


@shared_task(name="channels_in.tasks.sweep_later")
def sweep_later() -> None:
    """Replies that were written to leave now."""
    later.sweep()
