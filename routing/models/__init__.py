from routing.models.assignment import LeadAlert, Requirement, Rotation, ShiftEnd, Waiting
from routing.models.rule import Rule, RuleRun, RuleVersion, ScheduledAction, TimedRun
from routing.models.simulation import SimulatedTicket, Simulation

__all__ = [
    "LeadAlert",
    "Requirement",
    "Rotation",
    "Rule",
    "RuleRun",
    "RuleVersion",
    "ScheduledAction",
    "ShiftEnd",
    "SimulatedTicket",
    "Simulation",
    "TimedRun",
    "Waiting",
]
