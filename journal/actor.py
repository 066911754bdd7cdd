"""Who did it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class ActorKind(StrEnum):
    USER = "user"  # somebody with an account: agent, manager, administrator, expert
    CONTACT = "contact"  # a customer, through whichever channel
    SYSTEM = "system"  # a part of the product: intake, scheduler, rule, import


class HasId(Protocol):
    pk: int


@dataclass(frozen=True, slots=True)
class Actor:
    """The author of a journal entry. ``name`` tells which part of the system, or which rule."""

    kind: ActorKind
    id: int | None = None
    name: str = ""

    @classmethod
    def user(cls, user: HasId) -> "Actor":
        return cls(ActorKind.USER, user.pk)

    @classmethod
    def contact(cls, contact: HasId) -> "Actor":
        return cls(ActorKind.CONTACT, contact.pk)

    @classmethod
    def system(cls, name: str) -> "Actor":
        return cls(ActorKind.SYSTEM, None, name)
