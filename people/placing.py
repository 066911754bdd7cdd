"""What a role makes of an account: the columns that are kept beside it, and who may have them changed."""

from collections.abc import Collection
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from common.text import number
from journal.actor import Actor, ActorKind
from people.access import ROLE_PERMISSIONS, covers, permissions_of
from people.errors import Refused
from people.models import BUILT_IN_ACCESS, Access, Role, StaffRole, User

_ADVISORY = 0x61646D6E  # "admn": roles, who has which, and who stays administrator are decided one at a time


def one_at_a_time() -> None:
    """Wait for whoever changes roles or accounts, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_ADVISORY])


def built_in(kind: str) -> StaffRole:
    """The row of a built-in role; raises ``Refused`` for what is none of the staff's."""
    if kind not in BUILT_IN_ACCESS or kind == Role.CUSTOMER:
        raise Refused("role", _("There is no such role."))
    row, _made = StaffRole.objects.get_or_create(
        key=kind, defaults={"kind": kind, "access": BUILT_IN_ACCESS[Role(kind)]}
    )
    return row


def all_roles() -> list[StaffRole]:
    """Every role, the built-in ones first, whether they are written down or not."""
    rows = list(StaffRole.objects.all())
    known = {row.key for row in rows}
    missing = [
        StaffRole(key=kind, kind=kind, access=access)
        for kind, access in BUILT_IN_ACCESS.items()
        if kind != Role.CUSTOMER and kind not in known
    ]
    return [*missing, *rows]


def role_of(user: User) -> StaffRole:
    """The row of the role that somebody of the staff has."""
    return user.custom_role or built_in(user.role)


def permitted(role: StaffRole) -> Collection[str]:
    """What a role permits."""
    return ROLE_PERMISSIONS[role.kind] if role.permissions is None else role.permissions


def columns(role: StaffRole, *, access: str | None = None, brand_ids: Collection[int] = ()) -> dict[str, Any]:
    """An account's columns of this role. ``access``: set for this person; None, or the same: the role's."""
    brands = sorted(set(brand_ids)) if access == Access.BRANDS else []
    same = access is None or (access == role.access and brands == role.brand_ids)
    if same or role.kind == Role.ADMINISTRATOR:
        access, brands, same = role.access, list(role.brand_ids), True
    elif access not in Access.values:
        raise Refused("access", _("Choose what they see."))
    elif access == Access.BRANDS and not brands:
        raise Refused("brand_ids", _("Choose at least one brand."))
    return {
        "role": role.kind,
        "custom_role_id": None if role.is_built_in else role.pk,
        "permissions": role.permissions,
        "access": access,
        "brand_ids": brands,
        "access_is_own": not same,
    }


def giver(actor: Actor | None) -> User | None:
    """Whose own rights bound what is given; None for the product itself."""
    if actor is None or actor.kind == ActorKind.SYSTEM:
        return None
    if actor.kind != ActorKind.USER or actor.id is None:
        raise Refused("role", _("Only colleagues change roles and accounts."))
    return User.objects.get(pk=actor.id)


def may_give(who: User, role: StaffRole) -> bool:
    """Whether ``who`` has all that the role permits, and sees all that it lets people see."""
    return not _is_above(role.kind, who) and covers(who, permitted(role), role.access, role.brand_ids)


def refuse_more(actor: Actor | None, role: StaffRole, access: str, brand_ids: Collection[int]) -> None:
    """Raises ``Refused`` if ``actor`` would give a role, or a reach, that is more than their own."""
    who = giver(actor)
    if who is None:
        return
    if _is_above(role.kind, who) or not covers(who, permitted(role), Access.OWN, ()):
        raise Refused("role", _("You can give nobody more than you may yourself."))
    if not covers(who, (), access, brand_ids):
        raise Refused("access", _("You can let nobody see more than you see yourself."))


def refuse_stronger(actor: Actor | None, user: User) -> None:
    """Raises ``Refused`` if ``user`` may or sees more than ``actor``: not theirs to change."""
    who = giver(actor)
    if who is not None and is_stronger(user, who):
        raise Refused("role", _("This account may do or see more than yours: ask an administrator."))


def is_stronger(user: User, who: User) -> bool:
    """Whether ``user`` may or sees anything that ``who``, somebody else, does not."""
    if user.pk == who.pk:
        return False
    return _is_above(user.role, who) or not covers(who, permissions_of(user), user.access, user.brand_ids)


def _is_above(kind: str, who: User) -> bool:
    """A role of one's own can have every permission, and still makes nobody administrator."""
    return kind == Role.ADMINISTRATOR and who.role != Role.ADMINISTRATOR


def find_role(code: str) -> StaffRole:
    """The role that a form calls so: a kind, or a number; raises ``Refused`` for neither."""
    if (key := number(code)) is None:
        return built_in(code)
    row = StaffRole.objects.filter(pk=key, key=None).first()
    if row is None:
        raise Refused("role", _("There is no such role."))
    return row
