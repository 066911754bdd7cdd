"""Whether mail arrives: received = in tickets + duplicates + discarded + quarantined + waiting."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max

from channels_in import budget
from channels_in.models import Inbound, Inbox
from common import clock

LATEST = 10_000  # the equation is shown for so many of the latest mails, whatever the table holds
MOST_SHOWN = 1_000


@dataclass(frozen=True)
class Balance:
    """One inbox's share of the latest mails. ``received`` is counted by itself, not added up."""

    inbox: Inbox
    received: int
    done: int
    duplicate: int
    discarded: int
    quarantined: int
    pending: int
    causes: dict[str, int] = field(default_factory=dict)  # of what was discarded or set aside

    @property
    def holds(self) -> bool:
        parts = self.done + self.duplicate + self.discarded + self.quarantined + self.pending
        return self.received == parts


@dataclass(frozen=True)
class Health:
    balances: list[Balance]
    since: datetime | None  # the oldest mail counted
    waiting: int  # at most MOST_SHOWN
    oldest_waiting: datetime | None
    quarantined: int  # at most MOST_SHOWN
    breaker: budget.Breaker
    exhausted: list[tuple[str, int]]

    @property
    def lag(self) -> float:
        """Seconds that the oldest mail has waited."""
        return (clock.now() - self.oldest_waiting).total_seconds() if self.oldest_waiting else 0.0


def read() -> Health:
    """A fixed number of queries, each over a bounded number of rows."""
    newest = Inbound.objects.aggregate(last=Max("pk"))["last"] or 0
    latest = Inbound.objects.filter(pk__gt=newest - LATEST)
    received = dict(latest.values_list("inbox_id").annotate(n=Count("pk")))
    counted: dict[int, dict[str, int]] = {}
    causes: dict[int, dict[str, int]] = {}
    for inbox_id, status, cause, number in latest.values_list("inbox_id", "status", "cause").annotate(
        n=Count("pk")
    ):
        by_status = counted.setdefault(inbox_id, {})
        by_status[status] = by_status.get(status, 0) + number
        if cause:
            by_cause = causes.setdefault(inbox_id, {})
            by_cause[cause] = by_cause.get(cause, 0) + number
    pending = Inbound.objects.filter(status=Inbound.Status.PENDING)
    quarantined = Inbound.objects.filter(status=Inbound.Status.QUARANTINED)
    return Health(
        balances=[
            Balance(
                inbox=inbox,
                received=received.get(inbox.pk, 0),
                causes=causes.get(inbox.pk, {}),
                **{one.value: counted.get(inbox.pk, {}).get(one.value, 0) for one in Inbound.Status},
            )
            for inbox in Inbox.objects.filter(kind="email").only("pk", "name", "address", "is_active")
        ],
        since=latest.order_by("pk").values_list("received_at", flat=True).first(),
        waiting=pending[:MOST_SHOWN].count(),
        oldest_waiting=pending.order_by("pk").values_list("received_at", flat=True).first(),
        quarantined=quarantined[:MOST_SHOWN].count(),
        breaker=budget.breaker(),
        exhausted=budget.exhausted(),
    )
