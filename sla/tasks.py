"""Celery's side of the clocks."""

from celery import shared_task

from common import clock
from journal.actor import Actor
from sla import firing, forecast, reapplying


@shared_task(name="sla.tasks.fire_due")
def fire_due() -> int:
    """Tell of the warnings and breaches that are due."""
    return firing.fire()


@shared_task(name="sla.tasks.reapply_open")
def reapply_open() -> int:
    """Look at open tickets again after a policy, a calendar or a team has changed; a sweep asks again."""
    return reapplying.work(seconds=30.0)


@shared_task(name="sla.tasks.look_again")
def look_again() -> None:
    """A net under the events: attributes that another system pushed, a derivation that failed."""
    reapplying.request(reason="check", actor=Actor.system("sla"), at=clock.now(), looks=1)


@shared_task(name="sla.tasks.forecast")
def forecast_all() -> int:
    """Say of each running clock whether the queue before it can be done in time."""
    return forecast.forecast()
