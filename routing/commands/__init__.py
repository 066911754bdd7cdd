"""The verbs for rules, and for asking one of a ticket."""

from routing.commands.asking import request_rule
from routing.commands.rules import (
    delete_rule,
    order_rules,
    restore_version,
    save_rule,
    switch_rule,
    undelete_rule,
)

__all__ = [
    "delete_rule",
    "order_rules",
    "request_rule",
    "restore_version",
    "save_rule",
    "switch_rule",
    "undelete_rule",
]
