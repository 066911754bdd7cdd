"""Calendars and their versions. A version never changes, and what was counted with it stays countable."""

from django.db import models
from django.db.models import Q


class Calendar(models.Model):
    """A business calendar under a name: opening hours, or somebody's shift pattern."""

    name = models.CharField(max_length=120, unique=True)
    is_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="calendars_one_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def current(self) -> "CalendarVersion":
        """The version in force: the one with the highest number."""
        return self.versions.order_by("-number")[0]


class CalendarVersion(models.Model):
    """What a calendar said from one edit to the next. Written once."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    # the form that calendars/stored.py describes
    definition = models.JSONField()
    created_at = models.DateTimeField()
    # Nobody: the product itself, adding the holidays of another year. People are a layer above.
    author_id = models.BigIntegerField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["calendar", "number"]
        constraints = [
            # also finds the current version: the highest number of a calendar
            models.UniqueConstraint(fields=["calendar", "number"], name="calendars_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.calendar} {self.number}"
