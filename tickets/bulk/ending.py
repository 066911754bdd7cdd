"""The end of a job: its state, and one entry for each person whom it has given tickets."""

from collections import defaultdict

from django.db import transaction
from django.db.models import QuerySet

from common import clock
from journal.actor import Actor
from journal.models import Entry
from journal.record import record
from people.models import User
from tickets.bulk.events import TicketsAssigned
from tickets.models import BulkItem, BulkJob

TOLD = 100  # tickets that an entry names
RECENT = 20  # jobs of one person among which an assignment is looked for


@transaction.atomic
def end(live: QuerySet[BulkJob], job_id: int, state: str) -> bool:
    """Bring the job to its end, if it is still among ``live``; False if it has ended or is another's."""
    if not live.filter(pk=job_id).update(state=state, finished_at=clock.now(), claimed_until=None):
        return False
    job = BulkJob.objects.get(pk=job_id)
    if job.act == BulkJob.Act.ASSIGN and is_told_together(job):
        _tell_assignees(job)
    return True


def is_told_together(job: BulkJob) -> bool:
    """A job on one ticket tells of it as by hand."""
    return job.total > 1


def gave(owner_id: int, entry: Entry) -> bool:
    """Whether this assignment by ``owner_id`` was one of a bulk change's."""
    jobs = BulkJob.objects.filter(owner=owner_id, act=BulkJob.Act.ASSIGN, total__gt=1)
    jobs = jobs.filter(created_at__lte=entry.recorded_at).order_by("-pk")
    # A job leaves the ticket with the number of its entry, or of what followed from that at once.
    items = BulkItem.objects.filter(
        job__in=list(jobs.values_list("pk", flat=True)[:RECENT]),
        ticket=entry.stream_id,
        state=BulkItem.State.DONE,
        sequence__gte=entry.sequence,
    )
    return items.exists()


def _tell_assignees(job: BulkJob) -> None:
    received: dict[int, list[int]] = defaultdict(list)
    taken: set[int] = set()  # whoever receives what was somebody else's
    for ticket_id, user_id, before in _assigned(job):
        if user_id is not None and user_id != job.owner_id:
            received[user_id].append(ticket_id)
            taken |= {user_id} if before is not None else set()
    list(User.objects.select_for_update(no_key=True).filter(pk__in=received).order_by("pk"))
    for user_id, tickets in sorted(received.items()):
        event = TicketsAssigned(user_id, job.pk, len(tickets), tickets[:TOLD], user_id in taken)
        record(event, actor=Actor.user(job.owner))


def _assigned(job: BulkJob) -> list[tuple[int, int | None, int | None]]:
    """(ticket, whose it is now, whose it was) for what the job has changed; an undo brings back what was."""
    done = BulkItem.objects.filter(job=job, state=BulkItem.State.DONE).order_by("ticket")
    if job.undoes_id is None:
        return [(ticket, job.value, before) for ticket, before in done.values_list("ticket", "before")]
    earlier = BulkItem.objects.filter(job=job.undoes_id, ticket__in=done.values("ticket")).order_by("ticket")
    value = BulkJob.objects.values_list("value", flat=True).get(pk=job.undoes_id)
    return [(ticket, before, value) for ticket, before in earlier.values_list("ticket", "before")]
