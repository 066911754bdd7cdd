from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from calendars.models import CalendarVersion
from sla.models.policy import PolicyVersion
from tickets.models import Ticket


class Clock(models.Model):
    """One target of one ticket, as counted from the journal last. ``sla.deriving`` and the sweep write here.

    A clock past its due time and unmet is still running: the customer waits on.
    """

    class Target(models.TextChoices):
        FIRST_RESPONSE = "first_response", _("First response")
        NEXT_RESPONSE = "next_response", _("Next response")
        RESOLUTION = "resolution", _("Resolution")
        PROMISE = "promise", _("Promise")

    class State(models.TextChoices):
        RUNNING = "running", pgettext_lazy("clock state", "Running")
        PAUSED = "paused", pgettext_lazy("clock state", "Paused")
        MET = "met", pgettext_lazy("clock state", "Met")
        BREACHED = "breached", pgettext_lazy("clock state", "Breached")
        CANCELLED = "cancelled", pgettext_lazy("clock state", "Cancelled")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="clocks", db_index=False)
    target = models.CharField(max_length=16, choices=Target)
    ordinal = models.BigIntegerField(default=0, help_text="next responses: 1, 2 …; promises: their id")
    policy_version = models.ForeignKey(
        PolicyVersion, models.PROTECT, null=True, related_name="+", db_index=False
    )
    calendar_version = models.ForeignKey(
        CalendarVersion, models.PROTECT, null=True, related_name="+", db_index=False
    )
    state = models.CharField(max_length=12, choices=State)
    started_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="empty while paused, and for what was cancelled")
    warn_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True, help_text="when the sweep has something to tell")
    target_seconds = models.BigIntegerField(null=True)
    remaining_seconds = models.BigIntegerField(null=True, help_text="while paused")
    counted_seconds = models.BigIntegerField(null=True, help_text="once ended: pauses and closed hours off")
    elapsed_seconds = models.BigIntegerField(null=True, help_text="once ended: by the wall clock")
    is_business = models.BooleanField(default=True)
    warned_due = models.DateTimeField(null=True, help_text="``warn_at``, once it was told")
    breached_due = models.DateTimeField(null=True, help_text="the breach that was told and stands")
    due_by_hand = models.BooleanField(default=False)
    at_risk = models.BooleanField(default=False)
    forecast_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["ticket", "started_at", "pk"]
        constraints = [
            # also serves every question about one ticket's clocks
            models.UniqueConstraint(fields=["ticket", "target", "ordinal"], name="sla_clock_once"),
        ]
        indexes = [
            # fire_due(): what has come due, oldest first
            models.Index(fields=["next_at"], name="sla_clock_next", condition=Q(next_at__isnull=False)),
            # forecast(): what runs, by its due time
            models.Index(fields=["due_at"], name="sla_clock_running", condition=Q(state="running")),
            # forecast(): what ended of late, for the pace
            models.Index(
                fields=["stopped_at"], name="sla_clock_stopped", condition=Q(state__in=["met", "breached"])
            ),
            # the condition "SLA breached": few of many
            models.Index(fields=["ticket"], name="sla_clock_missed", condition=Q(state="breached")),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.ordinal} of #{self.ticket_id}: {self.state}"
