from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from people.models import User
from tickets.models import Ticket


class Simulation(models.Model):
    """A draft of the rules, tried on the tickets of the last days. Nothing of it touches a ticket.

    ``definition``: the rules in their order, [{"id": of the rule or null, "name", "definition"}, …].
    ``summary``: {"by_agent": [{"user_id", "name", "simulated", "happened"}], "by_team": [{"team_id", "name",
    "simulated", "happened"}], "changed", "unchanged", "unassigned", "fields": {field: number}, "left_out":
    [{"id", "name", "why"}], …} (``routing.simulation.telling``).
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    started_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+", db_index=False)
    created_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()
    definition = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    progress = models.PositiveSmallIntegerField(default=0, help_text="per cent")
    total = models.PositiveIntegerField(null=True, blank=True, help_text="tickets, once they are counted")
    summary = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    error = models.TextField(blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True, help_text="a worker runs it until then")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="how often a worker has begun")

    class Meta:
        indexes = [
            # routing.simulation.running: whose turn is it?
            models.Index(
                fields=["created_at"],
                name="routing_simulation_next",
                condition=models.Q(state__in=["queued", "running"]),
            ),
            # Earlier simulations, newest first.
            models.Index(F("created_at").desc(), name="routing_simulation_newest"),
        ]

    def __str__(self) -> str:
        return f"simulation {self.pk}: {self.days} days"

    @property
    def is_over(self) -> bool:
        return self.state not in {self.State.QUEUED, self.State.RUNNING}


class SimulatedTicket(models.Model):
    """What the draft would have made of a ticket, beside what happened to it.

    ``before`` is what happened and ``after`` what would have: values by field, e.g. {"team": 3, "assignee":
    null, "priority": 2}; ``rules``: those that would have acted, [{"id", "name"}, …] in order.
    """

    simulation = models.ForeignKey(Simulation, models.CASCADE, related_name="tickets", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    before = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    after = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    differs = models.BooleanField()
    rules = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["simulation", "ticket"], name="routing_simulated_once")
        ]
        indexes = [
            # What differs, then the rest, newest ticket first.
            models.Index(
                "simulation", F("differs").desc(), F("ticket").desc(), name="routing_simulated_list"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} in {self.simulation_id}"
