"""Which role may do what. Which tickets somebody may see is ``Ticket.objects.visible_to``, and which contacts
``Contact.objects.visible_to``.

Customers' data: who answers customers keeps what is known of them right, so agents change, verify and merge
the contacts that the door shows them: those of the tickets they see, and new ones. Organisations are the
managers': a domain decides where people belong, and a tier changes what was promised to all of them. Experts
read both and change nothing.

Problems: everybody at the desk reads them, agents write them down and link tickets to them. Changing one, and
writing to all who asked because of it, is for its owner, for leads of a team and for managers.
"""

from enum import StrEnum

from people.models import Membership, Role, User


class Permission(StrEnum):
    READ = "read"
    NOTE = "note"
    REPLY = "reply"  # speak to the customer, open a ticket for one
    EDIT = "edit"  # status, priority, tags, participants, assignment
    MERGE = "merge"  # tickets, and contacts that are one person
    EDIT_CONTACTS = "edit_contacts"  # name, language, notes, organisation, identities
    EDIT_ORGANIZATIONS = "edit_organizations"  # name, domains, tier, notes
    DELETE = "delete"
    MANAGE_VIEWS = "manage_views"  # views shared with teams
    MANAGE_COMMON_VIEWS = "manage_common_views"  # views that everybody has
    MANAGE_INBOXES = "manage_inboxes"  # mailboxes, quarantine, blocked senders
    MANAGE_PEOPLE = "manage_people"
    MANAGE_WEBHOOKS = "manage_webhooks"  # which other systems are told of tickets
    MANAGE_PROBLEMS = "manage_problems"  # anybody's problems, and messages to all who asked
    MANAGE_RULES = "manage_rules"  # rules, SLA policies, calendars, shifts, skills, custom fields
    AUDIT = "audit"  # who changed what in the settings and about people


_EXPERT = {Permission.READ, Permission.NOTE}
_AGENT = _EXPERT | {Permission.REPLY, Permission.EDIT, Permission.MERGE, Permission.EDIT_CONTACTS}
_MANAGER = _AGENT | {
    Permission.EDIT_ORGANIZATIONS,
    Permission.MANAGE_VIEWS,
    Permission.MANAGE_PROBLEMS,
    Permission.MANAGE_RULES,
}

ROLE_PERMISSIONS: dict[str, set[Permission]] = {
    Role.ADMINISTRATOR: set(Permission),
    Role.MANAGER: _MANAGER,
    Role.AGENT: _AGENT,
    Role.EXPERT: _EXPERT,
    Role.CUSTOMER: set(),
}


def may(user: User, permission: Permission) -> bool:
    """Whether ``user``, being active, has ``permission`` at all."""
    return user.is_authenticated and user.is_active and permission in ROLE_PERMISSIONS.get(user.role, set())


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
