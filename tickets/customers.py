"""Whom the customers' door is asked for: a contact, as one brand knows them."""

from dataclasses import dataclass
from functools import cached_property

from people.models import Contact, Identity
from people.querysets import family_ids
from tickets.models.brand import Brand


@dataclass(frozen=True)
class Customer:
    """Somebody at a brand's portal. What they may see is ``Ticket.objects.of_customer``."""

    contact: Contact
    brand: Brand

    @cached_property
    def contact_ids(self) -> list[int]:
        """All rows of the person: what was merged with them is theirs too."""
        return family_ids(self.contact.pk)

    @cached_property
    def organization_id(self) -> int | None:
        """The organisation whose requests they may see besides their own, if the brand lets them."""
        organization = self.contact.person.organization
        if organization is None or self.brand.portal_sees == Brand.Sees.OWN:
            return None
        if self.brand.portal_sees == Brand.Sees.ORGANIZATION:
            return organization.pk
        return organization.pk if self._domains_proved & set(organization.domains) else None

    @cached_property
    def _domains_proved(self) -> set[str]:
        """The domains of the addresses that somebody has proved to be theirs, not only claimed."""
        rows = Identity.objects.filter(
            contact__in=self.contact_ids, kind=Identity.Kind.EMAIL, is_verified=True
        )
        return {value.rpartition("@")[2] for value in rows.values_list("value", flat=True)}

    @cached_property
    def addresses(self) -> frozenset[str]:
        """Every mail address of theirs, lower case."""
        rows = Identity.objects.filter(contact__in=self.contact_ids, kind=Identity.Kind.EMAIL)
        return frozenset(rows.values_list("value", flat=True))
