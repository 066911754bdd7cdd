"""The company as it stands on its first day: brands, people, inboxes, statuses and views."""

import colorsys
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils.text import slugify

from channels_in.bots import commands as bots
from channels_in.bots.starter import example
from channels_in.kinds.chat.triggers import shaped as shaped_triggers
from channels_in.models import BlockedSender, BotFlow, ChatWidget, Inbox
from common import clock
from helpdesk.demo.cast import PASSWORD
from helpdesk.demo.script import load
from helpdesk.demo.words import Person
from journal.actor import Actor
from people.models import Access, Contact, Identity, Membership, Organization, Role, Team, User
from tickets import starter
from tickets.macro_starter import make_macros
from tickets.models import Brand, Category, Priority, Status, Tag, Topic

_ROLES = {"admin": Role.ADMINISTRATOR, "manager": Role.MANAGER, "expert": Role.EXPERT, "agent": Role.AGENT}
PRIORITIES = {
    "low": Priority.LOW, "normal": Priority.NORMAL, "high": Priority.HIGH, "urgent": Priority.URGENT,
}  # fmt: skip


# Where each colour ends on the wheel, in degrees.
_HUES = [(15, "red"), (40, "orange"), (65, "yellow"), (170, "green"), (250, "blue"), (320, "violet")]


@dataclass
class Company:
    """The rows, by the keys that the stories use."""

    content: dict[str, Any]
    brands: dict[str, Brand]
    inboxes: dict[str, Inbox]
    teams: dict[str, Team]
    users: dict[str, User]
    persons: dict[str, Person]
    contacts: dict[str, Contact]
    topics: dict[tuple[str, str], Topic]
    statuses: dict[str, Status]


def found() -> Company:
    """Make everything but tickets. The database must be empty."""
    content = load("company")
    starter.make_statuses()
    starter.make_views()
    brands = {one["slug"]: _brand(one) for one in content["brands"]}
    for brand in brands.values():
        make_macros(brand.language, brand=brand)
    teams = {one["key"]: Team.objects.create(name=_team_name(one)) for one in content["teams"]}
    users = _users(content["agents"], teams)
    for tag in content["tags"]:
        Tag.objects.create(name=tag["name"], colour=tag_colour(tag["color"]))
    first_line = teams["first-line"]
    inboxes = {one["slug"]: _inbox(one, brands[one["slug"]], first_line) for one in content["brands"]}
    for brand in brands.values():
        _chat(brand, first_line)
    BlockedSender.objects.create(
        pattern="@seo-boost.example", reason="Offers, week after week", blocked_by=users["olga"], hits=17
    )
    return Company(
        content=content,
        brands=brands,
        inboxes=inboxes,
        teams=teams,
        users=users,
        persons={one["key"]: person(one) for one in content["agents"]},
        contacts=_contacts(content),
        topics=_topics(content["topics"], brands),
        statuses={Category(status.category).name.lower(): status for status in Status.objects.all()},
    )


def person(one: dict[str, Any]) -> Person:
    """An agent or a contact of the content, as texts address them."""
    return Person(one["name"], one["first_name"], one["gender"])


def post_office_settings() -> dict[str, Any]:
    """How the demonstration's inboxes send: to its own post office, which keeps everything."""
    return {
        "smtp_host": "localhost",
        "smtp_port": settings.POST_OFFICE_PORT,
        "smtp_security": Inbox.Security.NONE,
        "sign": Inbox.Sign.NONE,
    }


def _brand(one: dict[str, Any]) -> Brand:
    return Brand.objects.create(
        name=one["name"],
        slug=slugify(one["slug"]),
        language=one["language"],
        time_zone=one["timezone"],
        colour=one["color"],
        signature=one["signature"],
    )


def _team_name(one: dict[str, Any]) -> str:
    return str(one["name"] if settings.LANGUAGE_CODE.startswith("ru") else one["name_en"])


