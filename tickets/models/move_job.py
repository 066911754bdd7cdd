from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from people.models import User


class MoveJob(models.Model):
    """A tag or problem that goes into another one, or off all tickets, and is gone then (``tickets.moves``).

    The work that is left is what still hangs on the source, so nothing has to be written down ticket by
    ticket: whoever takes a job over begins where the last one was. Names are kept for when both are gone.
    """

    class Kind(models.TextChoices):
        TAG = "tag", pgettext_lazy("moved", "Tag")
        PROBLEM = "problem", pgettext_lazy("moved", "Problem")

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("job", "Waiting")
        DONE = "done", pgettext_lazy("job", "Done")
        STOPPED = "stopped", pgettext_lazy("job", "Stopped")
        FAILED = "failed", pgettext_lazy("job", "Failed")

    kind = models.CharField(max_length=8, choices=Kind)
    source_id = models.BigIntegerField()
    source_name = models.CharField(max_length=200)
    target_id = models.BigIntegerField(null=True, help_text="null: off all tickets")
    target_name = models.CharField(max_length=200, blank=True)
    owner = models.ForeignKey(User, models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    total = models.PositiveIntegerField(help_text="tickets, as counted at the start, up to a bound")
    done = models.PositiveIntegerField(default=0)
    reason = models.TextField(blank=True, help_text="why it failed: a refusal's source")
    params = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True, help_text="a worker has it until then")
    claims = models.PositiveIntegerField(default=0, help_text="how often; the last one counts")

    class Meta:
        constraints = [
            # One at a time for each thing; also what the sweep looks for.
            models.UniqueConstraint(
                fields=["kind", "source_id"], name="tickets_move_once", condition=Q(state="waiting")
            ),
        ]
        indexes = [
            # The page of tags, and that of problems: what was last done.
            models.Index("kind", F("id").desc(), name="tickets_move_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_name} → {self.target_name or '∅'}"

    @property
    def is_over(self) -> bool:
        return self.state != self.State.WAITING
