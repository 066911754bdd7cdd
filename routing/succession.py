"""Teams that hand over to each other, round the earth."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from people.models import Membership, Team
from people.working import gone
from routing.candidates import TAKES_TICKETS


def successors(team: Team) -> list[Team]:
    """The teams this one hands over to, in order, without those out of use; a ring ends where it closes."""
    found: list[Team] = []
    seen = {team.pk}
    following = team.hands_over_to
    while following is not None and following.pk not in seen:
        seen.add(following.pk)
        if following.is_active:
            found.append(following)
        following = following.hands_over_to
    return found


def first_at_work(teams: Sequence[Team], at: datetime) -> Team | None:
    """The first of them that has somebody on shift, on a break or not, available or not."""
    members = _members(team.pk for team in teams)
    away = gone({user_id for ids in members.values() for user_id in ids}, at)
    return next((team for team in teams if members.get(team.pk, set()) - away), None)


def _members(team_ids: Iterable[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {}
    rows = Membership.objects.filter(TAKES_TICKETS, team__in=list(team_ids), user__is_active=True)
    for team_id, user_id in rows.values_list("team_id", "user_id"):
        found.setdefault(team_id, set()).add(user_id)
    return found
