from routing.models.rule import Rule, RuleRun, RuleVersion, ScheduledAction, TimedRun

__all__ = ["Rule", "RuleRun", "RuleVersion", "ScheduledAction", "TimedRun"]
