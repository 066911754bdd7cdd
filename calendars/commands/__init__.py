"""Verbs on calendars."""

from calendars.commands.calendar import save_calendar, set_default, switch_off, switch_on

__all__ = ["save_calendar", "set_default", "switch_off", "switch_on"]
