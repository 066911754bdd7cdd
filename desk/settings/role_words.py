"""Roles in words: what each permission means, in groups, and how far a role reaches."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from people.access import Permission
from people.models import Access, Role


@dataclass(frozen=True)
class Words:
    """``short`` stands in a list of several; ``sentence`` says what it lets one do."""

    name: str | Promise
    short: str | Promise
    sentence: str | Promise


_P = Permission
WORDS: dict[Permission, Words] = {
    _P.READ: Words(
        gettext_lazy("Read tickets"),
        pgettext_lazy("permission", "reading"),
        gettext_lazy("Opens the desk, and the tickets that the reach below lets them see."),
    ),
    _P.NOTE: Words(
        gettext_lazy("Write private notes"),
        pgettext_lazy("permission", "private notes"),
        gettext_lazy("Writes what only colleagues see, and has macros of their own."),
    ),
    _P.REPLY: Words(
        gettext_lazy("Answer customers"),
        pgettext_lazy("permission", "replies"),
        gettext_lazy(
            "Replies, opens tickets, takes chats and promises answers; is given tickets by turn. Notes too."
        ),
    ),
    _P.EDIT: Words(
        gettext_lazy("Change tickets"),
        pgettext_lazy("permission", "changes"),
        gettext_lazy("Sets status, priority, topic, tags and fields; snoozes, links, marks as spam."),
    ),
    _P.ASSIGN: Words(
        gettext_lazy("Assign tickets"),
        pgettext_lazy("permission", "assignment"),
        gettext_lazy("Gives tickets to people and teams, one by one, by macro or many at once."),
    ),
    _P.MERGE: Words(
        gettext_lazy("Merge tickets and contacts"),
        pgettext_lazy("permission", "merging"),
        gettext_lazy("Joins tickets, and contacts that are one person. Both can be undone."),
    ),
    _P.DELETE: Words(
        gettext_lazy("Delete tickets"),
        pgettext_lazy("permission", "deletion"),
        gettext_lazy("Deletes tickets and brings them back; takes back what colleagues have sent."),
    ),
    _P.EDIT_CONTACTS: Words(
        gettext_lazy("Change contacts"),
        pgettext_lazy("permission", "contacts"),
        gettext_lazy("Keeps names, addresses, languages and notes of customers right."),
    ),
    _P.EDIT_ORGANIZATIONS: Words(
        gettext_lazy("Change organisations"),
        pgettext_lazy("permission", "organisations"),
        gettext_lazy("Domains, which decide where people belong, and tiers, which decide what was promised."),
    ),
    _P.MANAGE_VIEWS: Words(
        gettext_lazy("Share views with teams"),
        pgettext_lazy("permission", "teams’ views"),
        gettext_lazy("Makes and changes the lists that whole teams have."),
    ),
    _P.MANAGE_COMMON_VIEWS: Words(
        gettext_lazy("Make views for everybody"),
        pgettext_lazy("permission", "everybody’s views"),
        gettext_lazy("Makes and changes the lists that the whole desk has. Teams’ views too."),
    ),
    _P.MANAGE_PROBLEMS: Words(
        gettext_lazy("Manage problems"),
        pgettext_lazy("permission", "problems"),
        gettext_lazy("Changes anybody’s problems, and writes to all who asked because of one."),
    ),
    _P.MANAGE_RULES: Words(
        gettext_lazy("Arrange the work"),
        pgettext_lazy("permission", "rules and policies"),
        gettext_lazy("Rules, SLA policies, calendars, shifts, skills, macros, ticket fields, bots."),
    ),
    _P.MANAGE_INBOXES: Words(
        gettext_lazy("Connect channels"),
        pgettext_lazy("permission", "channels"),
        gettext_lazy("Inboxes, quarantine, blocked senders, forms, chats and Telegram bots."),
    ),
    _P.MANAGE_WEBHOOKS: Words(
        gettext_lazy("Connect other systems"),
        pgettext_lazy("permission", "webhooks"),
        gettext_lazy("Decides which other systems are told of tickets. What they are told leaves the desk."),
    ),
    _P.AUDIT: Words(
        gettext_lazy("See who changed what"),
        pgettext_lazy("permission", "audit"),
        gettext_lazy(
            "Changes of settings and people, deletions, downloads: of everybody, with old and new values."
        ),
    ),
    _P.MANAGE_PEOPLE: Words(
        gettext_lazy("Manage people and roles"),
        pgettext_lazy("permission", "people and roles"),
        gettext_lazy(
            "Accounts, roles, members of teams, brands. Nobody can give more than they have themselves."
        ),
    ),
}
GROUPS: list[tuple[str | Promise, list[Permission]]] = [
    (
        gettext_lazy("Tickets"),
        [_P.READ, _P.NOTE, _P.REPLY, _P.EDIT, _P.ASSIGN, _P.MERGE, _P.DELETE],
    ),
    (gettext_lazy("Customers"), [_P.EDIT_CONTACTS, _P.EDIT_ORGANIZATIONS]),
    (
        gettext_lazy("Working together"),
        [_P.MANAGE_VIEWS, _P.MANAGE_COMMON_VIEWS, _P.MANAGE_PROBLEMS],
    ),
    (
        pgettext_lazy("permissions", "Administration"),
        [_P.MANAGE_RULES, _P.MANAGE_INBOXES, _P.MANAGE_WEBHOOKS, _P.MANAGE_PEOPLE, _P.AUDIT],
    ),
]
REACHES: dict[str, Words] = {
    Access.OWN: Words(
        Access.OWN.label,
        gettext_lazy("own tickets"),
        gettext_lazy("What is assigned to them, what they follow, and where they were called in to help."),
    ),
    Access.TEAMS: Words(
        Access.TEAMS.label,
        gettext_lazy("own teams’ tickets"),
        gettext_lazy("Their own, and those of their teams; agents and managers also those in no team yet."),
    ),
    Access.BRANDS: Words(
        Access.BRANDS.label,
        gettext_lazy("certain brands’ tickets"),
        gettext_lazy("Their own, and whatever comes in for the brands chosen here, in any team."),
    ),
    Access.ALL: Words(
        Access.ALL.label, gettext_lazy("all tickets"), gettext_lazy("Every ticket of every team and brand.")
    ),
}
ICONS = {
    Role.ADMINISTRATOR: "shield-lock",
    Role.MANAGER: "users-group",
    Role.AGENT: "headset",
    Role.EXPERT: "certificate",
}


def permitted_words(permissions: Collection[str]) -> str:
    """What a role may, in a line."""
    if set(permissions) >= set(Permission):
        return _("May everything")
    named = [str(WORDS[one].short) for one in Permission if one in permissions]
    return capfirst(", ".join(named))


def reach_words(access: str, brand_ids: Collection[int], brands: Mapping[int, str]) -> str:
    """Which tickets a role lets people see, in a line. ``brands``: names by key."""
    if access == Access.BRANDS:
        names = [brands.get(key, "?") for key in brand_ids]
        return _("Sees tickets of %(brands)s") % {"brands": ", ".join(names)}
    return _("Sees %(what)s") % {"what": REACHES[access].short}
