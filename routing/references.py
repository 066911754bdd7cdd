"""Whether what a rule names exists, or may come to be: teams, people, statuses, custom fields, tags."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from people.models import Skill, Team, User
from routing.actions import ACTIONS
from routing.definitions import DefinitionError
from tickets import errors
from tickets.commands.attributes import clean
from tickets.commands.tags import check_addable
from tickets.models import CustomField, Service, Status, Topic


def check_references(definition: Mapping[str, Any]) -> None:
    """Raise ``DefinitionError`` unless all that the actions name is there and in use.

    A webhook is the business of whoever calls it: one that is gone is an error of the run.
    """
    for position, action in enumerate(definition["actions"]):
        where = f"actions.{position}"
        for parameter in ACTIONS[action["do"]].parameters:
            value = action.get(parameter.name)
            if value is None or parameter.kind not in _EXIST:
                continue
            if not _EXIST[parameter.kind](value):
                raise DefinitionError(
                    where,
                    _("%(action)s: what is chosen for “%(name)s” is not there any more.")
                    % {"action": ACTIONS[action["do"]].label, "name": parameter.label},
                )
        if action["do"] == "set_field":
            _check_field(action, where)
        if action["do"] == "add_tags":
            _check_tags(action, where)


def _check_field(action: Mapping[str, Any], where: str) -> None:
    field = CustomField.objects.get(key=action["key"])
    try:
        clean(field, action["value"])
    except errors.Invalid as error:
        raise DefinitionError(where, error.message) from error


def _check_tags(action: Mapping[str, Any], where: str) -> None:
    try:
        for name in action["value"]:
            check_addable(name)
    except errors.Invalid as error:
        raise DefinitionError(where, error.message) from error


def _staff(pks: set[int]) -> bool:
    return User.objects.staff().filter(pk__in=pks).count() == len(pks)


def _skills(pks: list[int]) -> bool:
    return Skill.objects.filter(pk__in=pks, is_active=True).count() == len(pks)


_EXIST: dict[str, Callable[[Any], bool]] = {
    "team": lambda pk: Team.objects.filter(pk=pk, is_active=True).exists(),
    "status": lambda value: (
        isinstance(value, str) or Status.objects.filter(pk=value, is_active=True).exists()
    ),
    "topic": lambda pk: Topic.objects.filter(pk=pk).exists(),
    "service": lambda pk: Service.objects.filter(pk=pk).exists(),
    "user": lambda pk: _staff({pk}),
    "skills": _skills,
    "people": lambda who: _staff({one for one in who if isinstance(one, int)}),
    "field": lambda key: CustomField.objects.filter(key=key, is_active=True).exists(),
}
