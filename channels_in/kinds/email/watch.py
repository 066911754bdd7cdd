"""The alarm for mailboxes and bots that have stopped answering: elsewhere customers find out after days."""

from datetime import timedelta

import structlog
from django.db.models import Q

from channels_in.commands import mailbox_back, mailbox_silent
from channels_in.models import Inbox
from common import clock

log = structlog.get_logger(__name__)

SILENT_AFTER = timedelta(minutes=5)


def check_mailboxes() -> int:
    """Say once of each mailbox that it has been silent for five minutes, and once that it is back.

    A fetcher that is not running at all makes its mailbox silent too. Returns how many are silent.
    """
    now = clock.now()
    silent = 0
    watched = Q(kind="email", fetch=Inbox.Fetch.IMAP) | Q(kind="telegram")
    for inbox in Inbox.objects.filter(watched, is_active=True):
        last = inbox.answered_at or inbox.created_at
        if last > now - SILENT_AFTER:
            if mailbox_back(inbox.pk):
                log.warning("mailbox.back", inbox=inbox.pk, name=inbox.name)
            continue
        silent += 1
        words = inbox.last_error or "no fetcher is running"
        if mailbox_silent(inbox.pk, since=last, words=words):
            log.error("mailbox.silent", inbox=inbox.pk, name=inbox.name, since=last.isoformat(), words=words)
    return silent
