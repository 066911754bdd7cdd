"""Working jobs off: claimed by a lease, ticket after ticket in order of number, until done or cancelled.

One job is worked on by one worker at a time, and of the large ones one at all, in turns of some seconds: a
large job holds up neither another nor the mail. A worker that dies leaves its job to the next sweep, once
the lease has run out; a late one finds, in the transaction of its next ticket, that the job is no longer its
own. Which of them has a ticket decides the lock of its item.
"""

from datetime import timedelta
from time import monotonic

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import translation
from django.utils.translation import gettext_noop

from common import clock
from journal.actor import ActorKind
from journal.models import Entry
from people.access import may
from people.models import User
from people.teams import user_team_ids
from tickets import listing
from tickets.bulk import ending
from tickets.bulk.acts import Act, act_of
from tickets.conditions.fields import Context
from tickets.errors import TicketError
from tickets.models import BulkItem, BulkJob, Ticket

log = structlog.get_logger(__name__)

State, Item = BulkJob.State, BulkItem.State
MOST = 10_000  # tickets of one job
SMALL = 50  # so many at most are worked off where they were asked for
LEASE = timedelta(seconds=60)
MOST_DEATHS = 3
GATHERED_AT_ONCE = 1000
LOOKED_UP_AT_ONCE = 20  # tickets between two looks at what their owner may do
TURN = 15.0  # seconds
KEPT = timedelta(days=30)
_ADVISORY = 0x62756C6B  # "bulk": one is claimed at a time
_CHANCES = 3


class Ended(Exception):
    """The job was cancelled, or another worker has it."""


def run_next(*, seconds: float = TURN) -> bool:
    """Give the job whose turn it is a turn; False when there is none, or a large one is being worked on."""
    job = claim()
    if job is not None:
        work(job, seconds=seconds)
    return job is not None


def run_now(job_id: int, *, seconds: float = TURN) -> None:
    """Give this job a turn here and now, unless a worker has it; what is left is for the sweep."""
    job = claim(job_id)
    if job is not None:
        work(job, seconds=seconds)


@transaction.atomic
def claim(job_id: int | None = None) -> BulkJob | None:
    """Take a lease: of this job, else of the free one that has had the fewest turns."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_ADVISORY])
    now = clock.now()
    jobs = BulkJob.objects.filter(state__in=BulkJob.OPEN)
    if job_id is None and jobs.filter(claimed_until__gte=now, total__gt=SMALL).exists():
        return None
    free = jobs.filter(Q(claimed_until=None) | Q(claimed_until__lt=now))
    wanted = free if job_id is None else free.filter(pk=job_id)
    for job in wanted.order_by("claims", "pk"):
        if job.deaths + (job.claimed_until is not None) >= MOST_DEATHS:
            log.error("bulk.given_up", job=job.pk)
            ending.end(free, job.pk, State.FAILED)
            continue
        if job.claimed_until is not None:
            job.deaths += 1
        job.state, job.claims, job.claimed_until = State.RUNNING, job.claims + 1, now + LEASE
        job.started_at = job.started_at or now
        # An expired lease may be renewed just now, by a worker that was slow: then it keeps the job.
        taken = free.filter(pk=job.pk).update(
            state=job.state, claims=job.claims, claimed_until=job.claimed_until,
            started_at=job.started_at, deaths=job.deaths,
        )  # fmt: skip
        if taken:
            return job
    return None


def work(job: BulkJob, *, seconds: float = TURN) -> None:
    """Work a claimed job off for about ``seconds``; then it is done, or free for its next turn.

    Raises only if the database is gone: the lease runs out then.
    """
    until = monotonic() + seconds
    owned = _owned(job)
    try:
        # Refusals keep their words untranslated: they are read later, maybe in another language.
        with translation.override("en"):
            if not job.is_gathered:
                gather(job)
            while some := _next_items(job):
                owner = User.objects.get(pk=job.owner_id)  # anew: what they may do can have changed
                act = act_of(job, owner)
                for item_id in some:
                    _attempt(job, act, item_id)
                    if monotonic() > until:
                        owned.update(claimed_until=None)
                        return
        ending.end(owned, job.pk, State.DONE)
    except Ended:
        log.info("bulk.ended", job=job.pk)


def forget_old() -> int:
    """Drop jobs, with their items and undos, that nobody will ask about any more."""
    return BulkJob.objects.filter(undoes=None, finished_at__lt=clock.now() - KEPT).delete()[0]


def _owned(job: BulkJob) -> QuerySet[BulkJob]:
    return BulkJob.objects.filter(pk=job.pk, state=State.RUNNING, claims=job.claims)


# --- which tickets -------------------------------------------------------------------------------


def gather(job: BulkJob) -> None:
    """Write down the job's tickets, a thousand at a time, each batch a transaction."""
    while not job.is_gathered:
        with transaction.atomic():
            found = _beyond(job)
            room = MOST - BulkItem.objects.filter(job=job).count()
            items = [BulkItem(job=job, ticket_id=number) for number in found[:room]]
            BulkItem.objects.bulk_create(items, ignore_conflicts=True)
            job.gathered_to = found[-1] if found else job.gathered_to
            job.is_gathered = len(found) < GATHERED_AT_ONCE or len(found) >= room
            values = {"gathered_to": job.gathered_to, "is_gathered": job.is_gathered}
            if job.is_gathered:
                values["total"] = BulkItem.objects.filter(job=job).count()
            if not _owned(job).update(**values, claimed_until=clock.now() + LEASE):
                raise Ended


