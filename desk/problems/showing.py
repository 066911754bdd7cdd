"""What the page of a problem shows, in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, prefetch_related_objects
from django.http import Http404
from django.utils.dateparse import parse_datetime

from channels_in.broadcasts.planning import REASONS
from common import clock
from common.text import number
from desk.request import DeskRequest
from people.access import may_manage_problem
from people.models import Contact, User
from tickets import problems
from tickets.models import Broadcast, BroadcastRecipient, MoveJob, Problem, Stage, Ticket
from tickets.models.problem import ENDS
from tickets.problem_history import history

TICKETS = 30
BROADCASTS = 10
_TOLD_FOR = timedelta(days=1)
_REASONS_SHOWN = 12
_BROKEN_SHOWN = 50
_COUNTED = ("sent", "skipped", "failed", "waiting")


def find_problem(problem_id: int) -> Problem:
    """Everybody at the desk reads problems."""
    problem = Problem.objects.select_related("owner", "brand", "created_by").filter(pk=problem_id).first()
    if problem is None:
        raise Http404
    return problem


def find_broadcast(broadcast_id: int) -> Broadcast:
    rows = Broadcast.objects.select_related("problem", "author", "status")
    broadcast = rows.filter(pk=broadcast_id).first()
    if broadcast is None:
        raise Http404
    return broadcast


@dataclass(frozen=True)
class Step:
    """A stage as a step of the way; ``at``: when it was reached."""

    stage: Stage
    at: datetime | None
    is_now: bool


def steps_of(problem: Problem) -> list[Step]:
    """The stages in their order; of the two ends the one that was reached, else the good one."""
    shown = [stage for stage in Stage if stage not in ENDS or stage == problem.stage]
    if not problem.is_over:
        shown.append(Stage.FIXED)
    return [
        Step(stage, parse_datetime(problem.reached.get(stage.value, "")), stage == problem.stage)
        for stage in shown
    ]


@dataclass(frozen=True)
class Progress:
    """How far a broadcast is. ``reasons``: (words, how many) of who did not get it, most frequent first;
    ``broken``: of whom it failed the tickets that the reader may see."""

    broadcast: Broadcast
    sent: int
    skipped: int
    failed: int
    waiting: int
    reasons: list[tuple[str, int]]
    broken: list[Ticket]

    @property
    def settled(self) -> int:
        return self.broadcast.total - self.waiting

    @property
    def minutes(self) -> int:
        """How long the rest takes, at least."""
        return -(-self.waiting // self.broadcast.per_minute)


def progress_of(broadcasts: list[Broadcast], user: User) -> list[Progress]:
    """Of several, in one query, and in two more where something has failed."""
    rows = BroadcastRecipient.objects.filter(broadcast__in=broadcasts).values_list(
        "broadcast", "state", "reason"
    )
    counted: dict[int, dict[str, int]] = {}
    why: dict[int, dict[str, int]] = {}
    for pk, state, reason, count in rows.annotate(count=Count("pk")).order_by() if broadcasts else ():
        states = counted.setdefault(pk, {})
        states[state] = states.get(state, 0) + count
        if reason:
            words = str(REASONS.get(reason, reason))
            reasons = why.setdefault(pk, {})
            reasons[words] = reasons.get(words, 0) + count
    failed = [pk for pk, states in counted.items() if states.get("failed")]
    broken = _broken(failed, user) if failed else {}
    return [
        Progress(
            one,
            **{name: counted.get(one.pk, {}).get(name, 0) for name in _COUNTED},
            reasons=sorted(why.get(one.pk, {}).items(), key=lambda each: -each[1])[:_REASONS_SHOWN],
            broken=broken.get(one.pk, []),
        )
        for one in broadcasts
    ]


def _broken(broadcast_ids: list[int], user: User) -> dict[int, list[Ticket]]:
    """The newest tickets on which these have failed, by broadcast."""
    failed = BroadcastRecipient.objects.filter(
        broadcast__in=broadcast_ids, state=BroadcastRecipient.State.FAILED
    )
    pairs = list(failed.order_by("-ticket").values_list("broadcast", "ticket")[:_BROKEN_SHOWN])
    seen = Ticket.objects.visible_to(user).in_bulk([ticket_id for _broadcast, ticket_id in pairs])
    found: dict[int, list[Ticket]] = {}
    for broadcast_id, ticket_id in pairs:
        if ticket_id in seen:
            found.setdefault(broadcast_id, []).append(seen[ticket_id])
    return found


def page_context(request: DeskRequest, problem: Problem) -> dict[str, Any]:
    """For desk/problems/problem.html."""
    counts = problems.counts([problem.pk])[problem.pk]
    tickets, older = tickets_of(problem, request.user, before=number(request.GET.get("before")))
    broadcasts = Broadcast.objects.filter(problem=problem).select_related("problem", "author", "status")
    told = progress_of(list(broadcasts.order_by("-pk")[:BROADCASTS]), request.user)
    return {
        "problem": problem,
        "manages": may_manage_problem(request.user, problem.owner_id),
        "steps": steps_of(problem),
        "stages": Stage,
        "counts": counts,
        "tickets": tickets,
        "older": older,
        "unseen": unseen(problem, counts, request.user),
        "history": history(problem),
        "broadcasts": told,
        "moves": moves_of(problem),
        "is_sending": any(one.broadcast.state == Broadcast.State.SENDING for one in told),
    }


def moves_of(problem: Problem) -> list[MoveJob]:
    """Merges from or into it that are not over, or did not end well within a day."""
    recent = Q(finished_at=None) | Q(finished_at__gt=clock.now() - _TOLD_FOR)
    latest = MoveJob.objects.filter(recent, kind=MoveJob.Kind.PROBLEM).exclude(state=MoveJob.State.DONE)
    mine = latest.filter(Q(source_id=problem.pk) | Q(target_id=problem.pk))
    return list(mine.select_related("owner").order_by("-pk")[:3])


def tickets_of(problem: Problem, user: User, *, before: int | None) -> tuple[list[Ticket], int | None]:
    """The tickets that ``user`` may see, newest first. ``before``: the second value of the page before."""
    rows = Ticket.objects.visible_to(user).listed().filter(problem=problem)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    rows = rows.select_related("status", "assignee", "requester__survivor", "brand")
    found = list(rows.order_by("-pk")[: TICKETS + 1])
    read_names(ticket.requester.person for ticket in found)
    return found[:TICKETS], found[TICKETS - 1].pk if len(found) > TICKETS else None


def read_names(people: Iterable[Contact]) -> None:
    """Whoever has no name is called by their address: read all of them in one query."""
    nameless = [person for person in people if not person.name]
    if nameless:
        prefetch_related_objects(nameless, "identities")


def unseen(problem: Problem, counts: problems.Counts, user: User) -> int:
    """How many of the tickets counted the reader may not see: their number, and nothing else of them."""
    if user.sees_all:
        return 0
    newest = Ticket.objects.listed().filter(problem=problem).order_by("-pk")
    newest_ids = newest.values("pk")[: problems.MOST_COUNTED]
    seen = Ticket.objects.visible_to(user).filter(pk__in=newest_ids).count()
    return max(counts.tickets - seen, 0)
