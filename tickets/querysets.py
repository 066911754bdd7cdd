"""The one door: whatever shows a ticket goes through ``Ticket.objects.visible_to``."""

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db.models import Exists, OuterRef, Q, QuerySet

from common.statements import Prepared
from people.models import Access, User
from people.teams import user_team_ids

if TYPE_CHECKING:
    from tickets.customers import Customer
    from tickets.models import Ticket


class TicketQuerySet(QuerySet["Ticket"]):
    def lock(self, ticket_id: int) -> "Ticket":
        """Lock one ticket until the end of the transaction, before anything that hangs on it.

        NO KEY: drafts, read marks and other rows that only refer to the ticket do not wait. No join: whoever
        waits for a colleague that changes the status would be left without the row, since PostgreSQL then
        looks whether the new ticket still fits the status it had joined before.
        """
        return _LOCKED.get(ticket=ticket_id)

    def lock_unmerged(self, ticket_id: int) -> "Ticket | None":
        """As ``lock``, but None for a ticket that was merged away, or that is not there."""
        return _LOCKED_UNMERGED.first(ticket=ticket_id)

    def lock_all(self, *ticket_ids: int) -> list["Ticket"]:
        """Lock several, always in the order of their numbers, so that two verbs cannot deadlock."""
        rows = (
            self.select_for_update(no_key=True)  # no join, see lock()
            .filter(pk__in=set(ticket_ids))
            .order_by("pk")
        )
        found = {ticket.pk: ticket for ticket in rows}
        if missing := set(ticket_ids) - set(found):
            raise self.model.DoesNotExist(f"no ticket {min(missing)}")
        return [found[ticket_id] for ticket_id in ticket_ids]

    def visible_to(self, user: User) -> "TicketQuerySet":
        """What ``user`` may see at the desk.

        By the reach of their role, or their own: all; those of certain brands; those of their teams, for
        agents and managers also those of no team. In any case what is assigned to them and what they
        follow, as whoever is called in does. Customers and strangers: none (the portal has a door of its
        own). Deleted tickets are nobody's; where a merged one leads is the survivor's business.

        ``tickets.seers``, ``notifications.circle`` and ``live.groups`` say the same the other way round.
        """
        return self.in_reach_of(user).filter(deleted_at=None)

    def in_reach_of(self, user: User) -> "TicketQuerySet":
        """As ``visible_to``, but with what was deleted: for whoever may bring it back."""
        if not user.is_authenticated or not user.works_at_desk:
            return self.none()
        tickets = self.all()
        if user.sees_all:
            return tickets
        followers = apps.get_model("tickets", "Follower")._default_manager
        if user.access == Access.OWN:
            return tickets.filter(pk__in=_held_by(user))
        own = Q(assignee=user) | Q(Exists(followers.filter(ticket=OuterRef("pk"), user=user)))
        if user.access == Access.BRANDS:
            return tickets.filter(own | Q(brand_id__in=user.brand_ids))
        own |= Q(team_id__in=user_team_ids(user))
        if user.sees_unrouted:
            own |= Q(team=None)
        return tickets.filter(own)

    def shown_to(self, user: User, ticket_id: int) -> bool:
        """Whether ``user`` sees what was said in this ticket: there, or where its merges lead.

        A survivor's conversation shows the messages of what was merged into it, with their files.
        """
        visible = self.visible_to(user)
        seen: set[int] = set()
        while ticket_id not in seen:
            if visible.filter(pk=ticket_id).exists():
                return True
            seen.add(ticket_id)
            into = self.filter(pk=ticket_id).values_list("merged_into_id", flat=True).first()
            if into is None:
                return False
            ticket_id = into
        return False

    def of_customer(self, customer: "Customer") -> "TicketQuerySet":
        """What a customer may see in a brand's portal: this brand's requests alone, and of those their own,
        where they take part, and their organisation's if the brand lets them. Theirs is what is the person's,
        under whichever of their contacts.

        Nothing deleted, no spam; a merged one is found where it leads (``survivor_for``).
        """
        participants = apps.get_model("tickets", "Participant")._default_manager
        taking_part = participants.filter(ticket=OuterRef("pk"), contact__in=customer.contact_ids)
        own = Q(requester__in=customer.contact_ids) | Q(Exists(taking_part))
        if customer.organization_id is not None:
            own |= Q(organization_id=customer.organization_id)
        return self.filter(own, brand=customer.brand, deleted_at=None, is_spam=False)

    def survivor_for(self, customer: "Customer", ticket_id: int) -> "Ticket | None":
        """The request of this number, or the one it was merged into, if this customer may see both.

        What was merged away has made its people participants of the survivor; who has been taken off it
        since sees neither.
        """
        visible = self.of_customer(customer).select_related("brand", "requester", "assignee", "service")
        seen: set[int] = set()
        while ticket_id not in seen:
            ticket = visible.filter(pk=ticket_id).first()
            if ticket is None or ticket.merged_into_id is None:
                return ticket
            seen.add(ticket_id)
            ticket_id = ticket.merged_into_id
        return None

    def listed(self) -> "TicketQuerySet":
        """Neither spam nor merged nor deleted."""
        return self.filter(is_hidden=False)


def _held_by(user: User) -> "QuerySet[Any]":
    """The numbers of the tickets assigned to somebody, and of those they follow.

    As one list from two indexes, which is as long as what somebody has had to do with: as conditions with OR
    they would be looked for along the list of all tickets, and most are not theirs.
    """
    tickets = apps.get_model("tickets", "Ticket")._default_manager
    followers = apps.get_model("tickets", "Follower")._default_manager
    followed = followers.filter(user=user).values_list("ticket_id", flat=True)
    return tickets.filter(assignee=user).order_by().values_list("pk", flat=True).union(followed)


def _locked(**conditions: Any) -> QuerySet["Ticket"]:
    tickets = apps.get_model("tickets", "Ticket")._default_manager
    return tickets.select_for_update(no_key=True).filter(**conditions)


# Every verb begins with one of them.
_LOCKED: "Prepared[Ticket]" = Prepared(lambda ticket: _locked(pk=ticket), ticket=int)
_LOCKED_UNMERGED: "Prepared[Ticket]" = Prepared(
    lambda ticket: _locked(pk=ticket, merged_into=None), ticket=int
)
