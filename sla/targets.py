"""The stored form of a policy's targets, and what it comes to for one ticket.

A policy version has, by target::

    {"first_response": {"seconds": {"low": 57600, "normal": 14400, "high": 7200, "urgent": 3600},
                        "business": true, "pauses": [], "warn_percent": 80}, …}

``seconds`` null, or a priority without a number: no target. ``SlaPolicyApplied`` has the same with
``seconds`` a number, the ticket's.
"""

from typing import Any

from django.utils.translation import gettext as _

from sla.errors import BadPolicy
from sla.facts import TARGETS, Aim
from sla.models.clock import Clock
from tickets.models import Category, Priority

CATEGORIES = {category.name.lower(): int(category) for category in Category}
PRIORITIES = {priority.name.lower(): int(priority) for priority in Priority}
NAMES = {number: name for name, number in PRIORITIES.items()}
# In new and open somebody waits for us; closed goes with solved.
MAY_PAUSE = frozenset({"pending", "on_hold", "resolved"})
SHORTEST, LONGEST = 60, 366 * 86_400


def clean(targets: Any) -> dict[str, Any]:
    """The one form in which targets are stored. Raises ``BadPolicy``, which names the target."""
    if not isinstance(targets, dict) or not targets.keys() <= set(TARGETS):
        raise BadPolicy("targets", _("Set targets for first response, next response and resolution."))
    found = {name: _target(name, targets[name]) for name in TARGETS if targets.get(name) is not None}
    if not any(seconds for one in found.values() for seconds in one["seconds"].values()):
        raise BadPolicy("targets", _("Set at least one target."))
    return found


def _target(name: str, raw: Any) -> dict[str, Any]:
    label = Clock.Target(name).label
    if not isinstance(raw, dict) or not isinstance(raw.get("seconds"), dict):
        raise BadPolicy(name, _("“%(target)s”: give a time for each priority, or none.") % {"target": label})
    seconds = {}
    if not raw["seconds"].keys() <= PRIORITIES.keys():
        raise BadPolicy(name, _("“%(target)s”: there is no such priority.") % {"target": label})
    for priority in PRIORITIES:
        value = raw["seconds"].get(priority)
        if value is not None and (type(value) is not int or not SHORTEST <= value <= LONGEST):
            raise BadPolicy(
                name, _("“%(target)s”: a time is between a minute and a year.") % {"target": label}
            )
        seconds[priority] = value
    business, percent, pauses = raw.get("business", True), raw.get("warn_percent"), raw.get("pauses", [])
    if not isinstance(business, bool):
        raise BadPolicy(name, _("“%(target)s”: choose working time or every hour.") % {"target": label})
    if percent is not None and (type(percent) is not int or not 1 <= percent <= 99):
        raise BadPolicy(name, _("“%(target)s”: warn between 1 and 99 percent.") % {"target": label})
    if not isinstance(pauses, list) or not set(map(str, pauses)) <= MAY_PAUSE:
        raise BadPolicy(name, _("“%(target)s”: this status cannot pause it.") % {"target": label})
    return {
        "seconds": seconds,
        "business": business,
        "pauses": [pause for pause in CATEGORIES if pause in pauses],
        "warn_percent": percent,
    }


def for_priority(targets: dict[str, Any], priority: int) -> dict[str, Any]:
    """The targets of a policy version for one priority; those without a time are left out."""
    name = NAMES[priority]
    return {
        target: {**one, "seconds": one["seconds"][name]}
        for target, one in targets.items()
        if one["seconds"].get(name) is not None
    }


def aims_from(targets: dict[str, Any]) -> dict[str, Aim]:
    """As ``SlaPolicyApplied`` has them."""
    return {
        name: Aim(
            seconds=one["seconds"],
            is_business=one["business"],
            pauses=frozenset(CATEGORIES[pause] for pause in one["pauses"]),
            warn_percent=one["warn_percent"],
        )
        for name, one in targets.items()
    }
