"""Flows from the database, as the engine takes them."""

from typing import Any

from channels_in.bots.flow import shaped
from channels_in.bots.phrases import standard
from channels_in.models import BotFlow, BotFlowVersion


def playable(definition: Any) -> dict[str, Any]:
    """In shape, with every sentence it does not have of its own."""
    flow = shaped(definition)
    own = flow["phrases"]
    return {**flow, "phrases": {name: {**texts, **own.get(name, {})} for name, texts in standard().items()}}


def version_of(flow: BotFlow | None, kept: Any = None) -> BotFlowVersion | None:
    """The version a conversation follows: the one it began with (``kept``: its id), else the newest.

    None where no bot speaks: nothing is published, or it was deleted before this conversation began.
    """
    if type(kept) is int and (version := BotFlowVersion.objects.filter(pk=kept).first()) is not None:
        return version
    return flow.current if flow is not None and not flow.is_deleted else None
