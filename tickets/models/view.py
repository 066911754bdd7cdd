from django.db import models

from common.labels import Labelled
from people.models import Team, User


class View(Labelled):
    """A saved filter: conditions, order, whose it is. Without owner and team it is everybody's."""

    key = models.SlugField(max_length=40, blank=True, help_text="starter views only, e.g. mine")
    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="views")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="views")
    conditions = models.JSONField(default=dict, help_text="see tickets.conditions")
    order = models.CharField(max_length=16, default="-active_at")
    icon = models.CharField(max_length=40, default="inbox")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]
