from django.db import models

from tickets.models import Message, Ticket


class MailReference(models.Model):
    """A Message-ID we have seen or made, and the message it belongs to: what foreign replies refer to."""

    external_id = models.CharField(max_length=500, help_text="without <>")
    message = models.ForeignKey(Message, models.CASCADE, related_name="mail_references")
    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="+", db_index=False)
    is_ours = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # Serves threading by foreign Message-ID.
            models.UniqueConstraint(fields=["external_id", "message"], name="channels_in_reference_once"),
        ]

    def __str__(self) -> str:
        return self.external_id
