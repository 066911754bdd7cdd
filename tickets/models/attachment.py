from django.db import models
from django.db.models import Q

from people.models import User
from tickets.models.message import Message
from tickets.models.ticket import Ticket


class Attachment(models.Model):
    """A file of a message, or, while it has none, of a draft. Stored once per content, under its hash."""

    message = models.ForeignKey(Message, models.CASCADE, null=True, blank=True, related_name="attachments")
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, blank=True, related_name="attachments")
    uploaded_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    name = models.CharField(max_length=255)
    content_type = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="bytes")
    sha256 = models.CharField(max_length=64)
    path = models.CharField(max_length=100, help_text="under MEDIA_ROOT")
    is_inline = models.BooleanField(default=False)
    content_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    redacted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            # forget_stale(): uploads that no message ever took
            models.Index(
                fields=["created_at"], name="tickets_attachment_loose", condition=Q(message__isnull=True)
            ),
            # erasing a file: is another row using the same content?
            models.Index(fields=["sha256"], name="tickets_attachment_sha"),
        ]

    def __str__(self) -> str:
        return self.name
