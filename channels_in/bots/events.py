from dataclasses import field
from typing import Any

from journal.events import Event, event


@event("bot_flow")
class BotFlowMade(Event):
    bot_flow_id: int
    name: str


@event("bot_flow")
class BotFlowRenamed(Event):
    """``changes``: [old, new] of the name."""

    bot_flow_id: int
    name: str
    changes: dict[str, Any] = field(default_factory=dict)


@event("bot_flow")
class BotFlowPublished(Event):
    """Conversations that begin from now on follow this version."""

    bot_flow_id: int
    version_id: int
    number: int


@event("bot_flow")
class BotFlowDeleted(Event):
    bot_flow_id: int


@event("bot_flow")
class BotFlowUndeleted(Event):
    bot_flow_id: int
