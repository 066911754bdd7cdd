from django.contrib.postgres.fields import ArrayField
from django.db import models

from notifications.kinds import Kind
from people.models import User


class Preference(models.Model):
    """How one person wants to be told of one kind; without a row, the kind's default."""

    user = models.ForeignKey(User, models.CASCADE, related_name="notice_preferences", db_index=False)
    kind = models.CharField(max_length=24, choices=Kind)
    in_desk = models.BooleanField()
    by_mail = models.BooleanField()

    class Meta:
        constraints = [
            # wishes(): of a person, or of several for a kind.
            models.UniqueConstraint(fields=["user", "kind"], name="notifications_preference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} for {self.user_id}"


class QuietHours(models.Model):
    """When mail to somebody is held back, by the clock of their zone. The desk itself stays as it is."""

    user = models.OneToOneField(User, models.CASCADE, related_name="quiet_hours")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text="on which it begins, Monday is 0")
    begins = models.TimeField()
    ends = models.TimeField(help_text="not later than it begins: the next day")

    def __str__(self) -> str:
        return f"{self.begins}–{self.ends} for {self.user_id}"
