"""The actions of rules: their names and parameters, as the editor shows them and the checks need them."""

from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

ParameterKind = Literal[
    "priority", "status", "team", "topic", "service", "field", "value", "tags", "strategy", "skills",
    "language", "user", "texts", "text", "people", "seconds", "flag", "webhook",
]  # fmt: skip


@dataclass(frozen=True)
class Parameter:
    """``optional``: may be missing or null, which means none, the team's own or the ticket's."""

    name: str
    label: Any
    kind: ParameterKind
    optional: bool = False


@dataclass(frozen=True)
class ActionKind:
    do: str
    label: Any
    parameters: tuple[Parameter, ...] = ()


_TEAM = Parameter("team", _("Team"), "team", optional=True)
_USER = Parameter("user", _("Person"), "user")
_SECONDS = Parameter("seconds", _("After"), "seconds")
_BUSINESS = Parameter("business", _("In working time"), "flag", optional=True)

ACTIONS: dict[str, ActionKind] = {
    kind.do: kind
    for kind in [
        ActionKind("set_priority", _("Set the priority"), (Parameter("value", _("Priority"), "priority"),)),
        ActionKind("set_status", _("Set the status"), (Parameter("value", _("Status"), "status"),)),
        ActionKind("set_team", _("Move to a team"), (Parameter("value", _("Team"), "team", optional=True),)),
        ActionKind(
            "set_topic", _("Set the topic"), (Parameter("value", _("Topic"), "topic", optional=True),)
        ),
        ActionKind(
            "set_service", _("Set the service"), (Parameter("value", _("Service"), "service", optional=True),)
        ),
        ActionKind(
            "set_field",
            _("Set a field"),
            (
                Parameter("key", _("Field"), "field"),
                Parameter("value", _("Value"), "value", optional=True),
            ),
        ),
        ActionKind("add_tags", _("Add tags"), (Parameter("value", _("Tags"), "tags"),)),
        ActionKind("remove_tags", _("Remove tags"), (Parameter("value", _("Tags"), "tags"),)),
        ActionKind(
            "assign",
            _("Find an assignee"),
            (
                Parameter("strategy", _("Strategy"), "strategy", optional=True),
                _TEAM,
                Parameter("skills", _("Required skills"), "skills", optional=True),
                Parameter("language", _("Language"), "language", optional=True),
            ),
        ),
        ActionKind("assign_to", _("Assign to a person"), (_USER,)),
        ActionKind("unassign", _("Return to the queue")),
        ActionKind("follow", _("Let a colleague follow"), (_USER,)),
        ActionKind(
            "reply", _("Send an automatic message to the customer"), (Parameter("text", _("Text"), "texts"),)
        ),
        ActionKind("note", _("Write a private note"), (Parameter("text", _("Text"), "text"),)),
        ActionKind(
            "notify",
            _("Tell colleagues"),
            (
                Parameter("who", _("Whom"), "people"),
                Parameter("text", _("Text"), "text", optional=True),
            ),
        ),
        ActionKind(
            "promise",
            _("Promise an answer"),
            (_SECONDS, _BUSINESS, Parameter("text", _("Text"), "text", optional=True)),
        ),
        ActionKind("snooze", _("Snooze"), (_SECONDS, _BUSINESS)),
        ActionKind("webhook", _("Call a webhook"), (Parameter("webhook_id", _("Webhook"), "webhook"),)),
        ActionKind("close_after", _("Close unless the customer writes"), (_SECONDS, _BUSINESS)),
        ActionKind("escalate", _("Pass to another line"), (_TEAM, Parameter("reason", _("Reason"), "text"))),
        ActionKind("stop", _("Stop here: no further rule")),
    ]
}

# Whom "notify" can name besides people: whoever has that part in the ticket then.
PARTS = {"assignee": _("The assignee"), "team": _("The whole team"), "leads": _("The team's leads")}
OF_TICKET = "of_ticket"  # a language: whatever the ticket's is
