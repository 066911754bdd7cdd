"""Who hears of what: the names of the channel groups, the same for those who join and those who send.

A nudge goes to the groups of the people who may see the ticket, by the same rules as
``Ticket.objects.visible_to``: nobody hears of a ticket that is not theirs to see.
"""

from collections.abc import Iterable

from people.models import Access, User

ALL_TICKETS = "desk.all"  # those who see every ticket
NO_TEAM = "desk.noteam"  # agents who see their teams' tickets also see those of no team


def of_user(user_id: int) -> str:
    return f"desk.user.{user_id}"


def of_team(team_id: int) -> str:
    return f"desk.team.{team_id}"


def of_brand(brand_id: int) -> str:
    return f"desk.brand.{brand_id}"


def of_request(ticket_id: int) -> str:
    """The customers' pages that show this request; they hear that it changed, never what."""
    return f"portal.request.{ticket_id}"


def joined_by(user: User, team_ids: Iterable[int]) -> list[str]:
    """The groups of one person."""
    names = [of_user(user.pk)]
    if user.sees_all:
        return [*names, ALL_TICKETS]
    if user.access == Access.BRANDS:
        names += [of_brand(brand_id) for brand_id in user.brand_ids]
    if user.access == Access.TEAMS:
        names += [of_team(team_id) for team_id in team_ids]
    if user.sees_unrouted:
        names.append(NO_TEAM)
    return names


def told_of(
    team_id: int | None, assignee_id: int | None, follower_ids: Iterable[int], brand_id: int
) -> list[str]:
    """The groups that hear of a ticket."""
    names = [ALL_TICKETS, of_brand(brand_id), of_team(team_id) if team_id else NO_TEAM]
    people = dict.fromkeys([*([assignee_id] if assignee_id else []), *follower_ids])
    return [*names, *(of_user(user_id) for user_id in people)]
