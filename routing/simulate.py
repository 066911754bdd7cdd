"""Trying a draft of the rules on past tickets: asking for it, and taking the question back."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from common import clock
from common.queue import ask_on_commit
from common.text import one_line
from people.models import User
from routing import tasks
from routing.commands.rules import MOST_RULES
from routing.definitions import checked
from routing.models import Simulation
from tickets import errors

MOST_DAYS = 90
_UNDER_WAY = (Simulation.State.QUEUED, Simulation.State.RUNNING)


@transaction.atomic
def start(definition: Sequence[dict[str, Any]], days: int, user: User) -> Simulation:
    """Ask for a simulation of rules, [{"id", "name", "definition"}, …] in their order; raises ``Invalid``.

    A worker runs one after the other (``routing.simulation``).
    """
    if not 1 <= days <= MOST_DAYS:
        raise errors.Invalid("days", _("From 1 to %(most)d days.") % {"most": MOST_DAYS})
    if not 1 <= len(definition) <= MOST_RULES:
        raise errors.Invalid("rules", _("Choose at least one rule."))
    rules = [
        {
            "id": one.get("id"),
            "name": one_line(str(one.get("name", "")), 120),
            "definition": checked(one.get("definition")),
        }
        for one in definition
    ]
    found = Simulation.objects.create(started_by=user, created_at=clock.now(), days=days, definition=rules)
    ask_on_commit(tasks.run_simulations)
    return found


def cancel(simulation_id: int) -> bool:
    """End a simulation; whoever runs it stops at its next look. False when it was over already."""
    rows = Simulation.objects.filter(pk=simulation_id, state__in=_UNDER_WAY)
    return rows.update(state=Simulation.State.CANCELLED, finished_at=clock.now()) == 1
