"""Mails of the system's own, one row each: claimed by a lease, sent over one connection.

A row's model has ``state`` (``waiting`` until settled), ``claimed_until``, ``attempts``, ``created_at``.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from django.core.mail import get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import F, Model, Q, QuerySet

from common import clock

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=60)  # longer than one mail takes: then whoever had claimed it has died
MOST_A_RUN = 50
TIMEOUT = 15  # seconds the server may take to answer

Row = TypeVar("Row", bound=Model)


def send_waiting(
    rows: QuerySet[Row], settle: Callable[[Row, BaseEmailBackend], bool], *, again: timedelta
) -> int:
    """Have what waits among ``rows`` sent, the oldest first; returns how many left.

    ``settle`` sends one and writes its state; whether it left. After ``OSError`` (also smtplib's) the row
    is tried ``again`` so much later, over a new connection.
    """
    sent = 0
    server = get_connection(timeout=TIMEOUT)
    try:
        for _each in range(MOST_A_RUN):
            if (pk := _claim(rows.model)) is None:
                break
            try:
                sent += settle(rows.get(pk=pk), server)
            except OSError as error:
                log.warning("system_mail.not_sent", model=rows.model._meta.label, pk=pk, error=repr(error))
                rows.model._default_manager.filter(pk=pk, state="waiting").update(
                    claimed_until=clock.now() + again
                )
                server.close()
    finally:
        server.close()
    return sent


@transaction.atomic
def _claim(model: type[Model]) -> Any:
    """The row that is ours for the time of a lease; None when nothing waits."""
    now = clock.now()
    free = Q(claimed_until=None) | Q(claimed_until__lt=now)
    waiting = model._default_manager.select_for_update(no_key=True, skip_locked=True)
    pk = waiting.filter(free, state="waiting").order_by("created_at").values_list("pk", flat=True).first()
    if pk is not None:
        mine = model._default_manager.filter(pk=pk)
        mine.update(claimed_until=now + LEASE, attempts=F("attempts") + 1)
    return pk
