"""What every installation begins with: one policy for all tickets, which is easy to keep and to change."""

from journal.actor import Actor
from sla.commands import save_policy
from sla.models import Policy

HOUR = 3600
NAMES = {"en": "Standard", "ru": "Стандартная"}


def make_policy(language: str = "en") -> Policy | None:
    """The starter policy, in working time; None where there is any policy already."""
    if Policy.objects.exists():
        return None
    version = save_policy(
        None,
        name=NAMES.get(language, NAMES["en"]),
        conditions={},
        calendar=None,
        targets={
            "first_response": _target(low=8, normal=4, high=2, urgent=1, pauses=[]),
            "next_response": _target(low=8, normal=4, high=2, urgent=1, pauses=[]),
            "resolution": _target(low=45, normal=27, high=18, urgent=9, pauses=["pending", "resolved"]),
        },
        actor=Actor.system("setup"),
    )
    return version.policy


def _target(*, pauses: list[str], **hours: int) -> dict[str, object]:
    seconds = {priority: number * HOUR for priority, number in hours.items()}
    return {"seconds": seconds, "business": True, "pauses": pauses, "warn_percent": 80}
