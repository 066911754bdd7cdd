"""Queries through the one door, made up once a process and planned once a connection.

What the door lets somebody see is one statement for all whose reach is of the same kind: only who they are,
their teams and their brands differ. Making it up anew costs a page more than everything that it then reads.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import QuerySet

from common.statements import Key, Prepared
from people.models import User
from people.teams import remember_team_ids, user_team_ids

T = TypeVar("T")
Build = Callable[..., "QuerySet[Any, Any] | tuple[str, Sequence[Any]]"]

_OWN = {"reader": Key, "teams": list, "brands": list}


class _Given(dict[str, Any]):
    """The values of the slots; the reader's own only when they are wanted, since teams are a question."""

    def __init__(self, user: User, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self._user = user

    def __missing__(self, name: str) -> Any:
        if name == "reader":
            return self._user.pk
        return user_team_ids(self._user) if name == "teams" else list(self._user.brand_ids)


class ForReader(Generic[T]):
    """A query whose rows depend on who reads: ``common.statements.Prepared`` for each kind of reach.

    ``build`` gets the reader first, then stand-ins for the slots, and may use of the reader what the door
    uses: their key, their teams and their brands, and whatever decides their reach. Of anything else it knows
    nothing, and asking for it is an error.
    """

    def __init__(self, build: Build, /, **slots: type) -> None:
        self._build = build
        self._slots = slots
        self._made: dict[tuple[Any, ...], Prepared[T]] = {}

    def all(self, user: User, **values: Any) -> list[T]:
        """All rows, as ``user`` may see them. Raises ``common.statements.NotOnce``."""
        if not user.is_authenticated or not user.works_at_desk:
            return []
        kind = (user.sees_all, user.access, user.sees_unrouted)
        made = self._made.get(kind)
        if made is None:
            made = self._made[kind] = self._made_for(user)
        return made.given(_Given(user, values))

    def first(self, user: User, **values: Any) -> T | None:
        """The first row. Let ``build`` say that no more are wanted."""
        rows = self.all(user, **values)
        return rows[0] if rows else None

    def _made_for(self, user: User) -> Prepared[T]:
        role, access, alias = user.role, user.access, connection.alias

        def build(reader: int, teams: list[int], brands: list[int], **stand_ins: Any) -> Any:
            # With these fields alone: another one would be looked up, of an account that there is not.
            known = {"id": reader, "role": role, "access": access, "is_active": True, "brand_ids": brands}
            names = [each.attname for each in User._meta.concrete_fields if each.attname in known]
            anybody = User.from_db(alias, names, [known[name] for name in names])
            remember_team_ids(anybody, teams)
            return self._build(anybody, **stand_ins)

        return Prepared(build, may_lack=_OWN, **_OWN, **self._slots)
