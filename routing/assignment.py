"""Giving a ticket to somebody of a team, by the team's strategy.

Locks: the ticket first, as always, then one lock for all assignment of the installation, just before
choosing. Whoever holds it sees every ticket given before, so that no two workers can both take the last of
somebody's capacity, whichever teams they work for. Nobody locks another ticket while holding it.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from common.queue import ask_on_commit
from journal.actor import Actor
from people.capacity import group_of
from people.models import Membership, Strategy, Team, User
from routing import alerts, timers
from routing.candidates import Pool, active, need_of, primary, why_nobody
from routing.choosing import Candidate, Need, choose, weigh
from routing.models import Requirement, Waiting
from tickets import commands
from tickets.commands.base import begin
from tickets.models import Category, Ticket

_ADVISORY = 0x61736767  # "asgg": one assignment at a time

# One statement, under the lock of assignment: the team's next turn is this person's.
_TAKE_TURN = """
    INSERT INTO routing_rotation (team_id, user_id, turn, count, last_assigned_at)
    SELECT %(team)s, %(user)s, COALESCE(MAX(turn), 0) + 1, 1, %(at)s
      FROM routing_rotation WHERE team_id = %(team)s
    ON CONFLICT (team_id, user_id) DO UPDATE
       SET turn = EXCLUDED.turn, count = routing_rotation.count + 1,
           last_assigned_at = EXCLUDED.last_assigned_at
"""


@transaction.atomic
def assign_by_strategy(
    ticket_id: int,
    *,
    team: Team | None = None,
    strategy: str | None = None,
    skills: Iterable[int] = (),
    language: str | None = None,
    actor: Actor,
    at: datetime | None = None,
) -> User | None:
    """Give the ticket to somebody of its team, or of ``team``, whose queue it then joins.

    Somebody of the team who has it already keeps it. Among those of the team who are available and on shift,
    have all of ``skills`` (ids), speak ``language`` and have room, ``strategy`` chooses (by default the
    team's own). When there is nobody, it waits (``Waiting``) until somebody has room, and the team's leads
    are told. It also waits while others that have waited longer could go to the same person.

    None when nobody got it: it waits, or the strategy is none, or it needs nobody (solved, hidden, no team).
    """
    ticket, at = begin(ticket_id, at)
    if ticket.category >= Category.RESOLVED or ticket.is_hidden:
        return None
    if team is not None and ticket.team_id != team.pk:
        commands.set_team(ticket.pk, team=team, actor=actor, at=at)
        ticket.team = team
    if ticket.team is None:
        return None
    need = _asked(ticket, skills, language)
    if ticket.assignee is not None and _is_of(ticket.assignee, ticket.team):
        return ticket.assignee
    return place(ticket, need, strategy=strategy or "", actor=actor, at=at)


def place(
    ticket: Ticket,
    need: Need | None = None,
    *,
    strategy: str = "",
    but: Collection[int] = (),
    in_line: bool = True,
    tell: bool = True,
    actor: Actor,
    at: datetime,
) -> User | None:
    """Find somebody of the ticket's team for it, whoever has it now; else leave it in the queue, waiting.

    The caller has locked the ticket. ``but`` are people who must not get it. Without ``in_line`` it is this
    ticket's turn; without ``tell`` no lead hears that nobody is there.
    """
    team = ticket.team
    assert team is not None  # what belongs to no team has nobody to go to
    need = need or need_of(ticket)
    by = strategy or team.strategy
    if by == Strategy.NONE or not team.is_active:
        Waiting.objects.filter(ticket=ticket).delete()
        commands.assign(ticket.pk, to=None, actor=actor, at=at)
        return None
    lock()
    pool = Pool.load([team.pk], at, without=ticket.pk)
    candidates = pool.of(team.pk, but=but)
    chosen = choose(by, candidates, need)
    reason = None
    if chosen is None:
        reason = why_nobody(team, pool, candidates, need)
    elif in_line and _somebody_waits_longer(ticket, pool.people[chosen], at):
        reason = Waiting.Reason.LINE
    if chosen is None or reason is not None:
        commands.assign(ticket.pk, to=None, actor=actor, at=at)
        _wait(ticket, team, strategy, str(reason), at)
        if tell and reason != Waiting.Reason.LINE:
            alerts.tell_leads(ticket, team, str(reason), actor=actor, at=at)
        return None
    user = User.objects.get(pk=chosen)
    commands.assign(ticket.pk, to=user, actor=actor, at=at)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_TURN, {"team": team.pk, "user": user.pk, "at": at})
    Waiting.objects.filter(ticket=ticket).delete()
    return user


def to_queue(ticket: Ticket, *, strategy: str = "", actor: Actor, at: datetime) -> None:
    """Take the ticket from whoever has it and let it wait in line like any other. It is locked."""
    team = ticket.team
    commands.assign(ticket.pk, to=None, actor=actor, at=at)
    if team is None or not team.is_active or (strategy or team.strategy) == Strategy.NONE:
        Waiting.objects.filter(ticket=ticket).delete()
    else:
        _wait(ticket, team, strategy, Waiting.Reason.LINE, at)


def lock() -> None:
    """Be the only one who assigns, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_ADVISORY])


def _is_of(user: User, team: Team) -> bool:
    return user.works_at_desk and Membership.objects.filter(team=team, user=user).exists()


def _asked(ticket: Ticket, skills: Iterable[int], language: str | None) -> Need:
    """Remember what a rule asks of whoever gets the ticket; without anything new, what was asked before."""
    wanted = sorted(set(skills))
    spoken = primary(language or "")
    if not wanted and not spoken:
        return need_of(ticket)
    Requirement.objects.update_or_create(ticket=ticket, defaults={"skills": wanted, "language": spoken})
    return Need(group_of(ticket.channel), frozenset(wanted), spoken)


def _wait(ticket: Ticket, team: Team, strategy: str, reason: str, at: datetime) -> None:
    """Put the ticket on the waiting list; one that is there keeps its place."""
    values = {"team": team, "strategy": strategy, "reason": reason}
    Waiting.objects.update_or_create(ticket=ticket, defaults=values, create_defaults={**values, "since": at})
    # Room that was made while we looked has told nobody: this row was not there yet.
    ask_on_commit(timers.drain_waiting)


def _somebody_waits_longer(ticket: Ticket, chosen: Candidate, at: datetime) -> bool:
    """Whether this person could as well take another ticket of the team that is before this one in line."""
    own = Waiting.objects.filter(ticket=ticket).values_list("since", flat=True).first()
    ahead = Q(ticket__priority__gt=ticket.priority)
    ahead |= Q(ticket__priority=ticket.priority, since__lt=own or at)
    work = Ticket.objects.filter(active(at), assignee=None)
    rows = Waiting.objects.filter(ahead, team=ticket.team_id, ticket__in=work).exclude(ticket=ticket)
    needs = {
        Need(group_of(channel), frozenset(skills or ()), language or "")
        for channel, skills, language in rows.values_list(
            "ticket__channel", "ticket__requirement__skills", "ticket__requirement__language"
        ).distinct()
    }
    return any(verdict.refusal is None for need in needs for verdict in weigh([chosen], need))
