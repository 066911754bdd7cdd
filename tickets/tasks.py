"""Timers of the tickets app: due times are rows, a sweep finds them."""

from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.db import transaction

from common import clock
from journal.actor import Actor
from tickets import commands
from tickets.bulk import running
from tickets.models import Attachment, Draft, LaterReply, Ticket
from tickets.moves import running as moves

MOST_AT_ONCE = 500
MOST_TURNS = 4
LOOSE_UPLOADS_LIVE = timedelta(days=3)


@shared_task(name="tickets.tasks.wake_snoozed")
def wake_snoozed() -> int:
    """Wake every ticket whose snooze is over."""
    # A merged one sleeps on, until its merge is undone: read each time, many would crowd out the others.
    due = Ticket.objects.filter(snoozed_until__lte=clock.now(), merged_into=None).order_by("snoozed_until")
    woken = 0
    for ticket_id, until in list(due.values_list("pk", "snoozed_until")[:MOST_AT_ONCE]):
        with transaction.atomic():
            # Read without a lock above: look again under it, for a colleague may have been faster.
            locked = (
                Ticket.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=ticket_id).first()
            )
            if locked is None or locked.snoozed_until != until or locked.merged_into_id is not None:
                continue
            commands.wake(ticket_id, actor=Actor.system("snooze"))
            woken += 1
    return woken


@shared_task(name="tickets.tasks.run_bulk")
def run_bulk() -> int:
    """Work on the bulk jobs that wait, in turns; how many turns. A sweep asks too: workers die.

    After some turns other bulk work has its own; what is left the sweep finds.
    """
    turns = 0
    while turns < MOST_TURNS and running.run_next():
        turns += 1
    return turns


@shared_task(name="tickets.tasks.run_moves")
def run_moves() -> int:
    """Work on merges of tags and problems, in turns; how many turns. A sweep asks too."""
    turns = 0
    while turns < MOST_TURNS and moves.run_next():
        turns += 1
    return turns


@shared_task(name="tickets.tasks.forget_bulk")
def forget_bulk() -> int:
    """Drop bulk jobs that are long over."""
    return running.forget_old()


@shared_task(name="tickets.tasks.forget_stale")
def forget_stale() -> int:
    """Delete uploads that nothing written or waiting has, and files that no other row has in common."""
    drafts = Draft.objects.exclude(attachments=[]).values_list("attachments", flat=True)
    later = LaterReply.objects.filter(state__in=LaterReply.OPEN).exclude(attachments=[])
    drafted = {pk for ids in (*drafts, *later.values_list("attachments", flat=True)) for pk in ids}
    stale = Attachment.objects.filter(message=None, created_at__lt=clock.now() - LOOSE_UPLOADS_LIVE)
    stale = stale.exclude(pk__in=drafted)
    gone = 0
    for attachment in stale[:1000]:
        attachment.delete()
        if not Attachment.objects.filter(sha256=attachment.sha256).exists():
            (Path(settings.MEDIA_ROOT) / attachment.path).unlink(missing_ok=True)
        gone += 1
    return gone
