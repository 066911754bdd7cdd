from django.db import models

from people.models import User


class BotFlow(models.Model):
    """What a bot says, and when. Visitors meet the newest version; ``draft`` is what is being written.

    A conversation keeps the version it began with (its id is in the state of the channel's session).
    """

    name = models.CharField(max_length=120)
    draft = models.JSONField(default=dict, blank=True, help_text="channels_in.bots.flow; may be unfinished")
    drafted_at = models.DateTimeField(null=True, blank=True, help_text="null: the draft is what is published")
    drafted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    is_deleted = models.BooleanField(default=False, help_text="kept for the conversations it has had")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def current(self) -> "BotFlowVersion | None":
        """What visitors meet; None before the first is published."""
        return self.versions.order_by("-number").first()


class BotFlowVersion(models.Model):
    """A flow as it was published. Never changed: running conversations refer to it."""

    flow = models.ForeignKey(BotFlow, models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField(help_text="1, 2, 3 … within the flow")
    definition = models.JSONField(help_text="channels_in.bots.flow")
    created_at = models.DateTimeField(auto_now_add=True)
    author = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False)
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        # Serves a flow's history, and its newest version.
        constraints = [
            models.UniqueConstraint(fields=["flow", "number"], name="channels_in_bot_version_number")
        ]

    def __str__(self) -> str:
        return f"{self.flow_id} v{self.number}"
