"""Verbs for accounts. Each writes one journal entry, and none when nothing changes."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import record
from people.errors import LastAdministrator, Taken
from people.events import PasswordResetSent, UserChanged, UserCreated
from people.models import Membership, Role, Team, User

FIELDS = ("email", "name", "role", "access", "language", "time_zone", "signature", "is_active")
_ADVISORY = 0x61646D6E  # "admn": who may end being the last administrator is decided one at a time


@transaction.atomic
def create_user(
    *,
    actor: Actor | None,
    email: str,
    name: str,
    role: str,
    teams: Iterable[Team] = (),
    password: str | None = None,
    **fields: Any,
) -> User:
    """An account for somebody of the staff. Without a password they choose one by the link they are sent.

    Raises ``Taken`` if the address has an account. Without ``actor`` they made it themselves (the first one).
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"create_user() knows no {', '.join(sorted(unknown))}")
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name, role=role, **fields)
    except IntegrityError as error:
        raise Taken("email", _("There is an account with this address already.")) from error
    for team in teams:
        Membership.objects.create(team=team, user=user)
    record(UserCreated(user.pk, user.email, user.role), actor=actor or Actor.user(user))
    return user


@transaction.atomic
def change_user(user_id: int, *, actor: Actor, teams: Iterable[Team] | None = None, **fields: Any) -> User:
    """Change what is named. Raises ``LastAdministrator`` and ``Taken``.

    Whoever is deactivated is signed out everywhere: a session belongs to an active account.
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"change_user() knows no {', '.join(sorted(unknown))}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_ADVISORY])
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    changes = {
        name: [getattr(user, name), value] for name, value in fields.items() if getattr(user, name) != value
    }
    _keep_one_administrator(user, fields)
    for name, (_old, new) in changes.items():
        setattr(user, name, new)
    if changes:
        try:
            with transaction.atomic():
                user.save(update_fields=list(changes))
        except IntegrityError as error:
            raise Taken("email", _("There is an account with this address already.")) from error
    if teams is not None:
        changes |= _join(user, list(teams))
    if changes:
        record(UserChanged(user.pk, changes), actor=actor)
    return user


def _keep_one_administrator(user: User, fields: dict[str, Any]) -> None:
    stays = fields.get("role", user.role) == Role.ADMINISTRATOR and fields.get("is_active", user.is_active)
    was = user.role == Role.ADMINISTRATOR and user.is_active
    others = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).exclude(pk=user.pk)
    if was and not stays and not others.exists():
        raise LastAdministrator


def _join(user: User, teams: list[Team]) -> dict[str, Any]:
    """Make these the teams of ``user``; leads stay leads. Returns what to say of it."""
    old = set(Membership.objects.filter(user=user).values_list("team_id", flat=True))
    new = {team.pk for team in teams}
    if old == new:
        return {}
    Membership.objects.filter(user=user, team_id__in=old - new).delete()
    Membership.objects.bulk_create(Membership(user=user, team_id=team_id) for team_id in sorted(new - old))
    return {"teams": [sorted(old), sorted(new)]}


@transaction.atomic
def note_password_reset(user_id: int, *, actor: Actor) -> None:
    """Write down that a link was sent; sending it is the caller's."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    record(PasswordResetSent(user.pk), actor=actor)
