"""What happened to one seeded ticket: the rows and the journal that the verbs would have made of it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bench.company import Company
from bench.words import Writer
from common.text import one_line
from journal.events import Event
from tickets import events
from tickets.commands.opening import KEY_ALPHABET
from tickets.models import Category, Direction, Message, MessageKind, Ticket

LONG = 10  # messages of the long conversations

Act = tuple[datetime, str, int | None, Callable[[], Event]]


@dataclass
class Story:
    """One ticket with what hangs on it. Events are made late: they name keys that come last."""

    ticket: Ticket
    messages: list[Message] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)  # when, actor's kind, actor's key, event
    tags: list[int] = field(default_factory=list)
    followers: list[int] = field(default_factory=list)
    participants: list[tuple[int, datetime]] = field(default_factory=list)
    readers: list[tuple[int, int]] = field(default_factory=list)  # user, how many messages were read


class Teller:
    """Makes up stories, reproducibly. ``share`` is how far through the year, from 0 to 1, a ticket opens."""

    def __init__(self, company: Company, lots: random.Random, now: datetime) -> None:
        self._company = company
        self._lots = lots
        self._now = now
        self._writer = Writer(lots)

    def story(self, pk: int, share: float, *, long: bool) -> Story:
        """A ticket of three messages, or of ten, that ends open (one in ten, mostly the newest) or done."""
        lots, company = self._lots, self._company
        opened = self._now - timedelta(days=365) * (1 - share) - timedelta(minutes=lots.randrange(1, 60))
        number = lots.randrange(len(company.contacts))
        requester = company.contacts[number]
        brand = company.brands[0 if requester.language == "ru" else 1]
        team = lots.choices([*company.teams, None], weights=[35, 25, 18, 10, 7, 5])[0]
        ticket = Ticket(
            pk=pk,
            brand_id=brand.pk,
            channel="email",
            direction="in",
            subject=self._writer.subject(requester.language),
            language=requester.language,
            requester_id=requester.pk,
            organization_id=requester.organization_id,
            team_id=team.pk if team else None,
            priority=lots.choices([1, 2, 3, 4], weights=[10, 70, 15, 5])[0],
            topic_id=lots.choice(company.topics).pk if lots.random() < 0.6 else None,
            opened_at=opened,
            active_at=opened,
            thread_key="".join(lots.choices(KEY_ALPHABET, k=12)),
        )
        told = Story(ticket)
        self._open(told, number)
        self._carry_on(told, number, self._ending(share), LONG if long else 3)
        return told

    def _ending(self, share: float) -> int:
        """The last category. Work is open mostly among the newest tickets, but never only there."""
        lots = self._lots
        if lots.random() < (0.75 if share > 0.92 else 0.0435):
            return lots.choices(
                [Category.NEW, Category.OPEN, Category.PENDING, Category.ON_HOLD], weights=[25, 50, 18, 7]
            )[0]
        return lots.choice([Category.RESOLVED, Category.CLOSED])

    def _open(self, told: Story, number: int) -> None:
        ticket, company = told.ticket, self._company
        status = company.statuses[Category.NEW]
        ticket.status_id, ticket.category = status.pk, Category.NEW
        organization = company.organizations[ticket.organization_id - 1] if ticket.organization_id else None
        opening = events.TicketOpened(
            ticket_id=ticket.pk,
            brand_id=ticket.brand_id,
            channel="email",
            direction="in",
            requester_id=ticket.requester_id,
            organization_id=ticket.organization_id,
            tier=organization.tier if organization else "",
            team_id=ticket.team_id,
            assignee_id=None,
            status_id=status.pk,
            category=Category.NEW.value,
            priority=ticket.priority,
            topic_id=ticket.topic_id,
            service_id=None,
            subject=ticket.subject,
        )
        told.acts.append((ticket.opened_at, "system", None, lambda: opening))
        self._received(told, number, ticket.opened_at)
        for tag in self._lots.sample(company.tags, self._lots.choice([0, 0, 1, 1, 2, 3])):
            told.tags.append(tag.pk)
            tagged = events.TagAdded(ticket.pk, tag.pk, tag.name)
            told.acts.append((ticket.opened_at, "system", None, lambda tagged=tagged: tagged))  # type: ignore[misc]

    def _carry_on(self, told: Story, number: int, ending: int, messages: int) -> None:
        lots, ticket = self._lots, told.ticket
        at = ticket.opened_at
        agents = self._company.agents[ticket.team_id or self._company.teams[0].pk]
        worker = lots.choice(agents)
        if ending != Category.NEW and lots.random() < 0.8:
            self._assign(told, worker, at := self._later(at))
        while len(told.messages) < messages:
            at = self._later(at)
            left = messages - len(told.messages)
            if ending == Category.NEW or (left == 2 and ending in {Category.PENDING, Category.ON_HOLD}):
                self._received(told, number, at)
            elif left == 1 and ending == Category.OPEN:
                other = lots.randrange(len(self._company.contacts)) if lots.random() < 0.05 else number
                self._received(told, other, at)
            elif left > 2 and lots.random() < 0.15:
                self._noted(told, worker, at)
            elif left % 2 == 0 or ending in {Category.PENDING, Category.ON_HOLD}:
                self._replied(told, worker, at)
            elif left == 1 and lots.random() < 0.3:
                self._noted(told, worker, at)
            else:
                self._received(told, number, at)
        if ending not in {Category.NEW, Category.OPEN}:
            self._move(told, ending, worker, self._later(at))
        if lots.random() < 0.05:
            follower = lots.choice(lots.choice(list(self._company.agents.values())))
            told.followers.append(follower)
            told.acts.append(
                (ticket.active_at, "user", follower, lambda: events.FollowerAdded(ticket.pk, follower))
            )
        self._read(told, worker)

    def _later(self, at: datetime) -> datetime:
        """Half an hour later on average, and never after now."""
        return min(self._now, at + timedelta(seconds=self._lots.randrange(60, 3600)))

    def _message(self, told: Story, at: datetime, **columns: Any) -> Message:
        text = self._writer.message(told.ticket.language, columns["author_name"])
        message = Message(ticket_id=told.ticket.pk, created_at=at, text=text, **columns)
        told.messages.append(message)
        told.ticket.message_count += 1
        if columns["kind"] == MessageKind.NOTE:
            told.ticket.touched_at = at
        else:
            told.ticket.active_at = max(told.ticket.active_at, at)
        return message

    def _received(self, told: Story, number: int, at: datetime) -> None:
        ticket, contact = told.ticket, self._company.contacts[number]
        message = self._message(
            told,
            at,
            kind=MessageKind.MESSAGE,
            direction=Direction.IN,
            channel="email",
            author_contact_id=contact.pk,
            author_name=contact.name,
            subject=ticket.subject if not told.messages else f"Re: {ticket.subject}"[:400],
            sender={"name": contact.name, "address": self._company.addresses[number]},
            to=[{"name": "", "address": self._company.inboxes[ticket.brand_id].address}],
        )
        ticket.snippet = one_line(message.text, 200)
        ticket.waiting_since = ticket.waiting_since or at
        told.acts.append(
            (
                at,
                "contact",
                contact.pk,
                lambda: events.MessageReceived(ticket.pk, message.pk, contact.pk, "email"),
            )
        )
        if contact.pk != ticket.requester_id:
            told.participants.append((contact.pk, at))
            told.acts.append(
                (at, "contact", contact.pk, lambda: events.ParticipantAdded(ticket.pk, contact.pk, True))
            )

    def _replied(self, told: Story, worker: int, at: datetime) -> None:
        ticket = told.ticket
        message = self._message(
            told,
            at,
            kind=MessageKind.REPLY,
            direction=Direction.OUT,
            channel="email",
            author_user_id=worker,
            author_name="Agent",
            to=[{"name": "", "address": self._company.addresses[ticket.requester_id - 1]}],
        )
        ticket.snippet = one_line(message.text, 200)
        ticket.waiting_since = None
        told.acts.append(
            (at, "user", worker, lambda: events.ReplyPosted(ticket.pk, message.pk, worker, "email"))
        )
        if ticket.category == Category.NEW:
            self._move(told, Category.OPEN, worker, at)

    def _noted(self, told: Story, worker: int, at: datetime) -> None:
        ticket = told.ticket
        message = self._message(
            told,
            at,
            kind=MessageKind.NOTE,
            direction=Direction.INTERNAL,
            channel="desk",
            author_user_id=worker,
            author_name="Agent",
        )
        told.acts.append((at, "user", worker, lambda: events.NotePosted(ticket.pk, message.pk, worker)))

    def _assign(self, told: Story, worker: int, at: datetime) -> None:
        ticket = told.ticket
        ticket.assignee_id = worker
        ticket.touched_at = at
        told.acts.append(
            (at, "user", worker, lambda: events.TicketAssigned(ticket.pk, None, worker, ticket.team_id))
        )

    def _move(self, told: Story, category: int, worker: int, at: datetime) -> None:
        """As ``tickets.commands.fields.move``."""
        ticket = told.ticket
        old_id, old = ticket.status_id, int(ticket.category)
        status = self._company.statuses[category]
        ticket.status_id, ticket.category = status.pk, category
        ticket.active_at = max(ticket.active_at, at)
        if category >= Category.RESOLVED:
            ticket.resolved_at = at
            ticket.closed_at = at if category == Category.CLOSED else None
            ticket.waiting_since = None
        event = events.StatusChanged(ticket.pk, old_id, status.pk, old, int(category))
        told.acts.append((at, "user", worker, lambda: event))

    def _read(self, told: Story, worker: int) -> None:
        """Whoever works on it has read it all; the two measured readers about half of everything."""
        count = len(told.messages)
        readers = {worker: count}
        for user in (self._company.administrator, self._company.agent):
            if self._lots.random() < 0.5:
                readers[user.pk] = self._lots.randrange(1, count + 1)
        told.readers = list(readers.items())
