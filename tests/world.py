"""The named world of all tests: two brands, three teams, Anna and Boris, Vera who writes to us."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count

from django.db import transaction

from channels_in.models import Inbox
from journal.actor import Actor
from people.commands.contacts import resolve_contact
from people.commands.roles import write_down_built_in
from people.models import Access, Contact, Membership, Organization, Role, Team, User
from tickets import commands, starter
from tickets.content import Content
from tickets.models import Brand, Category, Message, Status, Ticket
from tickets.status import default_status

INTAKE = Actor.system("intake")


@dataclass
class World:
    brand: Brand
    other_brand: Brand
    first_line: Team
    second_line: Team
    anna: User  # agent, first line
    boris: User  # agent, second line
    maria: User  # manager
    oleg: User  # administrator
    egor: User  # expert, second line
    carla: User  # a customer's account
    organization: Organization
    vera: Contact  # severgrad.example
    peter: Contact  # nobody's organisation
    stranger: Contact
    inbox: Inbox
    other_inbox: Inbox
    _numbers: count = field(default_factory=lambda: count(1))

    def status(self, category: Category) -> Status:
        return default_status(category)

    @property
    def as_anna(self) -> Actor:
        return Actor.user(self.anna)

    @transaction.atomic
    def ticket(
        self, text: str = "Кофемашина не включается", *, requester: Contact | None = None, **given
    ) -> Ticket:
        """A customer's mail that has become a ticket."""
        requester = requester or self.vera
        at = given.pop("at", None)
        given.setdefault("brand", self.brand)
        given.setdefault("subject", f"Вопрос {next(self._numbers)}")
        ticket = commands.open_ticket(channel="email", requester=requester, actor=INTAKE, at=at, **given)
        self.receive(ticket, text, contact=requester, at=at)
        ticket.refresh_from_db()
        return ticket

    def receive(self, ticket: Ticket, text: str, *, contact: Contact | None = None, **given) -> Message:
        contact = contact or ticket.requester
        content = Content(
            text=text, subject=ticket.subject, sender={"name": contact.name, "address": contact.address}
        )
        return commands.receive_message(
            ticket.pk,
            content=content,
            contact=contact,
            actor=Actor.contact(contact),
            channel="email",
            **given,
        )

    def reply(
        self, ticket: Ticket, text: str = "Уже смотрим.", *, user: User | None = None, **given
    ) -> Message:
        to = [{"name": ticket.requester.name, "address": ticket.requester.address}]
        return commands.post_reply(
            ticket.pk, user=user or self.anna, content=Content(text=text, to=to), **given
        )


def make_world() -> World:
    starter.make_statuses()
    starter.make_views()
    write_down_built_in()
    brand = Brand.objects.create(name="Зерно", slug="zerno", language="ru", time_zone="Europe/Moscow")
    other = Brand.objects.create(name="Harbor", slug="harbor", language="en")
    first, second = Team.objects.create(name="First line"), Team.objects.create(name="Second line")

    def user(name: str, role: Role, *teams: Team, access: Access = Access.TEAMS) -> User:
        made = User.objects.create_user(
            f"{name.split()[0].lower()}@otklik.example",
            "correct horse battery",
            name=name,
            role=role,
            access=access,
        )
        Membership.objects.bulk_create(Membership(team=team, user=made) for team in teams)
        return made

    organization = Organization.objects.create(name="Северград", domains=["severgrad.example"], tier="gold")
    return World(
        brand=brand,
        other_brand=other,
        first_line=first,
        second_line=second,
        anna=user("Anna Lind", Role.AGENT, first),
        boris=user("Boris Petrov", Role.AGENT, second),
        maria=user("Maria Weber", Role.MANAGER, access=Access.ALL),
        oleg=user("Oleg Admin", Role.ADMINISTRATOR, access=Access.ALL),
        egor=user("Egor Expert", Role.EXPERT, second),
        carla=user("Carla Customer", Role.CUSTOMER),
        organization=organization,
        vera=resolve_contact("email", "vera@severgrad.example", name="Вера Ёлкина"),
        peter=resolve_contact("email", "peter@gmail.com", name="Peter Brook"),
        stranger=resolve_contact("email", "mallory@evil.example", name="Mallory"),
        inbox=Inbox.objects.create(
            brand=brand,
            name="Поддержка",
            address="support@zerno.example",
            aliases=["help@zerno.example"],
            team=first,
        ),
        other_inbox=Inbox.objects.create(brand=other, name="Support", address="support@harbor.example"),
    )
