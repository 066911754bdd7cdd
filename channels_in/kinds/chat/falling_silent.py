"""A talk that nobody goes on with ends by itself: its visitor has gone, and it is silent.

The widget says after how many minutes without a word of either side. The ticket stays as it is; what an agent
writes afterwards goes by mail, and what the visitor says is another talk.
"""

from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import DurationField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet, Value

from channels_in.kinds.chat import sessions, verbs
from channels_in.models import ChatLine, ChatSession
from channels_in.models.chat import GONE_AFTER
from common import clock
from journal.actor import Actor

log = structlog.get_logger(__name__)

ACTOR = Actor.system("chat-gone")


def end_quiet(*, most: int = 200) -> int:
    """End every talk whose time is over; returns how many."""
    done = 0
    for session_id in list(_quiet().order_by("seen_at").values_list("pk", flat=True)[:most]):
        try:
            done += _end(session_id)
        except Exception:
            log.exception("chat.not_ended", session=session_id)
    return done


@transaction.atomic
def _end(session_id: int) -> bool:
    verbs.lock(session_id)
    if not _quiet().filter(pk=session_id).exists():
        return False  # somebody has come back, or said something, while we waited for the lock
    verbs.end(session_id, by="gone", actor=ACTOR)
    return True


def _quiet() -> QuerySet[ChatSession]:
    """Nobody has been connected and nothing said for the widget's minutes.

    A talk with the bot in which something was said is people's first (``following``).
    """
    now = clock.now()
    waits = ExpressionWrapper(F("widget__quiet_minutes") * Value(timedelta(minutes=1)), DurationField())
    since = ExpressionWrapper(Value(now) - OuterRef("waits"), DurationField())
    said = ChatLine.objects.filter(session=OuterRef("pk"), at__gt=since).exclude(by=ChatLine.By.NOTICE)
    return ChatSession.objects.annotate(waits=waits).filter(
        ~Exists(said),
        ~Q(stage=ChatSession.Stage.BOT, follow_at__isnull=False),
        stage__in=sessions.GOING_ON,
        seen_at__lt=now - GONE_AFTER,
        waits__lt=Value(now) - F("seen_at"),
    )
