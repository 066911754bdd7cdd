"""Verbs for teams."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from journal.actor import Actor
from journal.record import record
from people.errors import Taken
from people.events import TeamCreated, TeamEdited
from people.models import Membership, Team, User


@transaction.atomic
def create_team(*, actor: Actor, name: str, members: Iterable[User] = (), leads: Iterable[User] = ()) -> Team:
    """A team with its members; who leads is a member. Raises ``Taken`` if the name is."""
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name)
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
) -> Team:
    """Rename, close or staff a team. Changing nothing records nothing."""
    team = Team.objects.select_for_update(no_key=True).get(pk=team_id)
    wanted = {"name": name, "is_active": is_active}
    changes: dict[str, Any] = {
        field: [getattr(team, field), value]
        for field, value in wanted.items()
        if getattr(team, field) != value
    }
    for field, (_old, new) in changes.items():
        setattr(team, field, new)
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
