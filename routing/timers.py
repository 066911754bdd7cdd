"""Celery's side of assignment. The work is found by name: those who do it import those who ask for it."""

from importlib import import_module

from celery import shared_task


@shared_task(name="routing.timers.drain_waiting")
def drain_waiting() -> int:
    """Give waiting tickets to whoever has room; asked for whenever room may have been made, and swept."""
    return int(import_module("routing.waiting").drain())


@shared_task(name="routing.timers.watch_shifts")
def watch_shifts() -> int:
    """Deal with the shifts that have ended."""
    return int(import_module("routing.shifts").watch())
