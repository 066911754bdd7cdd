"""Celery's side of rules."""

from datetime import timedelta

from celery import shared_task

from common import clock
from routing import scheduled, timed
from routing.models import RuleRun
from routing.simulation import running

KEPT = timedelta(days=7)  # what did not act


@shared_task(name="routing.tasks.sweep_timed")
def sweep_timed() -> int:
    """Let the time rules whose time has come act."""
    return timed.sweep()


@shared_task(name="routing.tasks.run_scheduled")
def run_scheduled() -> int:
    """Do what rules had planned for now."""
    return scheduled.run_due()


@shared_task(name="routing.tasks.run_simulations")
def run_simulations() -> int:
    """Run the simulations that wait, one after the other; how many. A sweep asks too: workers die."""
    done = 0
    while running.run_next():
        done += 1
    return done


@shared_task(name="routing.tasks.prune_runs")
def prune_runs(batch: int = 5000) -> int:
    """Forget what heard of something and did not act, after seven days; what acted is kept."""
    gone = 0
    while True:
        old = (
            RuleRun.objects.filter(matched=False, at__lt=clock.now() - KEPT)
            .order_by("at")
            .values("pk")[:batch]
        )
        count = RuleRun.objects.filter(pk__in=list(old.values_list("pk", flat=True))).delete()[0]
        gone += count
        if count < batch:
            return gone
