"""The waiting list for people: who waits, since when, and why nobody could take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from people.capacity import group_of
from people.models import Membership, Skill, Team, User
from people.working import in_shift
from routing.candidates import TAKES_TICKETS, Pool, is_active
from routing.choosing import Need, Refusal, weigh
from routing.models import Waiting
from tickets.models import Ticket

MOST = 200


@dataclass(frozen=True)
class Colleague:
    """Somebody of the team, and what speaks against giving them the ticket."""

    name: str
    words: str


@dataclass(frozen=True)
class Line:
    ticket: Ticket
    team: Team
    since: datetime
    reason: str
    needs: list[str]  # names of skills, a language code
    language: str
    asleep: bool  # keeps its place, but cannot be given just now
    colleagues: list[Colleague]


def waiting_lines(user: User, team_id: int | None, now: datetime) -> tuple[list[Line], int]:
    """The list in the order it is served, of what ``user`` may see, and how long it is altogether.

    The number of queries does not depend on how many there are.
    """
    rows = Waiting.objects.filter(ticket__in=Ticket.objects.visible_to(user))
    if team_id is not None:
        rows = rows.filter(team=team_id)
    total = rows.count()
    found = list(
        rows.select_related(
            "team",
            "ticket__requester__organization",
            "ticket__requester__survivor__organization",
            "ticket__status",
            "ticket__requirement",
        ).order_by("-ticket__priority", "since", "ticket")[:MOST]
    )
    teams = {row.team_id for row in found}
    pool = Pool.load(teams, now)
    names = _members(teams, now)
    skills = {skill.pk: skill.label for skill in Skill.objects.all()}
    return [_line(row, pool, names, skills, now) for row in found], total


def _line(
    row: Waiting,
    pool: Pool,
    members: dict[int, list[tuple[int, str, str]]],
    skills: dict[int, str],
    now: datetime,
) -> Line:
    asked = getattr(row.ticket, "requirement", None)
    wanted = list(asked.skills) if asked else []
    language = asked.language if asked else ""
    need = Need(group_of(row.ticket.channel), frozenset(wanted), language)
    verdicts = {one.candidate.user_id: one for one in weigh(pool.of(row.team_id), need)}
    colleagues = []
    for user_id, name, absent in members.get(row.team_id, []):
        verdict = verdicts.get(user_id)
        if verdict is None:
            colleagues.append(Colleague(name, absent or _("not at work")))
        elif verdict.refusal == Refusal.SKILLS:
            colleagues.append(Colleague(name, _("lacks a skill")))
        elif verdict.refusal == Refusal.LANGUAGE:
            colleagues.append(Colleague(name, _("does not speak the language")))
        elif verdict.refusal == Refusal.FULL:
            share = round(float(verdict.share) * 100)
            colleagues.append(Colleague(name, _("full: %(share)d %% of their capacity") % {"share": share}))
        else:
            colleagues.append(Colleague(name, _("could take it now")))
    return Line(
        row.ticket,
        row.team,
        row.since,
        row.get_reason_display(),
        [skills.get(pk, "?") for pk in wanted],
        language,
        not is_active(row.ticket, now),
        colleagues,
    )


def _members(team_ids: Sequence[int] | set[int], now: datetime) -> dict[int, list[tuple[int, str, str]]]:
    """Of each team: id, name and why they are not there at all."""
    rows = list(
        Membership.objects.filter(TAKES_TICKETS, team__in=team_ids, user__is_active=True)
        .order_by("user__name", "user")
        .values_list("team_id", "user_id", "user__name", "user__is_available")
    )
    there = in_shift({user_id for _team, user_id, _name, _on in rows}, now) if rows else set()
    found: dict[int, list[tuple[int, str, str]]] = {}
    for team_id, user_id, name, available in rows:
        absent = "" if available else _("takes no new tickets")
        found.setdefault(team_id, []).append((user_id, name, absent if user_id in there else _("off shift")))
    return found
