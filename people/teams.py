"""The teams of somebody, which the door asks for with every ticket."""

from people.models import Membership, User


def user_team_ids(user: User) -> list[int]:
    """The teams of ``user``, asked once per request's user object."""
    cached: list[int] | None = getattr(user, "_team_ids", None)
    if cached is None:
        cached = list(Membership.objects.filter(user=user).values_list("team_id", flat=True))
        remember_team_ids(user, cached)
    return cached


def remember_team_ids(user: User, team_ids: list[int]) -> None:
    """Their teams are known already, and need not be asked for."""
    user._team_ids = team_ids  # type: ignore[attr-defined]  # a memo on the instance
