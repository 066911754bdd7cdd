"""Whom a visitor can be."""

from django.conf import settings

from people.models import User

PASSWORD = "steam-and-shelf"  # noqa: S105  # everybody's in the demonstration; printed at every start
_NAMES = ("ilya", "olga", "anna", "daniel", "gleb")


def cast() -> list[User]:
    """One account of each role, and an agent of each language; nobody where this is no demonstration."""
    if not settings.DEMO:
        return []
    people = {
        user.email: user
        for user in User.objects.filter(email__endswith="@steamshelf.example", is_active=True)
    }
    return [people[address] for name in _NAMES if (address := f"{name}@steamshelf.example") in people]
