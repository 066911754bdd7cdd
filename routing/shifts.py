"""The end of a shift: what becomes of the tickets, and who is told.

Each end of each person's shift is dealt with once (``ShiftEnd``), ticket by ticket, so that nobody waits for
the last of them; a worker that dies leaves the rest to the next one. What is pending, on hold or snoozed
stays with its assignee: when it comes back to life, ``reopening`` sees whether they are there.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef

from common import clock
from common.queue import ask_on_commit
from journal.actor import Actor
from people.events import SHIFT_END
from people.models import Absence, AtShiftEnd, Shift, Strategy, Team, User
from people.working import presences
from routing import timers
from routing.assignment import place, to_queue
from routing.candidates import Pool, active, is_active, need_of
from routing.choosing import choose
from routing.digests import send_digests
from routing.models import ShiftEnd, Waiting
from routing.succession import first_at_work, successors
from tickets import commands, errors
from tickets.commands.base import begin
from tickets.models import Ticket

log = structlog.get_logger(__name__)

ACTOR = Actor.system(SHIFT_END)
LEASE = timedelta(minutes=2)
_TRY_FOR = timedelta(hours=2)
_LOOK_BACK = timedelta(days=8)


def watch() -> int:
    """Deal with every shift that has ended, and let queues follow the sun; returns how many have."""
    now = clock.now()
    ends = list(_ended(now))
    left = ShiftEnd.objects.filter(done_at=None, claimed_until__lt=now)
    ends += [end for end in left.values_list("user_id", "ended_at") if end not in ends]
    done = sum(_deal(user_id, ended_at, now) for user_id, ended_at in ends)
    follow_the_sun(now)
    return done


def _ended(now: datetime) -> Iterator[tuple[int, datetime]]:
    """Who has gone home, and when, as far as nobody has dealt with it.

    An end before the plan was written down is none: nobody had a shift then.
    """
    absent = Absence.objects.filter(user=OuterRef("pk"), starts_at__lte=now, ends_at__gt=now - _LOOK_BACK)
    planned = Exists(Shift.objects.filter(user=OuterRef("pk"))) | Exists(absent)
    ids = list(User.objects.staff().filter(planned).order_by("pk").values_list("pk", flat=True))
    if not ids:
        return
    dealt: dict[int, datetime] = {}
    rows = ShiftEnd.objects.filter(user__in=ids, ended_at__gt=now - 2 * _LOOK_BACK).order_by("ended_at")
    dealt.update(rows.values_list("user_id", "ended_at"))
    for user_id, person in presences(ids, now - _LOOK_BACK, now + _LOOK_BACK).items():
        ended_at = person.left_at(now)
        if ended_at is None or (person.planned_at is not None and ended_at < person.planned_at):
            continue
        if user_id not in dealt or dealt[user_id] < ended_at:
            yield user_id, ended_at


def _deal(user_id: int, ended_at: datetime, now: datetime) -> bool:
    """Pass on what somebody leaves. False when another worker is at it, or was."""
    end, created = ShiftEnd.objects.get_or_create(
        user_id=user_id, ended_at=ended_at, defaults={"claimed_until": now + LEASE}
    )
    if not created:
        free = ShiftEnd.objects.filter(pk=end.pk, done_at=None, claimed_until__lt=now)
        if not free.update(claimed_until=now + LEASE):
            return False
    held = Ticket.objects.filter(active(now), assignee=user_id).order_by("-priority", "pk")
    failed = False
    for ticket_id in list(held.values_list("pk", flat=True)):
        try:
            _pass_on(end.pk, ticket_id)
        except Exception:
            failed = True
            log.exception("shift.failed", ticket=ticket_id, shift_end=end.pk)
    if failed and now < ended_at + _TRY_FOR:
        return False  # again when the lease is over
    send_digests(end.pk, actor=ACTOR)
    return True


@transaction.atomic
def _pass_on(end_id: int, ticket_id: int) -> None:
    """One ticket, as its team decides; looked at again under its lock, for it may have moved meanwhile."""
    try:
        ticket, at = begin(ticket_id, None)
    except errors.Merged:
        return
    end = ShiftEnd.objects.select_for_update(no_key=True).get(pk=end_id)
    if ticket.assignee_id != end.user_id or not is_active(ticket, at):
        return
    team = ticket.team
    what = team.shift_end if team else AtShiftEnd.KEEP
    taken_by: int | None = None
    if team is not None and what == AtShiftEnd.QUEUE:
        to_queue(ticket, actor=ACTOR, at=at)
    elif team is not None and what == AtShiftEnd.HAND_OVER:
        taken_by = _hand_over(ticket, team, end.user_id, at)
    outcome = "kept" if what == AtShiftEnd.KEEP else "received" if taken_by else "queued"
    end.outcomes.append([ticket.pk, team.pk if team else None, outcome, taken_by])
    end.save(update_fields=["outcomes"])


def _hand_over(ticket: Ticket, team: Team, leaver: int, at: datetime) -> int | None:
    """To somebody of the team, else of those it hands over to; else into the queue of whoever is at work."""
    line = [team, *successors(team)]
    pool = Pool.load([one.pk for one in line], at, without=ticket.pk)
    need = need_of(ticket)
    for one in line:
        by = one.strategy if one.strategy != Strategy.NONE else Strategy.LEAST_LOADED
        if choose(by, pool.of(one.pk, but=[leaver]), need) is not None:
            break
    else:
        one = first_at_work(line, at) or team
        by = one.strategy
    if one.pk != team.pk:
        commands.set_team(ticket.pk, team=one, actor=ACTOR, at=at)
        ticket.team = one
    if by == Strategy.NONE:
        to_queue(ticket, actor=ACTOR, at=at)
        return None
    user = place(ticket, need, strategy=by, but=[leaver], in_line=False, tell=False, actor=ACTOR, at=at)
    return user.pk if user else None


def follow_the_sun(now: datetime) -> int:
    """Move what waits for a team whose people have all gone home to the team it hands over to."""
    teams = Team.objects.filter(
        Exists(Waiting.objects.filter(team=OuterRef("pk"))),
        shift_end=AtShiftEnd.HAND_OVER,
        hands_over_to__isnull=False,
    )
    moved = 0
    for team in teams:
        target = first_at_work([team, *successors(team)], now)
        if target is None or target.pk == team.pk:
            continue
        for ticket_id in list(Waiting.objects.filter(team=team).values_list("ticket", flat=True)):
            moved += _move(ticket_id, team, target)
    return moved


@transaction.atomic
def _move(ticket_id: int, team: Team, target: Team) -> bool:
    free = Ticket.objects.select_for_update(no_key=True, skip_locked=True)
    ticket = free.filter(pk=ticket_id, team=team, assignee=None, merged_into=None).first()
    if ticket is None or not Waiting.objects.filter(ticket=ticket, team=team).exists():
        return False
    ticket = commands.set_team(ticket.pk, team=target, actor=ACTOR)
    Waiting.objects.filter(ticket=ticket).update(team=target, strategy="")
    ask_on_commit(timers.drain_waiting)
    return True
