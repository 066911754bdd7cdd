"""Rules made by a manager, in force at once."""

from collections.abc import Callable

import pytest

from journal.actor import Actor
from routing.commands import save_rule, switch_rule
from routing.models import Rule, RuleRun


@pytest.fixture
def rule(world) -> Callable[..., Rule]:
    """``rule(action, action, on="ticket_opened", when={}, stop=False, **trigger)``: saved and switched on."""
    actor = Actor.user(world.maria)

    def make(*actions, on="ticket_opened", when=None, stop=False, name="Правило", enabled=True, **trigger):
        made = save_rule(
            None,
            name=name,
            definition={
                "trigger": {"on": on, **trigger},
                "conditions": when or {},
                "actions": list(actions),
                "stop": stop,
            },
            actor=actor,
        )
        return switch_rule(made.pk, is_enabled=True, actor=actor) if enabled else made

    return make


@pytest.fixture
def runs(db) -> Callable[..., list[RuleRun]]:
    """The runs of rules that acted, oldest first."""

    def find(**given):
        return list(RuleRun.objects.filter(matched=True, **given).order_by("pk"))

    return find


def is_(field, value):
    return {"field": field, "op": "is", "value": value}
