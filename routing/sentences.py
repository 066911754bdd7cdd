"""What rules bring to a ticket's history, in the reader's language, and who they are there."""

from typing import Any

from django.utils.translation import gettext as _

from routing.actions import ACTIONS
from routing.reading import rule_names
from tickets.timeline import Names, register_actor, register_sentences


def _what(data: dict[str, Any]) -> str:
    kind = ACTIONS.get(data["action"].get("do", ""))
    return str(kind.label) if kind else "—"


def _cancelled(data: dict[str, Any], names: Names) -> str:
    sentence = {
        "customer": _("Not done, since the customer has written: %(what)s"),
        "reopened": _("Not done, since the ticket is worked on again: %(what)s"),
        "rule-off": _("Not done, since the rule was switched off: %(what)s"),
    }.get(data["reason"], _("Not done: %(what)s"))
    return sentence % {"what": _what(data)}


register_actor("rule", rule_names)
register_sentences(
    {
        "rule_time_reached": lambda data, names: _("The time of a rule has come"),
        "rule_requested": lambda data, names: _("A rule was asked for"),
        "action_due": lambda data, names: _("As planned: %(what)s") % {"what": _what(data)},
        "action_cancelled": _cancelled,
    }
)
