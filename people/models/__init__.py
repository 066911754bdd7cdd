from people.models.contact import Contact
from people.models.identity import Identity
from people.models.organization import Organization
from people.models.team import Membership, Team
from people.models.user import Access, Role, User

__all__ = ["Access", "Contact", "Identity", "Membership", "Organization", "Role", "Team", "User"]
