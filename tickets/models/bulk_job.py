from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from people.models import User
from tickets.models.ticket import Ticket
from tickets.models.view import View


class BulkJob(models.Model):
    """One act on many tickets by one person, worked off ticket by ticket (``tickets.bulk``).

    ``conditions`` are those of the view, as they were when the job began; null where tickets were ticked, and
    for an undo, whose tickets are those that ``undoes`` has changed. ``gathered_to``: up to which number
    they have become items.
    """

    class Act(models.TextChoices):
        ASSIGN = "assign", _("Assignee")
        TEAM = "team", _("Team")
        STATUS = "status", _("Status")
        PRIORITY = "priority", _("Priority")
        ADD_TAG = "add_tag", _("Add a tag")
        REMOVE_TAG = "remove_tag", _("Remove a tag")
        SNOOZE = "snooze", _("Snooze")
        SPAM = "spam", _("Mark as spam")
        FOLLOW = "follow", _("Follow")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        FAILED = "failed", _("Failed")

    OPEN = (State.WAITING, State.RUNNING)

    owner = models.ForeignKey(User, models.CASCADE, related_name="+", db_index=False)
    act = models.CharField(max_length=12, choices=Act)
    value = models.JSONField(null=True, help_text="a key, a name or an instant: tickets.bulk.acts")
    view = models.ForeignKey(View, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    conditions = models.JSONField(null=True, blank=True)
    undoes = models.OneToOneField("self", models.CASCADE, null=True, blank=True, related_name="undone_by")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    gathered_to = models.BigIntegerField(default=0)
    is_gathered = models.BooleanField(default=False)
    total = models.PositiveIntegerField(help_text="tickets; until they are gathered, as counted at the start")
    done = models.PositiveIntegerField(default=0, help_text="changed")
    same = models.PositiveIntegerField(default=0, help_text="were so already")
    refused = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True, help_text="no longer shown under the list")
    claimed_until = models.DateTimeField(null=True, blank=True, help_text="a worker has it until then")
    claims = models.PositiveIntegerField(default=0, help_text="how often; the last one counts")
    deaths = models.PositiveSmallIntegerField(
        default=0, help_text="claims that ran out without a ticket done"
    )

    class Meta:
        indexes = [
            # tickets.bulk.running: whose turn is it?
            models.Index(
                fields=["claims", "id"],
                name="tickets_bulk_next",
                condition=Q(state__in=["waiting", "running"]),
            ),
            # What somebody has begun, newest first.
            models.Index("owner", F("id").desc(), name="tickets_bulk_own"),
        ]

    def __str__(self) -> str:
        return f"bulk job {self.pk}: {self.act}"

    @property
    def is_over(self) -> bool:
        return self.state not in self.OPEN

    @property
    def looked_at(self) -> int:
        """How many tickets have had their turn."""
        return self.done + self.same + self.refused


class BulkItem(models.Model):
    """A ticket of a job, and what became of it.

    ``before`` is how it was in the respect the job changes, ``sequence`` the number of the journal's entry
    that the job left it with: what has a higher one in that respect is somebody's later decision.
    ``reason`` and ``params`` are a refusal's ``source`` and ``params``.
    """

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        SAME = "same"
        REFUSED = "refused"

    job = models.ForeignKey(BulkJob, models.CASCADE, related_name="items", db_index=False)
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    before = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    sequence = models.PositiveIntegerField(null=True)
    reason = models.TextField(blank=True)
    params = models.JSONField(default=dict)

    class Meta:
        constraints = [
            # Each ticket once; serves the undo, which asks for the item of a ticket.
            models.UniqueConstraint(fields=["job", "ticket"], name="tickets_bulk_item_once")
        ]
        indexes = [
            # Which tickets are next?
            models.Index(fields=["job", "ticket"], name="tickets_bulk_waiting", condition=Q(state="waiting")),
            # The list of refusals.
            models.Index(fields=["job", "ticket"], name="tickets_bulk_refused", condition=Q(state="refused")),
        ]

    def __str__(self) -> str:
        return f"#{self.ticket_id} in bulk job {self.job_id}"
