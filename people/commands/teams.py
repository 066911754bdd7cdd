"""Verbs for teams."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import record
from people.errors import Refused, Taken
from people.events import TeamCreated, TeamEdited
from people.models import AtShiftEnd, Membership, OnReopen, Strategy, Team, User

# What a team has besides its name and its people, as forms and imports give it.
FIELDS = (
    "calendar", "line", "escalates_to", "strategy", "shift_end", "hands_over_to", "on_reopen",
)  # fmt: skip
_CHOICES: dict[str, list[Any]] = {
    "strategy": Strategy.values,
    "shift_end": AtShiftEnd.values,
    "on_reopen": OnReopen.values,
    "line": [1, 2, 3],
}


@transaction.atomic
def create_team(
    *, actor: Actor, name: str, members: Iterable[User] = (), leads: Iterable[User] = (), **fields: Any
) -> Team:
    """A team with its members; who leads is a member. Raises ``Taken`` if the name is, and ``Refused``."""
    _check(fields, None)
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, **fields)
    except IntegrityError as error:
        raise Taken("name", _("There is a team of this name already.")) from error
    _set_members(team, members, leads)
    record(TeamCreated(team.pk, team.name), actor=actor)
    return team


@transaction.atomic
def change_team(
    team_id: int,
    *,
    actor: Actor,
    name: str,
    is_active: bool,
    members: Iterable[User],
    leads: Iterable[User] = (),
    **fields: Any,
) -> Team:
    """Rename, close or staff a team, or change how its tickets find people. Changing nothing records nothing.

    Raises ``Taken`` and ``Refused``.
    """
    team = Team.objects.select_for_update(no_key=True).get(pk=team_id)
    _check(fields, team)
    changes: dict[str, Any] = {}
    for field, value in {"name": name, "is_active": is_active, **fields}.items():
        column = Team._meta.get_field(field).attname  # type: ignore[union-attr]  # only concrete fields come here
        old = getattr(team, column)
        setattr(team, field, value)
        if getattr(team, column) != old:
            changes[field] = [old, getattr(team, column)]
    if changes:
        try:
            with transaction.atomic():
                team.save(update_fields=list(changes))
        except IntegrityError as error:
            raise Taken("name", _("There is a team of this name already.")) from error
    changes |= _set_members(team, members, leads)
    if changes:
        record(TeamEdited(team.pk, changes), actor=actor)
    return team


def _check(fields: Mapping[str, Any], team: Team | None) -> None:
    """Raise ``Refused`` for a way of working that cannot be."""
    if unknown := set(fields) - set(FIELDS):
        raise TypeError(f"a team has no {', '.join(sorted(unknown))}")
    for field, allowed in _CHOICES.items():
        if field in fields and fields[field] not in allowed:
            raise Refused(field, _("There is no such choice."))
    over = fields.get("hands_over_to")
    if team is not None and over is not None and over.pk == team.pk:
        raise Refused("hands_over_to", _("A team cannot hand over to itself."))
    above, seen = fields.get("escalates_to"), {team.pk} if team else set()
    while above is not None:
        if above.pk in seen:
            raise Refused("escalates_to", _("Escalating would lead back to the same team."))
        seen.add(above.pk)
        above = above.escalates_to


def _set_members(team: Team, members: Iterable[User], leads: Iterable[User]) -> dict[str, Any]:
    lead_ids = {user.pk for user in leads}
    wanted = {user.pk: user.pk in lead_ids for user in members} | dict.fromkeys(lead_ids, True)
    old = dict(Membership.objects.filter(team=team).values_list("user_id", "is_lead"))
    if old == wanted:
        return {}
    Membership.objects.filter(team=team).exclude(user_id__in=wanted).delete()
    for user_id, is_lead in wanted.items():
        if old.get(user_id) is not is_lead:
            Membership.objects.update_or_create(team=team, user_id=user_id, defaults={"is_lead": is_lead})
    changes: dict[str, Any] = {}
    if set(old) != set(wanted):
        changes["members"] = [sorted(old), sorted(wanted)]
    leading = [sorted(one for one, lead in rows.items() if lead) for rows in (old, wanted)]
    if leading[0] != leading[1]:
        changes["leads"] = leading
    return changes
