from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from journal.models import Entry
from people.models import User
from tickets.models import Ticket


class Rule(models.Model):
    """When something happens and conditions hold, do this. What exactly is in its newest version."""

    name = models.CharField(max_length=120)
    position = models.PositiveIntegerField(help_text="rules are asked in this order")
    is_enabled = models.BooleanField(default=False)
    enabled_at = models.DateTimeField(null=True, blank=True, help_text="when it was last switched on")
    is_deleted = models.BooleanField(default=False, help_text="kept, since its runs explain what it did")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def current(self) -> "RuleVersion":
        """The version in force."""
        return self.versions.order_by("-number").first()  # type: ignore[return-value]  # made with its first version


class RuleVersion(models.Model):
    """What a rule said from one edit to the next. Never changed: runs refer to it."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField(help_text="1, 2, 3 … within the rule")
    definition = models.JSONField(help_text="routing.definitions")
    created_at = models.DateTimeField(auto_now_add=True)
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        # Serves a rule's history, and its newest version.
        constraints = [models.UniqueConstraint(fields=["rule", "number"], name="routing_version_number")]

    def __str__(self) -> str:
        return f"{self.rule_id} v{self.number}"


class RuleRun(models.Model):
    """One rule that acted on a ticket, and why; or, without ``rule``, all that heard of an entry and did not.

    Of a rule that acted, ``trace`` is {"trigger", "conditions": the tree with every verdict, "stopped"} and
    ``effects`` [{"action", "result": done | waiting | planned | withheld | failed, …}] in their order. What
    did not act is kept for seven days, compactly (``routing.traces``).
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="rule_runs", db_index=False)
    rule = models.ForeignKey(Rule, models.CASCADE, null=True, related_name="runs", db_index=False)
    version = models.ForeignKey(RuleVersion, models.CASCADE, null=True, related_name="+", db_index=False)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+", db_index=False)
    root_entry = models.ForeignKey(Entry, models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    matched = models.BooleanField()
    trace = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    effects = models.JSONField(default=list, encoder=DjangoJSONEncoder)
    error = models.TextField(blank=True, help_text="the first thing that went wrong")

    class Meta:
        constraints = [
            # An entry makes a rule act once, however often it is delivered.
            models.UniqueConstraint(fields=["entry", "rule"], name="routing_run_once"),
            models.UniqueConstraint(
                fields=["entry"], name="routing_run_unmatched_once", condition=Q(rule__isnull=True)
            ),
        ]
        indexes = [
            # The loop guard: what has acted for this first event?
            models.Index(fields=["root_entry"], name="routing_run_root"),
            # "Why did this happen" of a whole ticket.
            models.Index(F("ticket"), F("id").desc(), name="routing_run_ticket"),
            # A rule's last runs, and how often it acted.
            models.Index(F("rule"), F("at").desc(), name="routing_run_rule", condition=Q(matched=True)),
            # A manager looks at what went wrong.
            models.Index(F("at").desc(), name="routing_run_failed", condition=~Q(error="")),
            # prune_runs()
            models.Index(fields=["at"], name="routing_run_unmatched", condition=Q(matched=False)),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} on #{self.ticket_id}"


class TimedRun(models.Model):
    """A time rule has acted on a ticket for what happened at ``anchor_at``: never again for the same."""

    rule = models.ForeignKey(Rule, models.CASCADE, related_name="timed_runs", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    anchor_at = models.DateTimeField()
    fired_at = models.DateTimeField()

    class Meta:
        # Serves the sweep: has this rule acted for this anchor?
        constraints = [
            models.UniqueConstraint(fields=["ticket", "rule", "anchor_at"], name="routing_timed_once")
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} on #{self.ticket_id} since {self.anchor_at:%F %T}"


class ScheduledAction(models.Model):
    """What a rule will do to a ticket later, unless something comes between."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="scheduled_actions")
    rule = models.ForeignKey(Rule, models.CASCADE, related_name="+", db_index=False)
    version = models.ForeignKey(RuleVersion, models.CASCADE, related_name="+", db_index=False)
    entry = models.ForeignKey(
        Entry, models.PROTECT, related_name="+", db_index=False, help_text="what the rule reacted to"
    )
    after_entry_id = models.BigIntegerField(
        help_text="the ticket's last entry then: later ones may cancel it"
    )
    action = models.JSONField()
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()
    cancel_on_customer = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(
        max_length=400, blank=True, help_text="why it was cancelled, as a code, or failed"
    )

    class Meta:
        constraints = [
            # A rule that plans again replaces what it had planned.
            models.UniqueConstraint(
                fields=["ticket", "rule"], name="routing_scheduled_once", condition=Q(state="waiting")
            ),
        ]
        indexes = [
            # run_scheduled(): what is due.
            models.Index(fields=["due_at"], name="routing_scheduled_due", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.action.get('do')} on #{self.ticket_id} at {self.due_at:%F %T}"
