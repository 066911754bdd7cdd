from django.db import models
from django.db.models import Q


class Reapplication(models.Model):
    """Open tickets are looked at again after a policy, a calendar or a team has changed.

    Twice: a ticket that was being opened meanwhile may have seen what was before.
    """

    reason = models.CharField(max_length=16)
    actor_kind = models.CharField(max_length=8)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=64, blank=True)
    requested_at = models.DateTimeField()
    not_before = models.DateTimeField()
    is_second = models.BooleanField(default=False)
    done_to = models.BigIntegerField(default=0, help_text="tickets up to this number have been looked at")
    changed = models.PositiveIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # reapply_open(): what is left to do
            models.Index(fields=["not_before"], name="sla_reapply_due", condition=Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.reason} of {self.requested_at:%F %T}"
