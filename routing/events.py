"""What can happen to rules, and what rules bring to tickets."""

from dataclasses import field
from typing import Any

from journal.events import Event, event


@event("rule")
class RuleSaved(Event):
    """A new rule, a new version, or a new name. ``changes``: [old, new] of the name and the ``number``."""

    rule_id: int
    version_id: int
    number: int
    name: str
    changes: dict[str, Any] = field(default_factory=dict)


@event("rule")
class RuleSwitched(Event):
    rule_id: int
    is_enabled: bool


@event("rule")
class RuleDeleted(Event):
    rule_id: int


@event("rule")
class RuleUndeleted(Event):
    rule_id: int


@event("rule")
class RulesOrdered(Event):
    """All rules in their new order; on stream 0, since it is nobody's alone."""

    rule_id: int
    order: list[int]


@event("ticket")
class RuleTimeReached(Event):
    """A time rule's time has come: ``anchor`` (ISO 8601) is since when it was counted."""

    ticket_id: int
    rule_id: int
    anchor: str


@event("ticket")
class RuleRequested(Event):
    """An agent has asked for a manual rule."""

    ticket_id: int
    rule_id: int
    user_id: int


@event("ticket")
class RuleReplyRequested(Event):
    """A rule's automatic message, about to be written in a transaction of its own (``routing.replies``)."""

    ticket_id: int
    rule_id: int
    version_id: int
    position: int
    text: dict[str, Any]


@event("ticket")
class ActionDue(Event):
    """What a rule had planned for later is done now."""

    ticket_id: int
    rule_id: int
    version_id: int
    scheduled_id: int
    action: dict[str, Any]


@event("ticket")
class ActionCancelled(Event):
    """What a rule had planned for later will not be done: ``reason`` is a code."""

    ticket_id: int
    rule_id: int
    scheduled_id: int
    action: dict[str, Any]
    reason: str
