"""Whether the teams and topics that a flow names are still there."""

from channels_in.bots.types import Flow, Problem
from people.models import Team
from tickets.models import Topic


def gone(flow: Flow) -> list[Problem]:
    """Two queries whatever the flow."""
    named = [
        (step["id"], name, step[name])
        for step in flow["steps"]
        for name in ("team", "topic")
        if step.get(name)
    ]
    there = {
        "team": set(
            Team.objects.filter(pk__in=_keys(named, "team"), is_active=True).values_list("pk", flat=True)
        ),
        "topic": set(Topic.objects.filter(pk__in=_keys(named, "topic")).values_list("pk", flat=True)),
    }
    return [Problem(f"{name}_gone", step) for step, name, key in named if key not in there[name]]


def _keys(named: list[tuple[str, str, int]], wanted: str) -> list[int]:
    return [key for _step, name, key in named if name == wanted]
