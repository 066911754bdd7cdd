"""What an entry of the journal triggers. Pure.

A customer's first message is one too: a ticket's beginning triggers "ticket opened" and "message received".
What an outsider writes in a side conversation, and automatic mail, trigger nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from routing.engine import Trigger

Data = Mapping[str, Any]
On = Literal[
    "ticket_opened", "message_received", "reply_sent", "field_changed", "sla_warned", "sla_breached",
    "promise_broken", "time_since", "manual",
]  # fmt: skip


def _public(on: On) -> Callable[[Data], Trigger | None]:
    return lambda data: None if data.get("side_thread_id") else Trigger(on)


def _changed(field: str) -> Callable[[Data], Trigger]:
    return lambda data: Trigger("field_changed", field=field)


def _clock(on: On) -> Callable[[Data], Trigger]:
    return lambda data: Trigger(on, target=data.get("target", ""))


_BY_KIND: dict[str, Callable[[Data], Trigger | None]] = {
    "ticket_opened": lambda data: Trigger("ticket_opened"),
    "message_received": _public("message_received"),
    "reply_posted": _public("reply_sent"),
    "field_changed": lambda data: Trigger("field_changed", field=data["field"]),
    "attribute_changed": lambda data: Trigger("field_changed", field=f"field.{data['key']}"),
    "status_changed": _changed("status"),
    "team_changed": _changed("team"),
    "ticket_assigned": _changed("assignee"),
    "tag_added": _changed("tags"),
    "tag_removed": _changed("tags"),
    "sla_warned": _clock("sla_warned"),
    "sla_breached": _clock("sla_breached"),
    "promise_broken": lambda data: Trigger("promise_broken"),
    "rule_time_reached": lambda data: Trigger("time_since", rule_id=data["rule_id"]),
    "rule_requested": lambda data: Trigger("manual", rule_id=data["rule_id"]),
}
# The fields whose change a rule can wait for; custom ones come as "field.<key>".
CHANGING = (
    "status",
    "priority",
    "team",
    "assignee",
    "topic",
    "service",
    "subject",
    "requester",
    "organization",
    "tags",
)


def trigger_of(kind: str, data: Data) -> Trigger | None:
    """The trigger of an entry; None for one that rules do not hear of."""
    find = _BY_KIND.get(kind)
    return find(data) if find else None
