"""Verbs for accounts. Each writes one journal entry, and none when nothing changes."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import record
from people import capacity, placing
from people.errors import LastAdministrator, Refused, Taken
from people.events import PasswordResetSent, UserChanged, UserCreated
from people.models import Membership, Role, Skill, Team, User

FIELDS = (
    "email", "name", "role", "access", "brand_ids", "language", "time_zone", "signature", "is_active",
    "spoken", "capacity",
)  # fmt: skip
_PLACING = frozenset({"role", "access", "brand_ids"})
_GUARDED = frozenset({"email", "is_active"})  # with either somebody else's account can be had
_LANGUAGE = re.compile(r"[a-z]{2,3}")


@transaction.atomic
def create_user(
    *,
    actor: Actor | None,
    email: str,
    name: str,
    role: str,
    teams: Iterable[Team] = (),
    skills: Iterable[Skill] = (),
    password: str | None = None,
    **fields: Any,
) -> User:
    """An account for somebody of the staff. Without a password they choose one by the link they are sent.

    ``role``: a kind, or the number of one of the company's own; ``access``: None or absent, as the role says.
    Raises ``Taken`` if the address has an account, and ``Refused`` for more than ``actor`` has to give.
    Without ``actor`` they made it themselves (the first one).
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"create_user() knows no {', '.join(sorted(unknown))}")
    placing.one_at_a_time()
    fields = _checked(fields)
    fields |= _placed(None, {"role": role, **fields}, actor)
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, name=name, **fields)
    except IntegrityError as error:
        raise Taken("email", _("There is an account with this address already.")) from error
    for team in teams:
        Membership.objects.create(team=team, user=user)
    user.skills.set(skills)
    made = UserCreated(user.pk, user.email, user.role, custom_role_id=user.custom_role_id)
    record(made, actor=actor or Actor.user(user))
    return user


@transaction.atomic
def change_user(
    user_id: int,
    *,
    actor: Actor,
    teams: Iterable[Team] | None = None,
    skills: Iterable[Skill] | None = None,
    **fields: Any,
) -> User:
    """Change what is named. Raises ``LastAdministrator``, ``Taken`` and ``Refused``.

    Whoever gets another role sees what that lets them see, unless that was set for them; ``access`` None
    gives it back to the role. Nobody gives more than they have, or changes the address, role or state of who
    has more. Whoever is deactivated is signed out everywhere: a session belongs to an active account.
    """
    unknown = set(fields) - set(FIELDS)
    if unknown:
        raise TypeError(f"change_user() knows no {', '.join(sorted(unknown))}")
    placing.one_at_a_time()
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    fields = _checked(fields)
    fields |= _placed(user, fields, actor)
    changes = {
        name: [getattr(user, name), value] for name, value in fields.items() if getattr(user, name) != value
    }
    if _GUARDED & changes.keys():
        placing.refuse_stronger(actor, user)
    _keep_one_administrator(user, fields)
    for name, (_old, new) in changes.items():
        setattr(user, name, new)
    if changes:
        try:
            with transaction.atomic():
                user.save(update_fields=list(changes))
        except IntegrityError as error:
            raise Taken("email", _("There is an account with this address already.")) from error
    if "custom_role_id" in changes:
        changes["custom_role"] = changes.pop("custom_role_id")
    changes.pop("permissions", None)  # the role's
    if teams is not None:
        changes |= _join(user, list(teams))
    if skills is not None:
        changes |= _train(user, list(skills))
    if changes:
        record(UserChanged(user.pk, changes), actor=actor)
    return user


def _placed(user: User | None, fields: Mapping[str, Any], actor: Actor | None) -> dict[str, Any]:
    """The columns of the role and the reach that are asked for; none if nothing is."""
    if not _PLACING & fields.keys():
        return {}
    kept = user is not None and user.access_is_own
    access = fields.get("access", user.access if user is not None and kept else None) or None
    brand_ids = fields.get("brand_ids", user.brand_ids if user is not None and kept else ())
    if "role" in fields:
        role = placing.find_role(str(fields["role"]))
    else:
        role = placing.role_of(user) if user is not None else placing.built_in(Role.AGENT)
    columns = placing.columns(role, access=access, brand_ids=brand_ids)
    if user is None or any(getattr(user, name) != value for name, value in columns.items()):
        if user is not None:
            placing.refuse_stronger(actor, user)
        placing.refuse_more(actor, role, columns["access"], columns["brand_ids"])
    return columns


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


def _train(user: User, skills: list[Skill]) -> dict[str, Any]:
    """Give ``user`` exactly these skills. Returns what to say of it."""
    old = sorted(user.skills.values_list("pk", flat=True))
    new = sorted({skill.pk for skill in skills})
    if old == new:
        return {}
    user.skills.set(new)
    return {"skills": [old, new]}


def _checked(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields as they are stored; raises ``Refused`` for languages and capacities that are none."""
    fields = dict(fields)
    if "capacity" in fields:
        try:
            fields["capacity"] = capacity.checked(fields["capacity"])
        except ValueError as error:
            raise Refused("capacity", str(error)) from error
    if "spoken" in fields:
        fields["spoken"] = list(dict.fromkeys(code.strip().lower() for code in fields["spoken"]))
        if not all(_LANGUAGE.fullmatch(code) for code in fields["spoken"]):
            raise Refused("spoken", _("A language is a code of two or three letters, such as en or ru."))
    return fields


@transaction.atomic
def note_password_reset(user_id: int, *, actor: Actor) -> None:
    """Write down that a link was sent; sending it is the caller's."""
    user = User.objects.select_for_update(no_key=True).get(pk=user_id)
    record(PasswordResetSent(user.pk), actor=actor)
