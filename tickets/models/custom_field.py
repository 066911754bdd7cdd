from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.labels import Labelled
from tickets.models.brand import Brand


class CustomField(Labelled):
    """A field that a company adds to its tickets. Values are in ``Ticket.attributes`` under its key."""

    class Kind(models.TextChoices):
        TEXT = "text", _("Text")
        CHOICE = "choice", _("Choice")
        NUMBER = "number", pgettext_lazy("kind of field", "Number")
        DATE = "date", _("Date")
        FLAG = "flag", _("Yes or no")

    key = models.SlugField(max_length=40, unique=True, help_text="in conditions; never changes")
    kind = models.CharField(max_length=8, choices=Kind)
    choices = models.JSONField(default=list, blank=True, help_text='[{"value", "labels": {"en", "ru"}}]')
    brand = models.ForeignKey(Brand, models.CASCADE, null=True, blank=True, related_name="custom_fields")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(key=""), name="tickets_custom_field_has_key"),
        ]
