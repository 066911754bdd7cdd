from django.db import models
from django.utils.translation import gettext_lazy as _

from common.labels import Labelled
from people.models import Team, User


class Column(models.TextChoices):
    """What a list may show of a ticket beside its number, status and subject."""

    CUSTOMER = "customer", _("Customer")
    COMPANY = "company", _("Company")
    TIER = "tier", _("Tier")
    CHANNEL = "channel", _("Channel")
    TEAM = "team", _("Team")
    ASSIGNEE = "assignee", _("Assignee")
    PRIORITY = "priority", _("Priority")
    TAGS = "tags", _("Tags")
    TOPIC = "topic", _("Topic")
    CLOCK = "clock", _("Due time")
    CREATED = "created", _("Opened")
    UPDATED = "updated", _("Last activity")


class Grouping(models.TextChoices):
    """What the tickets of a list may be put together by."""

    STATUS = "status", _("Status")
    ASSIGNEE = "assignee", _("Assignee")
    TEAM = "team", _("Team")
    PRIORITY = "priority", _("Priority")
    ORGANIZATION = "organization", _("Organisation")


# Of a view that names none.
USUAL_COLUMNS = frozenset(set(Column) - {Column.TEAM, Column.TOPIC, Column.CREATED})


class View(Labelled):
    """A saved filter: conditions, order, how it is shown, whose it is. Without owner and team it is
    everybody's. A deleted one is not active, and can come back.
    """

    key = models.SlugField(max_length=40, blank=True, help_text="starter views only, e.g. mine")
    owner = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="views")
    team = models.ForeignKey(Team, models.CASCADE, null=True, blank=True, related_name="views")
    conditions = models.JSONField(default=dict, help_text="see tickets.conditions")
    order = models.CharField(max_length=16, default="-active_at")
    grouping = models.CharField(max_length=16, choices=Grouping, blank=True)
    columns = models.JSONField(default=list, blank=True, help_text="names of Column; empty: the usual ones")
    icon = models.CharField(max_length=40, default="inbox")
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    @property
    def shown_columns(self) -> frozenset[str]:
        """The columns of its list."""
        return frozenset(self.columns) or USUAL_COLUMNS


class ViewPlace(models.Model):
    """Where one person has put a view in their own navigation, or that they do not want to see it there."""

    user = models.ForeignKey(User, models.CASCADE, related_name="view_places")
    view = models.ForeignKey(View, models.CASCADE, related_name="places", db_index=False)
    position = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="null: where it is by itself"
    )
    is_hidden = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # Also serves known_views(): by the view, then the reader.
            models.UniqueConstraint(fields=["view", "user"], name="tickets_view_place_once"),
        ]

    def __str__(self) -> str:
        return f"view {self.view_id} of {self.user_id}"
