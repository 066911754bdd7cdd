"""Who is signed in: the account and its teams in one statement that is made up once a process, since every
request begins with it."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from common.statements import Prepared
from people.models import Membership, User
from people.teams import remember_team_ids

_BY_KEY: Prepared[User] = Prepared(
    lambda key: User.objects.filter(pk=key).annotate(
        own_teams=ArraySubquery(Membership.objects.filter(user=OuterRef("pk")).values("team_id"))
    ),
    key=int,
)


class Backend(AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    """allauth's, which signs people in by their mail address."""

    def get_user(self, user_id: Any) -> User | None:
        """The account of a session, unless it has been switched off."""
        user = _BY_KEY.first(key=int(user_id))
        if user is None or not self.user_can_authenticate(user):
            return None
        remember_team_ids(user, getattr(user, "own_teams"))  # noqa: B009  # an annotation
        return user
