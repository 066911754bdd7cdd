"""Which role may do what. Which tickets somebody may see is ``Ticket.objects.visible_to``, and which contacts
``Contact.objects.visible_to``.

Roles are rows (``people.models.StaffRole``): four built in, and the company's own. Three questions are kept
apart, and each has one place:

- *What may somebody do?* The permissions of the role; ``may`` here, and ``having`` of many people at once.
- *Which tickets do they see?* Its reach, ``User.access`` with ``User.brand_ids``. It may be set for one
  person apart from the role (``access_is_own``): a trainee, or a colleague who helps out.
- *What kind of colleague are they?* ``User.role``. A role of the company's own is copied from one that is
  there and keeps its kind, so whatever asks for a kind goes on meaning something, and asks for nothing that a
  permission or a reach says. Administrators are the only ones nobody can take anything from, and there is
  one such role: a copy of it is a manager's with every permission. Managers hear when a team without leads
  has nobody to take a ticket. Agents and managers look after tickets in no team, if they see their teams'.
  Experts are offered first when help is called. A kind is never changed: make another role.

A built-in role whose permissions nobody has changed has none written down, so that what a new version adds to
it is there at once. Nobody gives, or takes over, more than they have themselves: see ``covers``.

Customers' data: who answers customers keeps what is known of them right, so agents change, verify and merge
the contacts that the door shows them: those of the tickets they see, and new ones. Organisations are the
managers': a domain decides where people belong, and a tier changes what was promised to all of them. Experts
read both and change nothing.

Problems: everybody at the desk reads them, agents write them down and link tickets to them. Changing one, and
writing to all who asked because of it, is for its owner, for leads of a team and for managers.
"""

from collections.abc import Collection, Iterable
from enum import StrEnum

from django.db.models import Q

from people.models import Access, Membership, Role, User


class Permission(StrEnum):
    READ = "read"
    NOTE = "note"
    REPLY = "reply"  # speak to the customer, open a ticket for one
    EDIT = "edit"  # status, priority, tags, participants
    ASSIGN = "assign"  # to a person or a team: by hand, by macro, for many at once
    MERGE = "merge"  # tickets, and contacts that are one person
    EDIT_CONTACTS = "edit_contacts"  # name, language, notes, organisation, identities
    EDIT_ORGANIZATIONS = "edit_organizations"  # name, domains, tier, notes
    DELETE = "delete"
    MANAGE_VIEWS = "manage_views"  # views shared with teams
    MANAGE_COMMON_VIEWS = "manage_common_views"  # views that everybody has
    MANAGE_INBOXES = "manage_inboxes"  # mailboxes, quarantine, blocked senders
    MANAGE_PEOPLE = "manage_people"  # accounts, roles, who is in a team, brands
    MANAGE_WEBHOOKS = "manage_webhooks"  # which other systems are told of tickets
    MANAGE_PROBLEMS = "manage_problems"  # anybody's problems, and messages to all who asked
    MANAGE_RULES = "manage_rules"  # rules, SLA policies, calendars, shifts, skills, custom fields
    AUDIT = "audit"  # who changed what in the settings and about people


_EXPERT = {Permission.READ, Permission.NOTE}
_AGENT = _EXPERT | {
    Permission.REPLY,
    Permission.EDIT,
    Permission.ASSIGN,
    Permission.MERGE,
    Permission.EDIT_CONTACTS,
}
_MANAGER = _AGENT | {
    Permission.EDIT_ORGANIZATIONS,
    Permission.MANAGE_VIEWS,
    Permission.MANAGE_PROBLEMS,
    Permission.MANAGE_RULES,
}

# As the built-in roles come.
ROLE_PERMISSIONS: dict[str, set[Permission]] = {
    Role.ADMINISTRATOR: set(Permission),
    Role.MANAGER: _MANAGER,
    Role.AGENT: _AGENT,
    Role.EXPERT: _EXPERT,
    Role.CUSTOMER: set(),
}
# What is of no use without another: the composer posts notes and replies through one door.
_NEEDS = {
    Permission.REPLY: Permission.NOTE,
    Permission.MANAGE_COMMON_VIEWS: Permission.MANAGE_VIEWS,
}
_FIXED = {Role.ADMINISTRATOR, Role.CUSTOMER}  # nothing is ever written down of them


def may(user: User, permission: Permission) -> bool:
    """Whether ``user``, being active, has ``permission`` at all."""
    return user.is_authenticated and user.is_active and permission in permissions_of(user)


def permissions_of(user: User) -> Collection[str]:
    """What the account's role permits, without a query: the account carries it."""
    if user.permissions is None or user.role in _FIXED:
        return ROLE_PERMISSIONS.get(user.role, set())
    return user.permissions


def having(permission: Permission, through: str = "") -> Q:
    """The accounts whose role has ``permission``, active or not. ``through``: the way to them, ``user__``."""
    came_with = [role for role, words in ROLE_PERMISSIONS.items() if permission in words]
    written = Q(**{f"{through}permissions__contains": [str(permission)]})
    return written | Q(**{f"{through}permissions__isnull": True, f"{through}role__in": came_with})


def complete(permissions: Iterable[str]) -> list[str]:
    """In the order of ``Permission``, with what they need; reading is part of every role."""
    found = {Permission.READ, *(Permission(word) for word in permissions)}
    found |= {_NEEDS[one] for one in found if one in _NEEDS}
    return [str(one) for one in Permission if one in found]


def covers(giver: User, permissions: Collection[str], access: str, brand_ids: Collection[int]) -> bool:
    """Whether ``giver`` has all of this themselves, and so may give it, or change who has it.

    Otherwise who manages people could make an account that is stronger than their own, or take one over by
    its address. Teams are nothing to compare: who manages people puts them, and themselves, into any.
    """
    if giver.role == Role.ADMINISTRATOR:
        return True
    return set(permissions) <= set(permissions_of(giver)) and _reaches(giver, access, brand_ids)


def _reaches(giver: User, access: str, brand_ids: Collection[int]) -> bool:
    if giver.sees_all or access == Access.OWN:
        return True
    if access == Access.BRANDS:
        return giver.access == Access.BRANDS and set(brand_ids) <= set(giver.brand_ids)
    return access == giver.access == Access.TEAMS


def may_manage_problem(user: User, owner_id: int | None) -> bool:
    """Whether ``user`` may change a problem of this owner, and write to all who asked because of it."""
    if may(user, Permission.MANAGE_PROBLEMS):
        return True
    if not may(user, Permission.REPLY):
        return False
    return owner_id == user.pk or _leads(user)


def _leads(user: User) -> bool:
    """Whether somebody leads a team; asked once per request's user object."""
    cached: bool | None = getattr(user, "_leads_a_team", None)
    if cached is None:
        cached = Membership.objects.filter(user=user, is_lead=True, team__is_active=True).exists()
        user._leads_a_team = cached  # type: ignore[attr-defined]  # a memo on the instance
    return cached
