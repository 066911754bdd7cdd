"""How long notices, their mails and webhook calls are kept. The journal keeps what happened for ever."""

from datetime import timedelta

from django.db.models import QuerySet

from common import clock
from notifications.models import Notice, NoticeMail, WebhookCall

NOTICES = timedelta(days=60)  # after they were read
UNREAD = timedelta(days=365)
ENDED = timedelta(days=30)  # mails and calls
_BATCH = 2000


def forget_old() -> int:
    """Delete what is older, in batches that hold no lock for long; returns how many rows went."""
    now = clock.now()
    states = NoticeMail.State
    return (
        _drop(Notice.objects.filter(read_at__lt=now - NOTICES))
        + _drop(Notice.objects.filter(read_at=None, at__lt=now - UNREAD))
        + _drop(
            NoticeMail.objects.filter(state__in=[states.SENT, states.NEEDLESS, states.FAILED]).filter(
                created_at__lt=now - ENDED
            )
        )
        + _drop(WebhookCall.objects.filter(ended_at__lt=now - ENDED))
    )


def _drop(rows: "QuerySet") -> int:
    total = 0
    while keys := list(rows.values_list("pk", flat=True)[:_BATCH]):
        rows.model._default_manager.filter(pk__in=keys).delete()
        total += len(keys)
    return total
