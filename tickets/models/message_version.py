from django.db import models

from tickets.models.message import Message


class MessageVersion(models.Model):
    """What a message said before its author changed it, where the channel lets authors do that."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="versions")
    text = models.TextField(blank=True)
    html = models.TextField(blank=True, help_text="sanitised")
    replaced_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.message_id} until {self.replaced_at:%F %T}"
