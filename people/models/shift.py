"""When somebody works. Whether they are at work at an instant is ``people.working``'s to say."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from calendars.models import Calendar
from people.models.user import User


class Shift(models.Model):
    """A calendar that somebody works by, from one day to another (of the calendar's zone, inclusive).

    Whoever has no shift at all is never out of shift; with several, one of them is enough.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="shifts")
    calendar = models.ForeignKey(Calendar, models.PROTECT, related_name="shifts")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["valid_from", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")), name="people_shift_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} from {self.valid_from}"


class _Span(models.Model):
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        abstract = True


class Absence(_Span):
    """Somebody is away, whatever their shifts and extra time say. Half-open."""

    class Kind(models.TextChoices):
        VACATION = "vacation", _("Vacation")
        SICK = "sick", _("Sick leave")
        TRAINING = "training", _("Training")
        OTHER = "other", pgettext_lazy("absence", "Other")

    user = models.ForeignKey(User, models.CASCADE, related_name="absences", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OTHER)

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="people_absence_order"),
        ]
        indexes = [
            # people.working: what touches a stretch of time, of some people.
            models.Index(fields=["user", "ends_at"], name="people_absence_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} away from {self.starts_at}"


class ExtraTime(_Span):
    """Somebody works outside of their shifts for once. Half-open."""

    user = models.ForeignKey(User, models.CASCADE, related_name="extra_times", db_index=False)

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="people_extra_order"),
        ]
        indexes = [
            # people.working: what touches a stretch of time, of some people.
            models.Index(fields=["user", "ends_at"], name="people_extra_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} also from {self.starts_at}"
