"""Time zones to choose from."""

import zoneinfo
from functools import cache


@cache
def zone_names() -> tuple[str, ...]:
    """Every zone that names a place, and UTC. Looking costs a tenth of a second, so it is done once."""
    return tuple(sorted(name for name in zoneinfo.available_timezones() if "/" in name or name == "UTC"))


def zone_choices() -> list[tuple[str, str]]:
    """For a form's select: names as they are stored, and as people read them."""
    return [(name, name.replace("_", " ")) for name in zone_names()]
