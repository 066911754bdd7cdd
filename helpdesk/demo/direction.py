"""What scenes need: mails, replies and notes at an instant, with all that follows from them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from helpdesk.demo.company import Company
from helpdesk.demo.stage import INTAKE, Played, Stage
from journal.actor import Actor
from journal.models import Entry
from people.commands.contacts import resolve_contact
from people.models import Contact, User
from tickets import commands
from tickets.content import Content
from tickets.models import Message, Ticket


@dataclass
class Direction:
    """``told`` are the stories already played, by the scenario's key."""

    stage: Stage
    told: dict[str, Played]
    now: datetime

    @property
    def company(self) -> Company:
        return self.stage.company

    def ago(self, **parts: float) -> datetime:
        return self.now - timedelta(**parts)

    def user(self, key: str) -> User:
        return self.company.users[key]

    def actor(self, key: str) -> Actor:
        return Actor.user(self.company.users[key])

    def at(self, ticket_id: int, at: datetime) -> AbstractContextManager[None]:
        """Act on a ticket at an instant; see ``Pulse.at``."""
        return self.stage.pulse.at(ticket_id, at)

    def soonest(self, ticket_id: int, at: datetime) -> datetime:
        """``at``, or when something happened to the ticket last: a rule may have been at it meanwhile."""
        stream = Entry.objects.filter(stream_type="ticket", stream_id=ticket_id)
        return max(at, stream.latest("sequence").happened_at)

    def clock_time(self, at: datetime, brand: str) -> str:
        """What the clock on the brand's wall shows."""
        return f"{at.astimezone(ZoneInfo(self.company.brands[brand].time_zone)):%H:%M}"

    def mail(
        self,
        brand: str,
        address: str,
        subject: str,
        text: str,
        at: datetime,
        *,
        team: str = "first-line",
        topic: str = "",
        language: str = "",
    ) -> tuple[Ticket, Message]:
        """A new ticket by mail, from a contact of the company's book or a stranger."""
        contact: Contact = self.company.contacts.get(address) or resolve_contact("email", address)
        with self.stage.pulse.at(None, at):
            ticket = commands.open_ticket(
                brand=self.company.brands[brand],
                channel="email",
                requester=contact,
                subject=subject,
                actor=INTAKE,
                team=self.company.teams[team],
                topic=self.company.topics[brand, topic] if topic else None,
                language=language,
                at=at,
            )
            message = self._received(ticket, brand, contact, address, text, at)
        self.stage.pulse.follow(ticket.pk)
        return ticket, message

    def add(
        self, ticket: Ticket, brand: str, contact: Contact, address: str, text: str, at: datetime
    ) -> Message:
        """Another mail of the customer."""
        with self.at(ticket.pk, at):
            return self._received(ticket, brand, contact, address, text, at)

    def _received(
        self, ticket: Ticket, brand: str, contact: Contact, address: str, text: str, at: datetime
    ) -> Message:
        content = Content(
            text=text,
            subject=ticket.subject,
            sender={"name": contact.name, "address": address},
            to=[{"name": "", "address": self.company.inboxes[brand].address}],
        )
        message = commands.receive_message(
            ticket.pk, content=content, contact=contact, actor=INTAKE, channel="email", at=at
        )
        self.stage.post.received(message, content, brand, answers=None)
        return message

    def take(self, ticket: Ticket, who: str, at: datetime) -> None:
        """Somebody takes the ticket."""
        with self.at(ticket.pk, at):
            commands.assign(ticket.pk, to=self.user(who), actor=self.actor(who), at=at)

    def reply(
        self, ticket_id: int, brand: str, who: str, text: str, at: datetime, *, status: str = ""
    ) -> Message:
        """Somebody answers the customer."""
        with self.at(ticket_id, at):
            message = commands.post_reply(
                ticket_id,
                user=self.user(who),
                content=Content(text=text),
                status=self.company.statuses[status] if status else None,
                at=at,
            )
            self.stage.post.sent(message, brand)
        return message

    def note(self, ticket_id: int, who: str, text: str, at: datetime) -> Message:
        """Somebody writes what only colleagues see."""
        with self.at(ticket_id, at):
            return commands.post_note(ticket_id, user=self.user(who), content=Content(text=text), at=at)
