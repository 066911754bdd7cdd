"""The people of the seeded helpdesk: two brands, five teams, twenty agents, customers in organisations."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime

from bench.copying import copy_objects, set_sequences
from channels_in.models import Inbox
from people.models import Access, Contact, Identity, Membership, Organization, Role, Team, User
from tickets.models import Brand, Status, Tag, Topic
from tickets.starter import make_statuses, make_views

ADMINISTRATOR = "administrator@bench.test"
AGENT = "agent@bench.test"  # in one team of five, sees that team's tickets and those of no team
PASSWORD = "measure-me-twice"  # of a database that lives on loopback for a benchmark

_FIRST = {
    "ru": [
        "Анна",
        "Борис",
        "Вера",
        "Глеб",
        "Дарья",
        "Егор",
        "Жанна",
        "Захар",
        "Ирина",
        "Кирилл",
        "Лидия",
        "Марк",
        "Нина",
        "Олег",
        "Полина",
    ],
    "en": [
        "Alice",
        "Bruce",
        "Clara",
        "David",
        "Emma",
        "Frank",
        "Grace",
        "Henry",
        "Irene",
        "James",
        "Karen",
        "Louis",
        "Megan",
        "Neil",
        "Olga",
    ],
}
_LAST = {
    "ru": [
        "Лунёва",
        "Дроздов",
        "Серова",
        "Белкин",
        "Орлова",
        "Гусев",
        "Синицына",
        "Зимин",
        "Котова",
        "Власов",
        "Ежова",
        "Жуков",
    ],
    "en": [
        "Archer",
        "Brooks",
        "Carter",
        "Dawson",
        "Ellis",
        "Foster",
        "Graham",
        "Hughes",
        "Irving",
        "Jensen",
        "Kemp",
        "Lawson",
    ],
}


@dataclass(frozen=True)
class Company:
    """Everything a ticket refers to: ``agents[team]`` are user keys, ``inboxes[brand]``; teams by size."""

    brands: list[Brand]
    inboxes: dict[int, Inbox]
    teams: list[Team]
    agents: dict[int, list[int]]
    administrator: User
    agent: User
    contacts: list[Contact]
    addresses: list[str]
    organizations: list[Organization]
    statuses: dict[int, Status]
    topics: list[Topic]
    tags: list[Tag]


def make(tickets: int, lots: random.Random, now: datetime) -> Company:
    """Everybody the tickets need: a contact for every eight tickets, an organisation for every eighty."""
    make_statuses()
    make_views()
    brands = [
        Brand.objects.create(name=name, slug=slug, language=language)
        for name, slug, language in (("Тихий помол", "pomol", "ru"), ("Stockwren", "stockwren", "en"))
    ]
    inboxes = {
        brand.pk: Inbox.objects.create(
            brand=brand, name=brand.name, address=f"support@{brand.slug}.bench.test", smtp_host="127.0.0.1"
        )
        for brand in brands
    }
    teams = [Team.objects.create(name=f"Team {letter}") for letter in "ABCDE"]
    administrator = User.objects.create_user(
        ADMINISTRATOR, PASSWORD, name="Ada Administrator", role=Role.ADMINISTRATOR, access=Access.ALL
    )
    agents: dict[int, list[int]] = {}
    for index in range(20):
        team = teams[index % 5]
        email = AGENT if index == 2 else f"agent{index}@bench.test"
        user = User(email=email, name=_name("ru" if index % 2 else "en", lots), role=Role.AGENT)
        user.set_unusable_password()
        user.save()
        Membership.objects.create(team=team, user=user)
        agents.setdefault(team.pk, []).append(user.pk)
    agent = User.objects.get(email=AGENT)
    agent.set_password(PASSWORD)
    agent.save(update_fields=["password"])
    organizations, contacts, addresses = _customers(tickets, lots, now)
    return Company(
        brands=brands,
        inboxes=inboxes,
        teams=teams,
        agents=agents,
        administrator=administrator,
        agent=agent,
        contacts=contacts,
        addresses=addresses,
        organizations=organizations,
        statuses={status.category: status for status in Status.objects.filter(is_default=True)},
        topics=[Topic.objects.create(labels={"en": f"Topic {n}", "ru": f"Тема {n}"}) for n in range(1, 9)],
        tags=[Tag.objects.create(name=f"метка-{n}" if n % 2 else f"tag-{n}") for n in range(1, 41)],
    )


def _customers(
    tickets: int, lots: random.Random, now: datetime
) -> tuple[list[Organization], list[Contact], list[str]]:
    organizations = [
        Organization(
            pk=n,
            name=f"Organisation {n}" if n % 2 else f"Компания {n}",
            domains=[f"company{n}.test"],
            tier=lots.choice(["standard", "standard", "silver", "gold"]),
            created_at=now,
        )
        for n in range(1, max(3, tickets // 80) + 1)
    ]
    contacts, identities, addresses = [], [], []
    for n in range(1, max(10, tickets // 8) + 1):
        language = "ru" if lots.random() < 0.7 else "en"
        organization = lots.choice(organizations) if lots.random() < 0.7 else None
        domain = organization.domains[0] if organization else "mail.test"
        contacts.append(
            Contact(
                pk=n,
                name=_name(language, lots),
                organization_id=organization.pk if organization else None,
                language=language,
                created_at=now,
            )
        )
        addresses.append(f"person{n}@{domain}")
        identities.append(
            Identity(pk=n, contact_id=n, kind="email", value=addresses[-1], is_verified=True, created_at=now)
        )
    copy_objects(Organization, organizations)
    copy_objects(Contact, contacts)
    copy_objects(Identity, identities)
    set_sequences([Organization, Contact, Identity])
    return organizations, contacts, addresses


def _name(language: str, lots: random.Random) -> str:
    return f"{lots.choice(_FIRST[language])} {lots.choice(_LAST[language])}"
