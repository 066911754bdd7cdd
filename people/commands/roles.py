"""Verbs for roles. Each writes one journal entry, and none when nothing changes.

Who has a role has its permissions and its reach in columns of the account: a verb that changes the row
changes all of its people in the same transaction.
"""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from common.text import one_line, storable
from journal.actor import Actor
from journal.record import record
from people import placing
from people.access import complete
from people.errors import Refused, Taken
from people.events import RoleChanged, RoleCreated, RoleRemoved
from people.models import BUILT_IN_ACCESS, Access, Role, StaffRole, User

MAX_NAME, MAX_ROLES = 60, 50


def people_with(role: StaffRole) -> QuerySet[User]:
    """Everybody who has the role, those who have left too."""
    if role.is_built_in:
        return User.objects.filter(role=role.kind, custom_role=None)
    return User.objects.filter(custom_role=role)


def write_down_built_in() -> None:
    """See to it that the built-in roles have rows. No event: it is no news to anybody."""
    rows = [
        StaffRole(key=kind, kind=kind, access=access)
        for kind, access in BUILT_IN_ACCESS.items()
        if kind != Role.CUSTOMER
    ]
    StaffRole.objects.bulk_create(rows, ignore_conflicts=True)


@transaction.atomic
def create_role(*, actor: Actor, name: str, like: StaffRole) -> StaffRole:
    """A role of the company's own that begins as ``like`` is. Raises ``Taken`` and ``Refused``."""
    placing.one_at_a_time()
    if StaffRole.objects.count() >= MAX_ROLES:
        raise Refused("name", _("There are %(limit)d roles already.") % {"limit": MAX_ROLES})
    like = StaffRole.objects.get(pk=like.pk)
    row = StaffRole(
        kind=Role.MANAGER if like.kind == Role.ADMINISTRATOR else like.kind,
        name=_named(name),
        permissions=complete(placing.permitted(like)),
        access=like.access,
        brand_ids=like.brand_ids,
    )
    placing.refuse_more(actor, row, row.access, row.brand_ids)
    _save(row)
    made = RoleCreated(
        row.pk, row.name, row.kind, like.pk, list(row.permissions or []), row.access, list(row.brand_ids)
    )
    record(made, actor=actor)
    return row


@transaction.atomic
def change_role(
    role_id: int,
    *,
    actor: Actor,
    permissions: Iterable[str],
    access: str,
    brand_ids: Collection[int] = (),
    name: str | None = None,
) -> StaffRole:
    """Make the role, and all who have it, so. Whose access was set for them keep that.

    ``name`` is for those of the company's own. Raises ``Refused`` for the administrators' role, for what is
    none, and for more than ``actor`` has, before or after; ``Taken`` for another role's name.
    """
    placing.one_at_a_time()
    row = StaffRole.objects.select_for_update(no_key=True).get(pk=role_id)
    _refuse_administrators(row)
    wanted: dict[str, Any] = {
        "permissions": _known(permissions),
        "access": access,
        "brand_ids": _brands(access, brand_ids),
    }
    if name is not None and not row.is_built_in:
        wanted["name"] = _named(name)
    return _change(row, wanted, actor)


@transaction.atomic
def reset_role(role_id: int, *, actor: Actor) -> StaffRole:
    """Put a built-in role back to how it came, for all who have it. Raises as ``change_role``."""
    placing.one_at_a_time()
    row = StaffRole.objects.select_for_update(no_key=True).get(pk=role_id)
    _refuse_administrators(row)
    if not row.is_built_in:
        raise Refused("", _("Only the built-in roles can be put back."))
    return _change(
        row, {"permissions": None, "access": BUILT_IN_ACCESS[Role(row.kind)], "brand_ids": []}, actor
    )


@transaction.atomic
def remove_role(role_id: int, *, actor: Actor) -> None:
    """Remove one of the company's own that nobody has, not even who has left. Raises ``Refused``."""
    placing.one_at_a_time()
    row = StaffRole.objects.select_for_update(no_key=True).filter(pk=role_id).first()
    if row is None:
        return
    if row.is_built_in:
        raise Refused("", _("The built-in roles stay."))
    if people_with(row).exists():
        raise Refused("", _("Somebody still has this role. Give them another one first."))
    placing.refuse_more(actor, row, row.access, row.brand_ids)
    permissions = complete(placing.permitted(row))
    record(RoleRemoved(row.pk, row.name, permissions, row.access, row.brand_ids), actor=actor)
    row.delete()


def _change(row: StaffRole, wanted: dict[str, Any], actor: Actor) -> StaffRole:
    before = {
        **{name: getattr(row, name) for name in wanted},
        "permissions": complete(placing.permitted(row)),
    }
    placing.refuse_more(actor, row, row.access, row.brand_ids)
    for name, value in wanted.items():
        setattr(row, name, value)
    _forget_what_it_came_with(row)
    after = {**{name: getattr(row, name) for name in wanted}, "permissions": complete(placing.permitted(row))}
    changes = {name: [before[name], after[name]] for name in wanted if before[name] != after[name]}
    if not changes:
        return row
    placing.refuse_more(actor, row, row.access, row.brand_ids)
    _save(row)
    people = people_with(row)
    number = people.update(permissions=row.permissions)
    people.filter(access_is_own=False).update(access=row.access, brand_ids=row.brand_ids)
    record(RoleChanged(row.pk, changes, number), actor=actor)
    return row


def _forget_what_it_came_with(row: StaffRole) -> None:
    """A built-in role that permits what it came with has nothing written down."""
    if not row.is_built_in or row.permissions is None:
        return
    written, row.permissions = row.permissions, None
    if complete(placing.permitted(row)) != written:
        row.permissions = written


def _save(row: StaffRole) -> None:
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Taken("name", _("There is a role of this name already.")) from error


def _refuse_administrators(row: StaffRole) -> None:
    if row.kind == Role.ADMINISTRATOR:
        raise Refused("", _("Administrators may everything: their role cannot be changed."))


def _named(name: str) -> str:
    name = one_line(storable(name), MAX_NAME)
    if not name:
        raise Refused("name", _("Give it a name."))
    if name.casefold() in {str(label).casefold() for _kind, label in Role.choices}:
        raise Refused("name", _("There is a role of this name already."))
    return name


def _known(permissions: Iterable[str]) -> list[str]:
    try:
        return complete(permissions)
    except ValueError as error:
        raise Refused("permissions", _("There is no such permission.")) from error


def _brands(access: str, brand_ids: Collection[int]) -> list[int]:
    if access not in Access.values:
        raise Refused("access", _("Choose what they see."))
    if access != Access.BRANDS:
        return []
    if not brand_ids:
        raise Refused("brand_ids", _("Choose at least one brand."))
    return sorted(set(brand_ids))