def _inbox(one: dict[str, Any], brand: Brand, team: Team) -> Inbox:
    return Inbox.objects.create(
        brand=brand,
        name=one["name"],
        address=f"{one['address_local_part']}@{one['domain']}",
        team=team,
        fetch=Inbox.Fetch.LISTENER,
        plus_addresses=True,
        **post_office_settings(),
    )


def _chat(brand: Brand, team: Team) -> ChatWidget:
    """The chat on the brand's shop of the demonstration, which is a page of our own."""
    inbox = Inbox.objects.create(kind="chat", brand=brand, name=f"{brand.name}: chat", team=team)
    return ChatWidget.objects.create(
        inbox=inbox,
        sites=[f"https://{brand.slug}.example", f"https://*.{brand.slug}.example"],
        asks={"name": "optional", "email": "optional"},
        bot=_bot(brand),
        triggers=shaped_triggers(
            [{"seconds": 40, "texts": {"ru": "Помочь с выбором?", "en": "Can we help you choose?"}}]
        ),
    )


def _bot(brand: Brand) -> BotFlow:
    """Who receives the shop's visitors: the example that every installation may begin with."""
    actor = Actor.system("demo")
    name = "Помощник магазина" if brand.language == "ru" else "Shop assistant"
    flow = bots.make_flow(name=name, definition=example(), actor=actor)
    bots.publish(flow.pk, actor=actor)
    return flow


def _users(agents: list[dict[str, Any]], teams: dict[str, Team]) -> dict[str, User]:
    password = make_password(PASSWORD)  # once: a good hash is slow
    users = {}
    for one in agents:
        role = _ROLES[one["role"]]
        user = User.objects.create(
            email=one["email"],
            name=one["name"],
            password=password,
            role=role,
            access=Access.ALL if role in {Role.ADMINISTRATOR, Role.MANAGER} else Access.TEAMS,
            language=one["language"],
            time_zone=one["timezone"],
            signature=one["signature"],
        )
        for key in one["teams"]:
            Membership.objects.create(
                team=teams[key], user=user, is_lead=role == Role.MANAGER or one["key"] == "anna"
            )
        users[one["key"]] = user
    return users


def _contacts(content: dict[str, Any]) -> dict[str, Contact]:
    organizations = {
        one["key"]: Organization.objects.create(
            name=one["name"],
            domains=[one["domain"]],
            tier=one["tier"],
            notes=one["note"],
            attributes={"Город" if one["language"] == "ru" else "City": one["city"]},
        )
        for one in content["organizations"]
    }
    people = Contact.objects.bulk_create(
        Contact(
            name=one["name"],
            organization=organizations[one["organization"]] if one["organization"] else None,
            language=one["language"],
        )
        for one in content["contacts"]
    )
    # The date of their first acquaintance is otherwise today's.
    lots = random.Random(5)
    for contact in people:
        contact.created_at = clock.now() - timedelta(days=lots.randint(95, 900))
    Contact.objects.bulk_update(people, ["created_at"])
    found = {one["email"]: contact for one, contact in zip(content["contacts"], people, strict=True)}
    Identity.objects.bulk_create(
        Identity(contact=contact, kind=Identity.Kind.EMAIL, value=address.lower(), is_verified=True)
        for address, contact in found.items()
    )
    return found


def _topics(
    topics: dict[str, list[dict[str, Any]]], brands: dict[str, Brand]
) -> dict[tuple[str, str], Topic]:
    return {
        (slug, one["key"]): Topic.objects.create(
            labels={brands[slug].language: one["name"]}, brand=brands[slug], position=position
        )
        for slug, rows in topics.items()
        for position, one in enumerate(rows)
    }


def tag_colour(colour: str) -> str:
    """The nearest of the desk's tag colours to ``#rrggbb``."""
    red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    if saturation < 0.25 or lightness < 0.12:
        return "gray"
    return next((name for limit, name in _HUES if hue * 360 < limit), "red")
