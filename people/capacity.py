"""How many tickets somebody can have open at once, by the kind of channel. Pure."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

# Channels that are answered at the same pace share a number. A channel that is not named is like mail.
_GROUPS = {"chat": "chat", "telegram": "telegram", "phone": "phone"}
DEFAULTS: Mapping[str, int] = {"email": 20, "chat": 3, "telegram": 6, "phone": 1}
MOST = 500


def group_of(channel: str) -> str:
    """Which number of a person's capacity a channel counts against."""
    return _GROUPS.get(channel, "email")


def capacity_of(own: Mapping[str, Any]) -> dict[str, int]:
    """All numbers of a person, the defaults where they have none of their own. 0 takes none."""
    return {group: int(own.get(group, default)) for group, default in DEFAULTS.items()}


def checked(own: Mapping[str, Any]) -> dict[str, int]:
    """What may be stored; raises ``ValueError`` with a translated reason."""
    if unknown := set(own) - set(DEFAULTS):
        raise ValueError(_("There is no capacity called %(name)s.") % {"name": min(unknown)})
    for value in own.values():
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
            raise ValueError(_("A capacity is a whole number from 0 to %(most)d.") % {"most": MOST})
    return {group: own[group] for group in DEFAULTS if group in own}
