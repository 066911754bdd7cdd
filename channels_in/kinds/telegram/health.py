"""What the settings and the alarm know of a bot: when it answered last, since when it does not."""

from django.db.models import Value
from django.db.models.functions import Coalesce

from channels_in.models import Inbox
from common import clock


def answered(inbox_id: int) -> None:
    Inbox.objects.filter(pk=inbox_id).update(answered_at=clock.now(), failing_since=None, last_error="")


def failing(inbox_id: int, words: str) -> None:
    Inbox.objects.filter(pk=inbox_id).update(
        failing_since=Coalesce("failing_since", Value(clock.now())), last_error=words[:2000]
    )
