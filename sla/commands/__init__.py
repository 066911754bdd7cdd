"""The verbs of SLA: policies, due times by hand, promises. Keyword-only, idempotent, one event each."""

from sla.commands.clocks import reapply, set_due
from sla.commands.policies import clone_policy, order_policies, save_policy, switch_policy
from sla.commands.promises import keep_promise, make_promise, withdraw_promise

__all__ = [
    "clone_policy",
    "keep_promise",
    "make_promise",
    "order_policies",
    "reapply",
    "save_policy",
    "set_due",
    "switch_policy",
    "withdraw_promise",
]
