from sla.models.clock import Clock
from sla.models.policy import Policy, PolicyVersion
from sla.models.promise import Promise
from sla.models.reapplication import Reapplication

__all__ = ["Clock", "Policy", "PolicyVersion", "Promise", "Reapplication"]
