"""The one door to contacts and organisations: whatever shows one goes through ``visible_to``."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

if TYPE_CHECKING:
    from people.models import Contact, Organization, User  # noqa: F401  # names the base of a class


class ContactQuerySet(QuerySet["Contact"]):
    def lock_all(self, *contact_ids: int) -> list["Contact"]:
        """Lock contacts until the end of the transaction, always in the order of their numbers.

        Contacts come before tickets. NO KEY: what only refers to a contact does not wait.
        """
        rows = self.select_for_update(no_key=True).filter(pk__in=set(contact_ids)).order_by("pk")
        found = {contact.pk: contact for contact in rows}
        if missing := set(contact_ids) - set(found):
            raise self.model.DoesNotExist(f"no contact {min(missing)}")
        return [found[contact_id] for contact_id in contact_ids]

    def people(self) -> "ContactQuerySet":
        """One row for each person: without those that were merged into another."""
        return self.filter(survivor=None)

    def family(self, *contact_ids: int) -> "ContactQuerySet":
        """All rows of these people: themselves and whatever was merged into them, directly or not.

        Any row of a family finds the whole of it.
        """
        rows = self.model._default_manager.filter(pk__in=contact_ids)
        roots = rows.values(root=Coalesce("survivor_id", "pk"))
        return self.filter(Q(pk__in=roots) | Q(survivor__in=roots))

    def visible_to(self, user: "User") -> "ContactQuerySet":
        """The people whom ``user`` may see at the desk; a merged contact is shown as its survivor.

        All for whoever sees all tickets. Others: who is requester or participant of a ticket they see,
        under whichever of their rows; for agents and managers, unless they see their own tickets alone, also
        who has no ticket at all yet. Customers and strangers: nobody (the portal has a door of its own). What
        they may do there is in ``people.access``.
        """
        if not user.is_authenticated or not user.works_at_desk:
            return self.none()
        if user.sees_all:
            return self.people()
        tickets: Any = apps.get_model("tickets", "Ticket")._default_manager
        parts: Any = apps.get_model("tickets", "Participant")._default_manager
        seen = tickets.visible_to(user)
        own, unknown = Q(), Q()
        for row in ("", "__survivor"):  # the person's own row, and those merged into it
            asked = tickets.filter(**{f"requester{row}": OuterRef("pk")})
            took_part = parts.filter(**{f"contact{row}": OuterRef("pk")})
            own |= Q(Exists(seen.filter(**{f"requester{row}": OuterRef("pk")})))
            own |= Q(Exists(took_part.filter(ticket__in=seen.values("pk"))))
            unknown &= ~Q(Exists(asked)) & ~Q(Exists(took_part))
        if user.sees_newcomers:
            own |= unknown
        return self.people().filter(own)


class OrganizationQuerySet(QuerySet["Organization"]):
    def visible_to(self, user: "User") -> "OrganizationQuerySet":
        """The organisations that ``user`` may see at the desk: as far as they see people.

        All for whoever sees all tickets. Others: whose people they see, or a ticket of which; who sees people
        without any ticket also those that have neither people nor tickets yet.
        """
        if not user.is_authenticated or not user.works_at_desk:
            return self.none()
        if user.sees_all:
            return self.all()
        contacts: Any = apps.get_model("people", "Contact")._default_manager
        tickets: Any = apps.get_model("tickets", "Ticket")._default_manager
        theirs = {"organization": OuterRef("pk")}
        seen = Q(Exists(contacts.visible_to(user).filter(**theirs)))
        seen |= Q(Exists(tickets.visible_to(user).filter(**theirs)))
        if user.sees_newcomers:
            seen |= ~Q(Exists(contacts.filter(**theirs))) & ~Q(Exists(tickets.filter(**theirs)))
        return self.filter(seen)


def family_ids(contact_id: int) -> list[int]:
    """The keys of all rows of this person, by any of them, in order."""
    from people.models import Contact  # models import this module

    return list(Contact.objects.family(contact_id).order_by("pk").values_list("pk", flat=True))
