"""Looking at all open tickets again, in chunks, in the background, after what applies to them has changed."""

from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import Q

from common import clock
from journal.actor import Actor, ActorKind
from journal.models import Entry
from sla import deriving
from sla import events as e
from sla.history import Row, rows_of
from sla.matching import NOTHING, active_versions, match_all
from sla.models import Reapplication
from tickets.models import Category, Ticket

CHUNK = 200
LEASE = timedelta(minutes=2)
# A ticket that was being opened while the change was committed has committed too by then.
SECOND_LOOK_AFTER = timedelta(minutes=1)
_OPEN = Q(category__lt=Category.RESOLVED, is_hidden=False)


def request(*, reason: str, actor: Actor, at: datetime, looks: int = 2) -> None:
    """Ask for it, in the name of whoever made the change. Two looks: see the model."""
    for number in range(looks):
        Reapplication.objects.create(
            reason=reason,
            actor_kind=actor.kind.value,
            actor_id=actor.id,
            actor_name=actor.name,
            requested_at=at,
            not_before=clock.now() + number * SECOND_LOOK_AFTER,
            is_second=number > 0,
        )


def request_if_outdated(ticket_id: int) -> None:
    """Ask for one look if an open ticket has not got what applies to it: its derivation has failed."""
    if not Ticket.objects.filter(_OPEN, pk=ticket_id).exists() or not outdated([ticket_id]):
        return
    waiting = Reapplication.objects.filter(finished_at=None, claimed_until=None, done_to=0)
    if not waiting.filter(not_before__lte=clock.now()).exists():
        request(reason="check", actor=Actor.system("sla"), at=clock.now(), looks=1)


def work(seconds: float) -> int:
    """Do what is due for at most so long; returns how many tickets changed."""
    until = monotonic() + seconds
    changed = 0
    while monotonic() < until:
        job = _claim()
        if job is None:
            break
        while monotonic() < until:
            done, left = _chunk(job)
            changed += done
            if not left:
                job.finished_at = clock.now()
                job.save(update_fields=["finished_at"])
                break
            job.claimed_until = clock.now() + LEASE
            job.save(update_fields=["claimed_until", "done_to", "changed"])
        else:
            Reapplication.objects.filter(pk=job.pk).update(claimed_until=None)
    return changed


def _claim() -> Reapplication | None:
    """The newest request that is due; older ones are done with it, since it begins at the first ticket."""
    now = clock.now()
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lt=now)
    due = Reapplication.objects.filter(free, finished_at=None, not_before__lte=now)
    for job in due.order_by("-not_before", "-pk")[:5]:
        taken = Reapplication.objects.filter(free, pk=job.pk, finished_at=None).update(
            claimed_until=now + LEASE
        )
        if taken:
            older = Reapplication.objects.filter(free, finished_at=None, not_before__lte=job.not_before)
            older.exclude(pk=job.pk).update(finished_at=now)
            return job
    return None


def _chunk(job: Reapplication) -> tuple[int, bool]:
    """Look at the next tickets; (how many changed, whether there may be more)."""
    tickets = Ticket.objects.filter(_OPEN, pk__gt=job.done_to).order_by("pk")
    ids = list(tickets.values_list("pk", flat=True)[:CHUNK])
    if not ids:
        return 0, False
    actor = Actor(ActorKind(job.actor_kind), job.actor_id, job.actor_name)
    changed = sum(reapply_one(ticket_id, reason=job.reason, actor=actor) for ticket_id in outdated(ids))
    job.done_to = ids[-1]
    job.changed += changed
    return changed, True


def outdated(ticket_ids: list[int]) -> list[int]:
    """Those to which something else applies than was applied last."""
    policies = active_versions()
    fits = match_all(ticket_ids, policies) if policies else dict.fromkeys(ticket_ids, NOTHING)
    last = dict(
        Entry.objects.filter(stream_type="ticket", stream_id__in=ticket_ids, kind=e.SlaPolicyApplied.kind)
        .order_by("stream_id", "-sequence")
        .distinct("stream_id")
        .values_list("stream_id", "data")
    )
    return [pk for pk in ticket_ids if pk in fits and fits[pk].is_news(last.get(pk))]


@transaction.atomic
def reapply_one(ticket_id: int, *, reason: str, actor: Actor, at: datetime | None = None) -> bool:
    """Apply the policy that fits now, and recount; False when it is the one applied already."""
    Ticket.objects.lock(ticket_id)
    rows = rows_of([ticket_id])
    news = deriving.apply(ticket_id, rows, reason=reason, actor=actor, at=at)
    if news is None:
        return False
    deriving.write(ticket_id, [*rows, Row.of(news)], trigger=news, reason=reason)
    return True
