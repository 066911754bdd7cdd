"""Lists of a customer's requests: keyset pages by number, newest first, in a fixed number of queries.

Their own, those they take part in and the organisation's each have an index of their own; one condition over
all three would have none. So each is asked for a page, and the pages are merged.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet

from common import clock
from common.text import fold, number
from portal.states import State, state_of
from tickets.customers import Customer
from tickets.models import Category, Message, MessageKind, Participant, Ticket
from tickets.querysets import TicketQuerySet

PAGE = 20
MOST_WORDS = 6


@dataclass(frozen=True)
class Row:
    """One line of the list."""

    id: int
    subject: str
    category: int
    opened_at: datetime
    spoken_at: datetime | None
    requester: str
    service: str
    is_mine: bool

    @property
    def state(self) -> State:
        return state_of(self.category)


@dataclass(frozen=True)
class Page:
    rows: list[Row]
    next: int | None  # the number to go on from


def page(
    customer: Customer,
    *,
    solved: bool = False,
    organization: bool = False,
    query: str = "",
    before: int | None = None,
    limit: int = PAGE,
) -> Page:
    """A page of those that are open, or solved. ``organization``: of everybody in it, where that is allowed.

    ``before``: the ``next`` of the page before.
    """
    narrowed = Ticket.objects.filter(brand=customer.brand, is_hidden=False)
    narrowed = (
        narrowed.filter(category__gte=Category.RESOLVED)
        if solved
        else narrowed.filter(category__lt=Category.RESOLVED)
    )
    if before is not None:
        narrowed = narrowed.filter(pk__lt=before)
    if query:
        narrowed = _matching(narrowed, customer, query)
    ids: set[int] = set()
    for source in _sources(narrowed, customer, organization=organization):
        ids.update(source.order_by("-pk").values_list("pk", flat=True)[: limit + 1])
    newest = sorted(ids, reverse=True)
    rows = _rows(newest[:limit], customer)
    return Page(rows, newest[limit - 1] if len(newest) > limit else None)


def _sources(tickets: TicketQuerySet, customer: Customer, *, organization: bool) -> list[TicketQuerySet]:
    if organization and customer.organization_id is not None:
        return [tickets.filter(organization_id=customer.organization_id)]
    taking_part = Participant.objects.filter(contact__in=customer.contact_ids).values("ticket_id")
    return [tickets.filter(requester__in=customer.contact_ids), tickets.filter(pk__in=taking_part)]


def _matching(tickets: TicketQuerySet, customer: Customer, query: str) -> TicketQuerySet:
    """By number, or by all words in the subject or in one message that the customer may have read."""
    asked = number(query.strip().lstrip("#№ "))
    words = re.findall(r"\w+", fold(query))[:MOST_WORDS]
    in_subject, in_text = Q(), Q()
    for word in words:
        stem = word[:-2] if len(word) > 5 else word
        pattern = re.escape(stem).replace("е", "[её]")
        in_subject &= Q(subject__iregex=pattern)
        in_text &= Q(text__iregex=pattern)
    found = in_subject | Q(Exists(_read_for_sure(customer).filter(in_text))) if words else Q(pk__in=[])
    return tickets.filter(found | Q(pk=asked)) if asked is not None else tickets.filter(found)


def _read_for_sure(customer: Customer) -> QuerySet[Message]:
    """Of a ticket, messages that its customer may read by any rule: a search must not tell of others.

    Their own; where they are the requester, or of the organisation, all that customers wrote; and where
    nobody else takes part, our replies too.
    """
    said = Message.objects.filter(ticket=OuterRef("pk"), side_thread=None, withdrawn_at=None)
    whole = Q(ticket__requester__in=customer.contact_ids)
    if customer.organization_id is not None:
        whole |= Q(ticket__organization_id=customer.organization_id)
    alone = ~Exists(Participant.objects.filter(ticket=OuterRef("ticket")))
    left = Q(created_at__lt=clock.now() - timedelta(seconds=settings.REPLY_UNDO_SECONDS))
    return said.filter(
        Q(author_contact__in=customer.contact_ids)
        | Q(whole, kind=MessageKind.MESSAGE)
        | Q(whole, left, alone, kind=MessageKind.REPLY)
    )


def _rows(ids: list[int], customer: Customer) -> list[Row]:
    tickets = list(
        Ticket.objects.filter(pk__in=ids).select_related("service", "requester__survivor").order_by("-pk")
    )
    last = [ticket.last_public_id for ticket in tickets if ticket.last_public_id is not None]
    spoken = dict(Message.objects.filter(pk__in=last).values_list("pk", "created_at"))
    return [
        Row(
            id=ticket.pk,
            subject=ticket.subject,
            category=ticket.category,
            opened_at=ticket.opened_at,
            spoken_at=spoken.get(ticket.last_public_id or 0),
            requester=ticket.requester.person.name,
            service=ticket.service.label if ticket.service else "",
            is_mine=ticket.requester_id in customer.contact_ids,
        )
        for ticket in tickets
    ]
