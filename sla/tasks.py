"""Celery's side of the clocks."""

from celery import shared_task

from sla import firing, forecast, reapplying


@shared_task(name="sla.tasks.fire_due")
def fire_due() -> int:
    """Tell of the warnings and breaches that are due."""
    return firing.fire()


@shared_task(name="sla.tasks.reapply_open")
def reapply_open() -> int:
    """Look at open tickets again after a policy, a calendar or a team has changed; a sweep asks again."""
    return reapplying.work(seconds=30.0)


@shared_task(name="sla.tasks.forecast")
def forecast_all() -> int:
    """Say of each running clock whether the queue before it can be done in time."""
    return forecast.forecast()
