from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.labels import Labelled


class Category(models.IntegerChoices):
    """What clocks and figures look at. Everything below RESOLVED is open work."""

    NEW = 10, _("New")
    OPEN = 20, _("Open")
    PENDING = 30, _("Pending")
    ON_HOLD = 40, _("On hold")
    RESOLVED = 50, _("Resolved")
    CLOSED = 60, _("Closed")


class Status(Labelled):
    """A name the administrator gives to a category, or to a shade of one."""

    category = models.PositiveSmallIntegerField(choices=Category)
    position = models.PositiveSmallIntegerField(default=0)
    is_default = models.BooleanField(default=False, help_text="the one used when only the category is known")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["category", "position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["category"], condition=Q(is_default=True), name="tickets_status_default"
            ),
        ]
