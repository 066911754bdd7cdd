from people.models.contact import Contact
from people.models.identity import Identity
from people.models.organization import Organization
from people.models.shift import Absence, ExtraTime, Shift
from people.models.skill import Skill
from people.models.team import AtShiftEnd, Membership, OnReopen, Strategy, Team
from people.models.user import Access, Role, User

__all__ = [
    "Absence",
    "Access",
    "AtShiftEnd",
    "Contact",
    "ExtraTime",
    "Identity",
    "Membership",
    "OnReopen",
    "Organization",
    "Role",
    "Shift",
    "Skill",
    "Strategy",
    "Team",
    "User",
]
