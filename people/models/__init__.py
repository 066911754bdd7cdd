from people.models.contact import Contact
from people.models.identity import Claim, ClaimSource, Distinct, Identity, Proof
from people.models.organization import Organization
from people.models.role import StaffRole
from people.models.shift import Absence, ExtraTime, Shift
from people.models.skill import Skill
from people.models.team import AtShiftEnd, Membership, OnReopen, Strategy, Team
from people.models.user import BUILT_IN_ACCESS, Access, Role, User

__all__ = [
    "BUILT_IN_ACCESS",
    "Absence",
    "Access",
    "AtShiftEnd",
    "Claim",
    "ClaimSource",
    "Contact",
    "Distinct",
    "ExtraTime",
    "Identity",
    "Membership",
    "OnReopen",
    "Organization",
    "Proof",
    "Role",
    "Shift",
    "Skill",
    "StaffRole",
    "Strategy",
    "Team",
    "User",
]
