from django.db import models

from calendars.models import Calendar


class Policy(models.Model):
    """What we promise to some tickets. The first active one, in order, whose conditions hold applies."""

    name = models.CharField(max_length=120, unique=True)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def current(self) -> "PolicyVersion":
        """The version in force: the one with the highest number."""
        return self.versions.order_by("-number")[0]


class PolicyVersion(models.Model):
    """What a policy said from one edit to the next. Written once; its form is in sla/targets.py."""

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    conditions = models.JSONField(default=dict)
    calendar = models.ForeignKey(
        Calendar,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="empty: the team's, else the default",
    )
    targets = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    author_id = models.BigIntegerField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["policy", "number"]
        constraints = [
            # also finds the current version: the highest number of a policy
            models.UniqueConstraint(fields=["policy", "number"], name="sla_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} {self.number}"
