"""Before two contacts are merged: who stays, and what the person will look like."""

from dataclasses import dataclass
from typing import Any

from desk.customers.finding import Person, with_identities
from people.filling import FILLED, refill
from people.models import Contact, Identity, User
from tickets.models import Ticket

COUNTED = 1000


@dataclass(frozen=True)
class Side:
    person: Person
    tickets: int  # of those the reader sees, counted to COUNTED


@dataclass(frozen=True)
class Preview:
    """``stays`` goes on with ``taken`` from the other, as (field, value); ``left`` is shown no more."""

    stays: Side
    goes: Side
    taken: list[tuple[str, Any]]
    left: list[tuple[str, Any]]

    @property
    def opens(self) -> list[str]:
        """Addresses that open the requests of both to whoever signs in with one."""
        people = (self.stays.person, self.goes.person)
        mails = [
            one.value for person in people for one in person.identities if one.kind == Identity.Kind.EMAIL
        ]
        return mails if all(side.tickets for side in (self.stays, self.goes)) else []


def staying(one: Contact, other: Contact) -> tuple[Contact, Contact]:
    """(who stays, who goes): of whom more is known, of two alike the older."""
    first, second = sorted((one, other), key=lambda contact: (-_known(contact), contact.pk))
    return first, second


def _known(contact: Contact) -> int:
    has_name = bool(contact.name) and "@" not in contact.name
    return 4 * (contact.organization_id is not None) + 2 * has_name + bool(contact.attributes)


def preview(stays: Contact, goes: Contact, user: User) -> Preview:
    """What merging ``goes`` into ``stays`` will do. Nothing is written."""
    trial = Contact.objects.select_related("organization").get(pk=stays.pk)
    merged = list(Contact.objects.filter(merged_into=trial).order_by("merged_at", "pk"))
    changes = refill(trial, [*merged, goes])
    taken = [(name.removesuffix("_id"), _value(goes, name, new)) for name, (_old, new) in changes.items()]
    left = [
        (name, _value(goes, name, getattr(goes, name)))
        for name in FILLED
        if name != "attributes"
        and _value(goes, name, getattr(goes, name))
        and getattr(goes, name) != getattr(trial, name)
    ]
    people = {person.contact.pk: person for person in with_identities([stays, goes])}
    return Preview(_side(people[stays.pk], user), _side(people[goes.pk], user), taken, left)


def _value(goes: Contact, name: str, value: Any) -> Any:
    if name in {"organization", "organization_id"}:
        return goes.organization.name if goes.organization else ""
    return ", ".join(value) if name == "attributes" else value


def _side(person: Person, user: User) -> Side:
    family = Contact.objects.family(person.contact.pk).values("pk")
    seen = Ticket.objects.visible_to(user).filter(requester__in=list(family.values_list("pk", flat=True)))
    return Side(person, seen.filter(is_hidden=False)[:COUNTED].count())