def _beyond(job: BulkJob) -> list[int]:
    """The next numbers: of what the conditions select, or of what the job to be undone has changed."""
    if job.undoes_id is not None:
        changed = BulkItem.objects.filter(job=job.undoes_id, state=Item.DONE, ticket__gt=job.gathered_to)
        return list(changed.order_by("ticket").values_list("ticket", flat=True)[:GATHERED_AT_ONCE])
    owner = User.objects.get(pk=job.owner_id)
    context = Context(job.created_at, owner.pk, tuple(user_team_ids(owner)))
    tickets = listing.select(owner, job.conditions or {}, context)
    # What has come since was not on the screen.
    tickets = tickets.filter(pk__gt=job.gathered_to, opened_at__lte=job.created_at)
    return list(tickets.order_by("pk").values_list("pk", flat=True)[:GATHERED_AT_ONCE])


def _next_items(job: BulkJob) -> list[int]:
    waiting = BulkItem.objects.filter(job=job, state=Item.WAITING).order_by("ticket")
    return list(waiting.values_list("pk", flat=True)[:LOOKED_UP_AT_ONCE])


# --- one ticket ----------------------------------------------------------------------------------


def _attempt(job: BulkJob, act: Act, item_id: int) -> None:
    """Do one ticket. What breaks is a refusal of this ticket and stops no other."""
    for chance in range(1, _CHANCES + 1):
        try:
            _settle(job, act, item_id)
            return
        except (OperationalError, InterfaceError):  # two verbs that locked each other, say
            if connection.connection is None or not connection.is_usable():
                raise
            if chance == _CHANCES:
                log.exception("bulk.failed", job=job.pk, item=item_id)
        except Ended:
            raise
        except Exception:
            log.exception("bulk.failed", job=job.pk, item=item_id)
            break
    _settle(job, act, item_id, TicketError(gettext_noop("Something broke on our side.")))


@transaction.atomic
def _settle(job: BulkJob, act: Act, item_id: int, refusal: TicketError | None = None) -> None:
    """Item, verb and count in one transaction; nothing if somebody has done it meanwhile."""
    rows = BulkItem.objects.select_for_update(no_key=True)
    item = rows.filter(pk=item_id, state=Item.WAITING).first()
    if item is None:
        return
    try:
        if refusal is not None:
            raise refusal
        with transaction.atomic():  # a refusal takes back what the act had begun
            _act(job, act, item)
    except TicketError as error:
        item.state, item.reason, item.params = Item.REFUSED, error.source, error.params
    item.save(update_fields=["state", "before", "sequence", "reason", "params"])
    column = {Item.DONE: "done", Item.SAME: "same", Item.REFUSED: "refused"}[Item(item.state)]
    # Last, so that the job's row is not locked while the verb works; and what a cancelled job did is undone.
    if not _owned(job).update(**{column: F(column) + 1}, claimed_until=clock.now() + LEASE, deaths=0):
        raise Ended


def _act(job: BulkJob, act: Act, item: BulkItem) -> None:
    if not may(act.owner, act.permission):
        raise TicketError(gettext_noop("You may no longer do this."))
    ticket = Ticket.objects.lock(item.ticket_id)
    if not Ticket.objects.visible_to(act.owner).filter(pk=ticket.pk).exists():
        raise TicketError(gettext_noop("You no longer see this ticket."))
    last = _last(ticket.pk)
    if job.undoes_id is None:
        item.before = act.state(ticket)
        act.do(ticket)
    else:
        earlier = BulkItem.objects.get(job=job.undoes_id, ticket=item.ticket_id)
        _check_unchanged(act, earlier)
        act.restore(ticket, earlier.before)
    item.sequence = _last(ticket.pk)
    item.state = Item.SAME if item.sequence == last else Item.DONE


def _last(ticket_id: int) -> int:
    """The number of a ticket's newest entry in the journal."""
    entries = Entry.objects.filter(stream_type="ticket", stream_id=ticket_id)
    return entries.order_by("-sequence").values_list("sequence", flat=True).first() or 0


def _check_unchanged(act: Act, earlier: BulkItem) -> None:
    """Refuse to undo what somebody has changed since in the same respect: theirs is the later decision."""
    since = Entry.objects.filter(
        stream_type="ticket", stream_id=earlier.ticket_id, sequence__gt=earlier.sequence
    )
    for entry in since.order_by("-sequence"):
        if not act.concerns(entry.kind, entry.data):
            continue
        if entry.actor_kind == ActorKind.USER:
            if entry.actor_id == act.owner.pk:
                raise TicketError(gettext_noop("You have changed this since."))
            name = User.objects.filter(pk=entry.actor_id or 0).values_list("name", flat=True).first()
            raise TicketError(gettext_noop("%(name)s has changed this since."), name=name or "?")
        if entry.actor_kind == ActorKind.CONTACT:
            raise TicketError(gettext_noop("The customer has changed this since."))
        raise TicketError(gettext_noop("A rule or a timer has changed this since."))
