"""Finding people: by any part of a name or of what they are known by; and in pages, by name."""

import base64
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from django.db.models import Q
from django.db.models.functions import Lower

from people.finding import person_ids, similar_person_ids
from people.identities import shown
from people.models import Contact, Identity, User
from people.querysets import ContactQuerySet

PAGE = 50
_HITS = 200


@dataclass
class Person:
    """One person with all they are known by, whichever of their contacts has it."""

    contact: Contact
    identities: list[Identity] = field(default_factory=list)

    @property
    def address(self) -> str:
        """A mail address that works, of the person's own contact first."""
        mails = [one for one in self.identities if one.kind == Identity.Kind.EMAIL]
        mails.sort(key=lambda one: (one.bounced_at is not None, one.contact_id != self.contact.pk, one.pk))
        return mails[0].value if mails else ""

    @property
    def name(self) -> str:
        return self.contact.name or self.address or (self.identities[0].value if self.identities else "—")

    @property
    def sub(self) -> str:
        """What tells them from others of the same name."""
        readable = [one for one in self.identities if one.kind != Identity.Kind.VISITOR]  # a random key
        known = self.address or next((shown(one.kind, one.value) for one in readable), "")
        organization = self.contact.organization
        return " · ".join(
            filter(None, [known if known != self.name else "", organization.name if organization else ""])
        )


def found_people(wanted: str, user: User | None, *, most: int) -> list[Person]:
    """The first people of those ``user`` may see, with these folded words in a name or an identity.

    None: for the settings, whose readers see everybody.
    """
    ids = person_ids(wanted, most=_HITS)
    if not ids:
        return []
    rows = _seen_by(user).filter(pk__in=ids).select_related("organization")
    return with_identities(rows.order_by(Lower("name"), "pk")[:most])


def similar_people(wanted: str, user: User | None, *, most: int) -> list[Person]:
    """People of those ``user`` may see whose name or address is spelt nearly so, the nearest first."""
    ids = similar_person_ids(wanted, most=most * 4)
    if not ids:
        return []
    seen = _seen_by(user).select_related("organization").in_bulk(ids)
    return with_identities([seen[pk] for pk in ids if pk in seen][:most])


def _seen_by(user: User | None) -> ContactQuerySet:
    return Contact.objects.visible_to(user) if user is not None else Contact.objects.people()


def page_of_people(user: User, *, after: str | None) -> tuple[list[Person], str | None]:
    """All people ``user`` may see, by name, from ``after`` on, the ``next`` of the page before."""
    rows = Contact.objects.visible_to(user).annotate(lowered=Lower("name")).select_related("organization")
    if cursor := decode(after):
        rows = rows.filter(
            Q(lowered__gt=cursor[0]) | Q(lowered=cursor[0], pk__gt=cursor[1]), lowered__gte=cursor[0]
        )
    found = list(rows.order_by("lowered", "pk")[: PAGE + 1])
    following = encode(found[PAGE - 1].lowered, found[PAGE - 1].pk) if len(found) > PAGE else None  # type: ignore[attr-defined]  # annotated
    return with_identities(found[:PAGE]), following


def with_identities(contacts: Iterable[Contact]) -> list[Person]:
    """The people with their identities, in one query for all."""
    people = {contact.pk: Person(contact) for contact in contacts}
    for root, identity in _identities(people):
        people[root].identities.append(identity)
    return list(people.values())


def _identities(ids: Collection[int]) -> Iterable[tuple[int, Identity]]:
    if not ids:
        return
    rows = Contact.objects.filter(Q(pk__in=ids) | Q(survivor__in=ids))
    for identity in Identity.objects.filter(contact__in=rows).select_related("contact").order_by("pk"):
        yield identity.contact.person_id, identity


def encode(name: str, pk: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, pk]).encode()).decode().rstrip("=")


def decode(cursor: str | None) -> tuple[str, int] | None:
    """(name, key) of a cursor; None for none, and for one that somebody has mangled."""
    if not cursor:
        return None
    try:
        name, pk = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return str(name).replace("\x00", ""), int(pk)
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None
