"""What the page of a contact shows, in a fixed number of queries."""

from dataclasses import dataclass
from typing import Any

from django.http import Http404

from channels_in.models import Inbox, Thread
from common.text import number
from desk.customers.finding import Person, with_identities
from desk.request import DeskRequest
from people.identities import shown
from people.models import Contact, Identity, User
from people.suggestions import claims_of, suggestions
from tickets.models import Participant, Ticket

TICKETS = 30


def find_customer(request: DeskRequest, contact_id: int) -> Contact:
    """The person behind a contact, merged or not, if this reader may see them; else they do not exist."""
    root = Contact.objects.filter(pk=contact_id).values_list("survivor_id", flat=True).first()
    rows = Contact.objects.visible_to(request.user).select_related("organization")
    person = rows.filter(pk=root or contact_id).first()
    if person is None:
        raise Http404
    return person


@dataclass(frozen=True)
class Merged:
    """A contact that is part of the person, and what it brought along."""

    contact: Contact
    identities: list[Identity]
    into_name: str


def page_context(request: DeskRequest, person: Contact) -> dict[str, Any]:
    """For desk/customers/customer.html."""
    family = list(Contact.objects.family(person.pk).order_by("pk"))
    shown_person = with_identities([person])[0]
    tickets, more = tickets_of(
        [one.pk for one in family], request.user, before=number(request.GET.get("before"))
    )
    return {
        "person": person,
        "name": shown_person.name,
        "identities": identities_of(shown_person),
        "usernames": _usernames(shown_person),
        "claims": [
            {"row": one, "shown": shown(one.kind, one.value)} for one in claims_of(one.pk for one in family)
        ],
        "merged": _merged(person, family, shown_person),
        "tickets": tickets,
        "more": more,
        "suggestions": suggestions(person.pk, request.user),
        "notes": [one.notes for one in [person, *[each for each in family if each != person]] if one.notes],
    }


def identities_of(person: Person) -> list[dict[str, Any]]:
    """Mail first, in the order in which they became known."""
    rows = sorted(person.identities, key=lambda one: (one.kind != Identity.Kind.EMAIL, one.pk))
    return [{"row": one, "shown": shown(one.kind, one.value)} for one in rows]


def _usernames(person: Person) -> dict[str, str]:
    """What Telegram accounts are called there, as far as it has told us, by their number."""
    numbers = [one.value for one in person.identities if one.kind == Identity.Kind.TELEGRAM]
    rows = Thread.objects.filter(inbox__kind=Inbox.Kind.TELEGRAM, external_id__in=numbers)
    found = rows.order_by("heard_at", "pk").values_list("external_id", "state__username")
    return {number: f"@{username}" for number, username in found if username}


def _merged(person: Contact, family: list[Contact], shown_person: Person) -> list[Merged]:
    names = {one.pk: one.name for one in family}
    return [
        Merged(
            one,
            [each for each in shown_person.identities if each.contact_id == one.pk],
            names.get(one.merged_into_id or 0, "") if one.merged_into_id != person.pk else "",
        )
        for one in sorted(family, key=lambda each: (each.merged_at is None, each.merged_at, each.pk))
        if one.merged_into_id is not None
    ]


def tickets_of(family: list[int], user: User, *, before: int | None) -> tuple[list[Ticket], int | None]:
    """The person's tickets in all channels, theirs and those they take part in, newest first.

    ``before`` is what the page before gave as its second value.
    """
    seen = Ticket.objects.visible_to(user).filter(is_hidden=False)
    parts = Participant.objects.filter(contact__in=family)
    mine = seen.filter(requester__in=family).order_by("-pk")
    others = seen.filter(pk__in=parts.values("ticket")).order_by("-pk")
    if before is not None:
        mine, others = mine.filter(pk__lt=before), others.filter(pk__lt=before)
    ids = {
        *mine.values_list("pk", flat=True)[: TICKETS + 1],
        *others.values_list("pk", flat=True)[: TICKETS + 1],
    }
    rows = Ticket.objects.filter(pk__in=ids).select_related(
        "status", "assignee", "requester__survivor", "brand"
    )
    found = list(rows.order_by("-pk")[: TICKETS + 1])
    return found[:TICKETS], found[TICKETS - 1].pk if len(found) > TICKETS else None
